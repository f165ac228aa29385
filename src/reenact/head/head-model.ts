/**
 * The parametric head in FLAME's parameterisation (Li et al., "Learning a model of facial shape and expression
 * from 4D scans", SIGGRAPH Asia 2017, eqs. 1-6), as read from a head file (docs/head-format.md).
 *
 * Frame of reference, everywhere in this project: metres, x to the subject's left (the image's right when the
 * subject faces the camera), y up, +z out of the face towards the camera. Angles are radians, rotations
 * axis-angle, right-handed. "Left" and "right" are the subject's own.
 */
export interface HeadModel {
  readonly name: string;
  readonly licence: string;
  /** Hex SHA-256 of the head file; a landmark embedding names the head that it belongs to by it. */
  readonly sha256: string;
  readonly vertexCount: number;
  readonly triangleCount: number;
  /** Number of identity components (length of `beta`). */
  readonly shapeCount: number;
  /** Number of expression components (length of `psi`). */
  readonly expressionCount: number;
  /** `[V, 3]` mean neutral surface. */
  readonly template: Float32Array;
  /** `[F, 3]` vertex indices, counter-clockwise seen from outside. */
  readonly triangles: Uint32Array;
  /** `[F]` index into `parts`. */
  readonly triangleParts: Uint8Array;
  /** Names of surface parts; `skin` is always there. */
  readonly parts: readonly HeadPart[];
  /** `[F, 3, 2]` texture coordinates a triangle corner, v up; null where the head has none. */
  readonly cornerUv: Float32Array | null;
  /** `[shapeCount, V, 3]` metres a unit of beta (one standard deviation). */
  readonly shapeBasis: Float32Array;
  readonly expression: SparseBasis;
  readonly expressionUnits: readonly ExpressionUnit[];
  /** Joint names in order; always FLAME's five. */
  readonly jointNames: readonly ['global', 'neck', 'jaw', 'leftEye', 'rightEye'];
  /** Parent of each joint, -1 for the root: [-1, 0, 1, 1, 1]. */
  readonly jointParents: readonly number[];
  /** Joint positions from the shaped surface, rows are joints. */
  readonly jointRegressor: SparseRows;
  /** `[V, 5]` blend weights, each row sums to 1. */
  readonly skinWeights: Float32Array;
  /** `[36, V, 3]` pose correctives over the elements of (R_j - I), joints 1..4 row-major; null where there are none. */
  readonly poseBasis: Float32Array | null;
}

export type HeadPart =
  | 'skin'
  | 'mouthBag'
  | 'eyeLeft'
  | 'eyeRight'
  | 'teethUpper'
  | 'teethLower'
  | 'tongue'
  | 'lashes';

/** Compressed components: component c moves `indices[offsets[c]..offsets[c+1])` by `deltas` (metres a unit). */
export interface SparseBasis {
  /** `[components + 1]`. */
  readonly offsets: Uint32Array;
  /** `[nnz]` vertex indices. */
  readonly indices: Uint32Array;
  /** `[nnz, 3]`. */
  readonly deltas: Float32Array;
}

/** Compressed rows of a matrix over vertices. */
export interface SparseRows {
  /** `[rows + 1]`. */
  readonly offsets: Uint32Array;
  /** `[nnz]` vertex indices. */
  readonly indices: Uint32Array;
  /** `[nnz]`. */
  readonly weights: Float32Array;
}

export type ExpressionRegion = 'brows' | 'eyes' | 'nose' | 'cheeks' | 'mouth' | 'jaw' | 'all';

export interface ExpressionUnit {
  readonly name: string;
  readonly region: ExpressionRegion;
  readonly side: 'left' | 'right' | 'centre';
  /** Bounds of the coefficient. */
  readonly min: number;
  readonly max: number;
  /** Standard deviation of the fit's prior about 0. */
  readonly sd: number;
}

/** A head with its identity applied: made once a person, posed once a frame. */
export interface ShapedHead {
  readonly model: HeadModel;
  /** `[shapeCount]`. */
  readonly beta: Float32Array;
  /** `[V, 3]` metres, the neutral surface of this person in the rest frame. */
  readonly vertices: Float32Array;
  /** `[5, 3]` metres, joints of this person in the rest frame. */
  readonly joints: Float32Array;
}

/** Motion of one frame: everything that travels between tracker and generator. */
export interface HeadCoefficients {
  /** `[expressionCount]`. */
  readonly psi: Float32Array;
  /** `[15]` axis-angle of global, neck, jaw, left eye, right eye. */
  readonly theta: Float32Array;
  /** `[3]` metres, position of the head model's origin in the camera frame; z is negative in front of it. */
  readonly translation: Float32Array;
}

/**
 * Pinhole camera at the origin of the camera frame (x right, y up), looking along -z; square pixels.
 * A point projects to `(centreX + focalPx * X / -Z, centreY - focalPx * Y / -Z)`, pixels from the top left corner.
 */
export interface Camera {
  readonly focalPx: number;
  readonly centreX: number;
  readonly centreY: number;
}

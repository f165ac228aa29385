import { GROUP_OF_LANDMARK, LANDMARK_GROUPS, type LandmarkGroup } from '../fit/landmark-groups.ts';
import type { LandmarkEmbedding } from '../fit/types.ts';
import { project } from '../head/camera.ts';
import type { Camera, HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { jointTransforms } from '../head/joint-transforms.ts';
import { poseHead } from '../head/pose-head.ts';
import { factorise, solveFactorised } from './linear-solve.ts';
import { solve3 } from './numeric.ts';

/** Smoothing of the spline a landmark group: the outline slides over the skin, so it only pulls gently. */
const SMOOTHING: Readonly<Record<LandmarkGroup, number>> = {
  lips: 0.002,
  eyes: 0.002,
  iris: 0.002,
  brows: 0.004,
  nose: 0.004,
  other: 0.01,
  jawLine: 0.12,
  oval: 0.2,
};
/** The jaw's opening at which distances are measured: the lips must not pull on each other. */
const APART_RAD = 0.4;
/** The correction is whole within this distance of a landmark and gone at the next, interocular distances. */
const FULL_WITHIN = 0.45;
const GONE_BEYOND = 1.3;
const ROUNDS = 4;

export interface SeatOptions {
  readonly shaped: ShapedHead;
  readonly embedding: LandmarkEmbedding;
  /** The portrait's own. */
  readonly coefficients: HeadCoefficients;
  readonly camera: Camera;
  /** `[points, 3]` where the portrait's landmarks are, pixels. */
  readonly landmarks: Float32Array;
  readonly interocularM: number;
}

/**
 * Seats the head on its picture: the same head with rest vertices moved so that, posed as the portrait, its
 * landmarks project to where the tracker saw them. The residuals are spread over the surface as a smoothed
 * biharmonic spline (φ(r) = −r with linear terms; Wahba, "Spline Models for Observational Data", 1990) in the rest
 * frame, so they turn with the head and open with the jaw. Depth is left as it is: one picture does not tell it.
 */
export function seatHead(options: SeatOptions): ShapedHead {
  const { shaped, embedding, interocularM } = options;
  const used = seatLandmarks(options);
  const apart = poseHead(shaped, {
    psi: new Float32Array(shaped.model.expressionCount),
    theta: Float32Array.of(0, 0, 0, 0, 0, 0, APART_RAD, 0, 0, 0, 0, 0, 0, 0, 0),
    translation: new Float32Array(3),
  });
  const centres = used.map((landmark) => onSurface(apart, shaped, embedding, landmark));
  const spline = factorise(splineMatrix(centres, used, interocularM), used.length + 4);
  const influence = splineInfluence(apart, centres, interocularM);

  const vertices = Float32Array.from(shaped.vertices);
  let seated: ShapedHead = { ...shaped, vertices };
  for (let round = 0; round < ROUNDS; round++) {
    const offsets = restResiduals(seated, options, used);
    for (let axis = 0; axis < 3; axis++) {
      const right = new Float64Array(used.length + 4);
      for (let i = 0; i < used.length; i++) right[i] = offsets[i * 3 + axis];
      addSpline(vertices, axis, solveFactorised(spline, right), apart, centres, influence, interocularM);
    }
    seated = { ...shaped, vertices };
  }
  return seated;
}

/** Irises turn with the eyes and are moved by the eye layer; points outside the picture are guesses. */
function seatLandmarks({ landmarks }: SeatOptions): number[] {
  const iris = LANDMARK_GROUPS.indexOf('iris');
  const used: number[] = [];
  for (let landmark = 0; landmark * 3 < landmarks.length; landmark++)
    if (GROUP_OF_LANDMARK[landmark] !== iris) used.push(landmark);
  return used;
}

function onSurface(
  vertices: Float32Array,
  shaped: ShapedHead,
  embedding: LandmarkEmbedding,
  landmark: number,
): [number, number, number] {
  const point: [number, number, number] = [0, 0, 0];
  for (let k = 0; k < 3; k++) {
    const vertex = shaped.model.triangles[embedding.triangles[landmark] * 3 + k];
    const weight = embedding.barycentric[landmark * 3 + k];
    for (let axis = 0; axis < 3; axis++) point[axis] += weight * vertices[vertex * 3 + axis];
  }
  return point;
}

/** `[n + 4, n + 4]` interpolation matrix of the smoothed spline. */
function splineMatrix(centres: readonly number[][], used: readonly number[], unitM: number): Float64Array {
  const count = centres.length;
  const size = count + 4;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) matrix[i * size + j] = -distance(centres[i], centres[j]) / unitM;
    matrix[i * size + i] += SMOOTHING[LANDMARK_GROUPS[GROUP_OF_LANDMARK[used[i]]]];
    for (let k = 0; k < 4; k++) {
      const term = k === 0 ? 1 : centres[i][k - 1] / unitM;
      matrix[i * size + count + k] = term;
      matrix[(count + k) * size + i] = term;
    }
  }
  return matrix;
}

/** `[V]` 1 near the landmarks, 0 far from them: a spline says nothing there. */
function splineInfluence(apart: Float32Array, centres: readonly number[][], unitM: number): Float32Array {
  const influence = new Float32Array(apart.length / 3);
  for (let vertex = 0; vertex < influence.length; vertex++) {
    let nearest = Number.POSITIVE_INFINITY;
    for (const centre of centres) {
      const dx = apart[vertex * 3] - centre[0];
      const dy = apart[vertex * 3 + 1] - centre[1];
      const dz = apart[vertex * 3 + 2] - centre[2];
      nearest = Math.min(nearest, dx * dx + dy * dy + dz * dz);
    }
    const along = (Math.sqrt(nearest) / unitM - FULL_WITHIN) / (GONE_BEYOND - FULL_WITHIN);
    const t = Math.min(1, Math.max(0, along));
    influence[vertex] = 1 - t * t * (3 - 2 * t);
  }
  return influence;
}

/** `[n, 3]` what each landmark misses, moved into the rest frame. */
function restResiduals(seated: ShapedHead, options: SeatOptions, used: readonly number[]): Float64Array {
  const { embedding, camera, coefficients, landmarks } = options;
  const posed = poseHead(seated, coefficients);
  const transforms = jointTransforms(seated.joints, coefficients.theta);
  const offsets = new Float64Array(used.length * 3);
  used.forEach((landmark, i) => {
    const point = onSurface(posed, seated, embedding, landmark);
    const [x, y] = project(camera, point);
    const metresPerPx = -point[2] / camera.focalPx;
    const missed = [
      (landmarks[landmark * 3] - x) * metresPerPx,
      (y - landmarks[landmark * 3 + 1]) * metresPerPx,
      0,
    ];
    const rest = solve3(blendedRotation(seated, embedding, landmark, transforms), missed);
    offsets.set(rest, i * 3);
  });
  return offsets;
}

function blendedRotation(
  { model }: ShapedHead,
  embedding: LandmarkEmbedding,
  landmark: number,
  transforms: Float64Array,
): Float64Array {
  const rotation = new Float64Array(9);
  for (let k = 0; k < 3; k++) {
    const vertex = model.triangles[embedding.triangles[landmark] * 3 + k];
    for (let joint = 0; joint < 5; joint++) {
      const weight = embedding.barycentric[landmark * 3 + k] * model.skinWeights[vertex * 5 + joint];
      for (let row = 0; row < 3; row++)
        for (let column = 0; column < 3; column++)
          rotation[row * 3 + column] += weight * transforms[joint * 12 + row * 4 + column];
    }
  }
  return rotation;
}

function addSpline(
  vertices: Float32Array,
  axis: number,
  weights: Float64Array,
  apart: Float32Array,
  centres: readonly number[][],
  influence: Float32Array,
  unitM: number,
): void {
  const count = centres.length;
  for (let vertex = 0; vertex < influence.length; vertex++) {
    if (influence[vertex] === 0) continue;
    const point = [apart[vertex * 3], apart[vertex * 3 + 1], apart[vertex * 3 + 2]];
    let value = weights[count];
    for (let k = 0; k < 3; k++) value += (weights[count + 1 + k] * point[k]) / unitM;
    for (let i = 0; i < count; i++) value -= (weights[i] * distance(point, centres[i])) / unitM;
    vertices[vertex * 3 + axis] += influence[vertex] * value;
  }
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

import type { Camera, HeadModel, HeadPart } from '../head/head-model.ts';
import { TRANSFORM_SIZE } from '../head/joint-transforms.ts';
import { MOUTH } from './openings.ts';
import type { TeethRow } from './plain-teeth.ts';
import type { SeatedHead } from './seated-head.ts';
import { splitTeethRow } from './teeth-row.ts';

/** What is behind the lips: rigid triangles, coloured at their corners. */
export interface MouthInterior {
  /** `[n, 3]` camera frame in the portrait, metres. */
  readonly points: Float32Array;
  /** `[n]` joint that carries each vertex. */
  readonly joints: Uint8Array;
  /** `[n, 3]` 0..255. */
  readonly colors: Float32Array;
  /** `[m, 3]` counter-clockwise from outside. */
  readonly triangles: Uint32Array;
}

/** Colours of the portrait's own light and paint, 0..255. */
export interface MouthPalette {
  readonly teeth: readonly number[];
  readonly gum: readonly number[];
  readonly tongue: readonly number[];
  readonly cavity: readonly number[];
}

const JAW_JOINT = 2;
const HEAD = 1;
const PARTS: readonly { part: HeadPart; joint: number; color: 'teeth' | 'tongue' }[] = [
  { part: 'teethUpper', joint: HEAD, color: 'teeth' },
  { part: 'teethLower', joint: JAW_JOINT, color: 'teeth' },
  { part: 'tongue', joint: JAW_JOINT, color: 'tongue' },
];
/** Depth behind the foremost point over which light falls to 1/e, metres: the front of the teeth is lit evenly. */
const LIGHT_DEPTH_M = { teeth: 0.0145, tongue: 0.028 };
/** Teeth farther behind the foremost than this are not drawn, metres. */
const BACK_TEETH_M = 0.022;
/** Speaking people show upper teeth rather than lower ones: both rows stand lower than the model's, metres. */
const DROP_M = { upper: 0.002, lower: 0.003 };
/** Light comes from the front and somewhat above. */
const LIGHT = [0, 0.35, 0.94];

export interface InteriorFit {
  /** `[3]` metres in the camera frame that upper and lower parts are shifted by to sit behind the portrait's lips. */
  readonly upperShift: readonly number[];
  readonly lowerShift: readonly number[];
  /** Width of the portrait's mouth over the model's. */
  readonly widen: number;
}

/**
 * The head model's own teeth and tongue.
 *
 * @param standIn the teeth of a model that has none
 */
export function buildInterior(
  model: HeadModel,
  plain: SeatedHead,
  fit: InteriorFit,
  palette: MouthPalette,
  standIn: (row: 'upper' | 'lower') => TeethRow,
): MouthInterior {
  const points: number[] = [];
  const joints: number[] = [];
  const colors: number[] = [];
  const triangles: number[] = [];
  for (const { part, joint, color } of PARTS) {
    const index = model.parts.indexOf(part);
    let own = partMesh(model, plain.portrait, index);
    if (own.triangles.length === 0) {
      if (color !== 'teeth') continue;
      own = standIn(joint === HEAD ? 'upper' : 'lower');
    }
    let isGum: Uint8Array | null = null;
    if (color === 'teeth') ({ isGum, ...own } = splitTeethRow(own, BACK_TEETH_M));
    const shift = joint === HEAD ? fit.upperShift : fit.lowerShift;
    const first = points.length / 3;
    const shades = shadeOf(own.points, own.triangles, LIGHT_DEPTH_M[color], color === 'teeth' ? 2 : 1);
    const middle = middleX(own.points);
    for (let i = 0; i < own.points.length; i += 3) {
      points.push(
        middle + (own.points[i] - middle) * fit.widen + shift[0],
        own.points[i + 1] + shift[1],
        own.points[i + 2] + shift[2],
      );
      joints.push(joint);
      for (let k = 0; k < 3; k++) {
        const lit = palette[isGum?.[i / 3] === 1 ? 'gum' : color][k] * shades[i / 3];
        colors.push(Math.max(lit, palette.cavity[k] * 0.8));
      }
    }
    for (const vertex of own.triangles) triangles.push(first + vertex);
  }
  return {
    points: Float32Array.from(points),
    joints: Uint8Array.from(joints),
    colors: Float32Array.from(colors),
    triangles: Uint32Array.from(triangles),
  };
}

function partMesh(model: HeadModel, posed: Float32Array, part: number): TeethRow {
  const place = new Map<number, number>();
  const points: number[] = [];
  const triangles: number[] = [];
  for (let t = 0; t < model.triangleCount; t++) {
    if (model.triangleParts[t] !== part) continue;
    for (let k = 0; k < 3; k++) {
      const vertex = model.triangles[t * 3 + k];
      let at = place.get(vertex);
      if (at === undefined) {
        at = points.length / 3;
        place.set(vertex, at);
        points.push(posed[vertex * 3], posed[vertex * 3 + 1], posed[vertex * 3 + 2]);
      }
      triangles.push(at);
    }
  }
  return { points, triangles };
}

function middleX(points: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < points.length; i += 3) {
    least = Math.min(least, points[i]);
    greatest = Math.max(greatest, points[i]);
  }
  return (least + greatest) / 2;
}

/** `[n]` how bright each vertex is: its slope to the light, and how deep in the mouth it lies (e^−(depth/depthM)^power). */
function shadeOf(
  points: readonly number[],
  triangles: readonly number[],
  depthM: number,
  power: number,
): Float32Array {
  const normals = new Float64Array(points.length);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t] * 3, triangles[t + 1] * 3, triangles[t + 2] * 3];
    const u = [0, 1, 2].map((k) => points[b + k] - points[a + k]);
    const v = [0, 1, 2].map((k) => points[c + k] - points[a + k]);
    const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    for (const corner of [a, b, c]) for (let k = 0; k < 3; k++) normals[corner + k] += normal[k];
  }
  let front = Number.NEGATIVE_INFINITY;
  for (let i = 2; i < points.length; i += 3) front = Math.max(front, points[i]);
  return Float32Array.from({ length: points.length / 3 }, (_, i) => {
    const p = i * 3;
    const length = Math.hypot(normals[p], normals[p + 1], normals[p + 2]) || 1;
    const slope = (normals[p] * LIGHT[0] + normals[p + 1] * LIGHT[1] + normals[p + 2] * LIGHT[2]) / length;
    return (0.6 + 0.44 * Math.max(0, slope)) * Math.exp(-(((front - points[p + 2]) / depthM) ** power));
  });
}

/**
 * Moves the interior's vertices to this frame.
 *
 * @param m `[5, 3, 4]` of `RigidMotion`
 * @param out `[n, 3]` camera frame, metres
 */
export function moveInterior({ points, joints }: MouthInterior, m: Float64Array, out: Float32Array): void {
  for (let i = 0, p = 0; i < joints.length; i++, p += 3) {
    const j = joints[i] * TRANSFORM_SIZE;
    const x = points[p];
    const y = points[p + 1];
    const z = points[p + 2];
    out[p] = m[j] * x + m[j + 1] * y + m[j + 2] * z + m[j + 3];
    out[p + 1] = m[j + 4] * x + m[j + 5] * y + m[j + 6] * z + m[j + 7];
    out[p + 2] = m[j + 8] * x + m[j + 9] * y + m[j + 10] * z + m[j + 11];
  }
}

/**
 * How the teeth must move to sit behind the portrait's lips as they sit behind the model's, and a little lower.
 *
 * @param own and plain: `[478, 3]` landmarks of the seated head and of the model's, pixels and Z
 * @param rotation row-major `[3, 3]` of the head
 */
export function interiorFit(
  camera: Camera,
  own: Float32Array,
  plain: Float32Array,
  rotation: ArrayLike<number>,
): InteriorFit {
  const shift = (line: readonly number[], dropM: number): number[] => {
    const sum = [0, 1, 2].map((k) => -dropM * rotation[k * 3 + 1]);
    for (const i of line) {
      const metresPerPx = -plain[i * 3 + 2] / camera.focalPx / line.length;
      sum[0] += (own[i * 3] - plain[i * 3]) * metresPerPx;
      sum[1] -= (own[i * 3 + 1] - plain[i * 3 + 1]) * metresPerPx;
    }
    return sum;
  };
  const width = (points: Float32Array): number =>
    Math.hypot(points[78 * 3] - points[308 * 3], points[78 * 3 + 1] - points[308 * 3 + 1]);
  return {
    upperShift: shift(MOUTH.upper.slice(3, -3), DROP_M.upper),
    lowerShift: shift(MOUTH.lower.slice(3, -3), DROP_M.lower),
    widen: Math.min(1.4, Math.max(0.8, width(own) / width(plain))),
  };
}

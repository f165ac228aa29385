import type { HeadModel } from '../reenact/head/head-model.ts';

/**
 * Measure of a face that any head model has: the origin half-way between the eyeballs' middles and their distance as
 * the unit, axes as everywhere. Regions of the skin are drawn in it on the template, so they fit every identity.
 */
export interface FaceFrame {
  readonly origin: readonly [number, number, number];
  /** Distance of the eyeballs' middles, metres. */
  readonly unitM: number;
  /** Factor on heights below the eyes that brings this head's mouth to where the open head has it. */
  readonly lowerScale: number;
}

/** Height at which the open head's lips meet. */
const LIPS_Y = -1.187;

/** Face frame of a model's template. */
export function templateFrame(model: HeadModel): FaceFrame {
  const joint = (row: number): [number, number, number] => {
    const { offsets, indices, weights } = model.jointRegressor;
    const out: [number, number, number] = [0, 0, 0];
    for (let i = offsets[row]; i < offsets[row + 1]; i++) {
      for (let axis = 0; axis < 3; axis++) out[axis] += weights[i] * model.template[indices[i] * 3 + axis];
    }
    return out;
  };
  const [left, right] = [joint(3), joint(4)];
  const origin = [0, 1, 2].map((axis) => (left[axis] + right[axis]) / 2) as [number, number, number];
  const unitM = Math.hypot(left[0] - right[0], left[1] - right[1], left[2] - right[2]);
  const lips = lipHeight(model, origin, unitM);
  return { origin, unitM, lowerScale: lips === null ? 1 : Math.min(1.4, Math.max(0.7, LIPS_Y / lips)) };
}

/**
 * Height where the lips meet, found by the jaw: down the middle of the face it is the line that best parts the skin that
 * stays from the skin that swings with the jaw. Null where the head tells nothing.
 */
function lipHeight(model: HeadModel, origin: readonly number[], unitM: number): number | null {
  const skin = model.parts.indexOf('skin');
  const middle: { y: number; jaw: boolean }[] = [];
  const seen = new Uint8Array(model.vertexCount);
  for (let corner = 0; corner < model.triangles.length; corner++) {
    const v = model.triangles[corner];
    if (seen[v] === 1 || model.triangleParts[(corner / 3) | 0] !== skin) continue;
    seen[v] = 1;
    const x = (model.template[v * 3] - origin[0]) / unitM;
    const y = (model.template[v * 3 + 1] - origin[1]) / unitM;
    const z = (model.template[v * 3 + 2] - origin[2]) / unitM;
    if (Math.abs(x) < 0.12 && y < -0.5 && y > -2 && z > 0.15)
      middle.push({ y, jaw: model.skinWeights[v * 5 + 2] > 0.5 });
  }
  middle.sort((a, b) => b.y - a.y);
  const total = middle.filter(({ jaw }) => jaw).length;
  if (total < 3 || total > middle.length - 3) return null;
  // Wrong above the line: skin that swings. Wrong below it: skin that stays.
  let swingsAbove = 0;
  let staysBelow = middle.length - total;
  let least = Number.POSITIVE_INFINITY;
  let best = 0;
  for (let i = 0; i + 1 < middle.length; i++) {
    if (middle[i].jaw) swingsAbove++;
    else staysBelow--;
    if (swingsAbove + staysBelow >= least) continue;
    least = swingsAbove + staysBelow;
    best = (middle[i].y + middle[i + 1].y) / 2;
  }
  return best;
}

/** `[V, 3]` points in units of the frame. */
export function toFaceFrame(frame: FaceFrame, points: Float32Array): Float32Array {
  const out = new Float32Array(points.length);
  for (let i = 0; i < points.length; i++) {
    const value = (points[i] - frame.origin[i % 3]) / frame.unitM;
    out[i] = i % 3 === 1 && value < 0 ? value * frame.lowerScale : value;
  }
  return out;
}

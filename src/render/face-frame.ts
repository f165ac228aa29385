import type { HeadModel } from '../reenact/head/head-model.ts';

/**
 * Measure of a face that any head model has: the origin half-way between the eyeballs' middles and their distance as
 * the unit, axes as everywhere. Regions of the skin are drawn in it on the template, so they fit every identity.
 */
export interface FaceFrame {
  readonly origin: readonly [number, number, number];
  /** Distance of the eyeballs' middles, metres. */
  readonly unitM: number;
}

export function faceFrameOf(leftEye: ArrayLike<number>, rightEye: ArrayLike<number>): FaceFrame {
  return {
    origin: [(leftEye[0] + rightEye[0]) / 2, (leftEye[1] + rightEye[1]) / 2, (leftEye[2] + rightEye[2]) / 2],
    unitM: Math.hypot(leftEye[0] - rightEye[0], leftEye[1] - rightEye[1], leftEye[2] - rightEye[2]),
  };
}

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
  return faceFrameOf(joint(3), joint(4));
}

/** `[V, 3]` points in units of the frame. */
export function toFaceFrame(frame: FaceFrame, points: Float32Array): Float32Array {
  const out = new Float32Array(points.length);
  for (let i = 0; i < points.length; i++) out[i] = (points[i] - frame.origin[i % 3]) / frame.unitM;
  return out;
}

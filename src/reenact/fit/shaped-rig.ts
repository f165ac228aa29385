import type { LandmarkRig } from './landmark-rig.ts';
import { LANDMARK_COUNT } from './types.ts';

/** A rig with one person's shape and bias: what stays fixed while expression and pose are fitted. */
export interface ShapedRig {
  readonly rig: LandmarkRig;
  /** `[terms, 3]` weighted rest position of every term, metres. */
  readonly moments: Float64Array;
  /** `[5, 3]` metres. */
  readonly joints: Float64Array;
  /** Distance between the eye joints, metres. */
  readonly interocularM: number;
}

/**
 * @param beta `[shapeCount]`, or fewer: the rest is 0
 * @param bias `[478, 3]` metres, added to the landmark in the rest frame
 * @param out a shaped rig of the same `rig` to write into
 */
export function shapeRig(
  rig: LandmarkRig,
  beta: ArrayLike<number>,
  bias: ArrayLike<number>,
  out?: ShapedRig,
): ShapedRig {
  const moments = out?.moments ?? new Float64Array(rig.termMoment.length);
  const joints = out?.joints ?? new Float64Array(15);
  moments.set(rig.termMoment);
  joints.set(rig.joints);
  const components = Math.min(beta.length, rig.shapeCount);
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
      const at = term * 3;
      for (let component = 0; component < components; component++) {
        const from = (term * rig.shapeCount + component) * 3;
        for (let axis = 0; axis < 3; axis++)
          moments[at + axis] += beta[component] * rig.termShape[from + axis];
      }
      for (let axis = 0; axis < 3; axis++)
        moments[at + axis] += rig.termWeight[term] * bias[landmark * 3 + axis];
    }
  for (let component = 0; component < components; component++)
    for (let i = 0; i < 15; i++) joints[i] += beta[component] * rig.jointShape[component * 15 + i];
  const interocularM = Math.hypot(joints[9] - joints[12], joints[10] - joints[13], joints[11] - joints[14]);
  return { rig, moments, joints, interocularM };
}

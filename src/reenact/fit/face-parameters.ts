import type { HeadCoefficients } from '../head/head-model.ts';
import { composeRotations } from '../head/rotation.ts';

/**
 * The unknowns of one face in one vector: psi, then global rotation (axis-angle), translation (metres), jaw
 * (axis-angle), left gaze and right gaze (axis-angle about x and y; eyes do not roll). The neck stays at 0.
 */
export const POSE_PARAMETERS = 13;
export const ROTATION_AT = 0;
export const TRANSLATION_AT = 3;
export const JAW_AT = 6;
export const LEFT_GAZE_AT = 9;
export const RIGHT_GAZE_AT = 11;

export function packCoefficients(
  { psi, theta, translation }: HeadCoefficients,
  out: Float64Array = new Float64Array(psi.length + POSE_PARAMETERS),
): Float64Array {
  const pose = psi.length;
  out.set(psi);
  out.set(theta.subarray(0, 3), pose + ROTATION_AT);
  out.set(translation, pose + TRANSLATION_AT);
  out.set(theta.subarray(6, 9), pose + JAW_AT);
  out.set(theta.subarray(9, 11), pose + LEFT_GAZE_AT);
  out.set(theta.subarray(12, 14), pose + RIGHT_GAZE_AT);
  return out;
}

export function unpackCoefficients(parameters: Float64Array): HeadCoefficients {
  const pose = parameters.length - POSE_PARAMETERS;
  const theta = new Float32Array(15);
  theta.set(parameters.subarray(pose + ROTATION_AT, pose + ROTATION_AT + 3), 0);
  theta.set(parameters.subarray(pose + JAW_AT, pose + JAW_AT + 3), 6);
  theta.set(parameters.subarray(pose + LEFT_GAZE_AT, pose + LEFT_GAZE_AT + 2), 9);
  theta.set(parameters.subarray(pose + RIGHT_GAZE_AT, pose + RIGHT_GAZE_AT + 2), 12);
  return {
    psi: Float32Array.from(parameters.subarray(0, pose)),
    theta,
    translation: Float32Array.from(parameters.subarray(pose + TRANSLATION_AT, pose + TRANSLATION_AT + 3)),
  };
}

/** `out` = `parameters` moved by `step`; the rotation's part of a step is a turn in the camera frame, exp(δ) · R. */
export function applyStep(parameters: Float64Array, step: Float64Array, out: Float64Array): void {
  for (let i = 0; i < parameters.length; i++) out[i] = parameters[i] + step[i];
  const at = parameters.length - POSE_PARAMETERS + ROTATION_AT;
  out.set(composeRotations(step.subarray(at, at + 3), parameters.subarray(at, at + 3)), at);
}

import { project } from '../head/camera.ts';
import type { Camera, HeadCoefficients } from '../head/head-model.ts';
import { poseHead } from '../head/pose-head.ts';
import { eulerFromMatrix, rodrigues } from '../head/rotation.ts';
import type { ShapedHead } from '../head/shape-head.ts';
import type { TrackedFace } from '../track/types.ts';

/** One picture of the head, drawn with known parameters and then tracked. */
export interface CalibrationSample {
  /** Which person it shows: errors are judged on people that were not fitted. */
  readonly identity: number;
  readonly shaped: ShapedHead;
  readonly coefficients: HeadCoefficients;
  readonly camera: Camera;
  readonly face: TrackedFace;
  /** `[V, 3]` metres, camera frame. */
  readonly points: Float32Array;
  /** `[V, 2]` pixels. */
  readonly pixels: Float32Array;
  /** Distance of the eye joints at the head's depth, pixels: does not shrink as the head turns. */
  readonly interocularPx: number;
  readonly yawRad: number;
  readonly pitchRad: number;
}

export function createSample(
  identity: number,
  shaped: ShapedHead,
  coefficients: HeadCoefficients,
  camera: Camera,
  face: TrackedFace,
): CalibrationSample {
  const points = poseHead(shaped, coefficients);
  const { joints } = shaped;
  const interocularM = Math.hypot(joints[9] - joints[12], joints[10] - joints[13], joints[11] - joints[14]);
  const depth = -(coefficients.translation[2] + (joints[11] + joints[14]) / 2);
  const { yaw, pitch } = eulerFromMatrix(rodrigues(coefficients.theta));
  return {
    identity,
    shaped,
    coefficients,
    camera,
    face,
    points,
    pixels: project(camera, points),
    interocularPx: (camera.focalPx * interocularM) / depth,
    yawRad: yaw,
    pitchRad: pitch,
  };
}

import type { HeadCoefficients } from './head-model.ts';
import { type Matrix3, multiply, rodrigues } from './rotation.ts';

/**
 * Rotation of the head in the camera frame, `[3, 3]` row-major: the global joint's, then the neck's on top of it
 * (R_global · R_neck), whichever of the two joints carries the turn.
 */
export function headRotation({ theta }: Pick<HeadCoefficients, 'theta'>): Matrix3 {
  return multiply(rodrigues(theta, 0), rodrigues(theta, 3));
}

import type { HeadCoefficients } from '../head/head-model.ts';
import { logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';

/**
 * Coefficients on the way from `from` (share 0) to `to` (share 1): joints along the shortest turn, the rest
 * straight.
 */
export function blendCoefficients(
  from: HeadCoefficients,
  to: HeadCoefficients,
  share: number,
): HeadCoefficients {
  const theta = new Float32Array(15);
  for (let joint = 0; joint < 15; joint += 3) {
    const start = rodrigues(from.theta, joint);
    const turn = logRotation(multiply(rodrigues(to.theta, joint), transpose(start)));
    for (let axis = 0; axis < 3; axis++) turn[axis] *= share;
    theta.set(logRotation(multiply(rodrigues(turn), start)), joint);
  }
  return {
    psi: from.psi.map((value, unit) => value + share * (to.psi[unit] - value)),
    theta,
    translation: from.translation.map((value, axis) => value + share * (to.translation[axis] - value)),
  };
}

/** Angle between the heads' global rotations, radians. */
export function turnBetween(a: HeadCoefficients, b: HeadCoefficients): number {
  const turn = logRotation(multiply(rodrigues(b.theta), transpose(rodrigues(a.theta))));
  return Math.hypot(turn[0], turn[1], turn[2]);
}

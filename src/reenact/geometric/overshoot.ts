import type { HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';

/**
 * A picture that is turned by warping reads as turned less than it is: its shading stays and the far side brings no
 * new surface. Re-tracked turns about x and y came out at 0.70 to 0.97 of the commanded ones, 0.87 in the middle;
 * turns in the plane of the picture come out whole.
 */
const OVERSHOOT = 1.12;
const NECK = 3;

/** The same motion with the turn from the portrait's own rotation widened, but for its part about the line of sight. */
export function overshootTurn(coefficients: HeadCoefficients, portrait: HeadCoefficients): HeadCoefficients {
  const own = headRotation(portrait);
  const turn = logRotation(multiply(headRotation(coefficients), transpose(own)));
  turn[0] *= OVERSHOOT;
  turn[1] *= OVERSHOOT;
  const theta = Float32Array.from(coefficients.theta);
  const head = multiply(rodrigues(turn), own);
  theta.set(logRotation(multiply(transpose(rodrigues(theta)), head)), NECK);
  return { ...coefficients, theta };
}

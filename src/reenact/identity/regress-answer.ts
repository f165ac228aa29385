import { solveCholesky } from '../fit/cholesky.ts';
import { TURN_FEATURES } from './picture-answer.ts';

/** One look at an avatar's picture. */
export interface TurnReading {
  /** Of `turnFeatures`, as the picture was told. */
  readonly features: Float64Array;
  /** `[3]` radians that the head was read further about x, y and z. */
  readonly further: ArrayLike<number>;
}

/** What one reading errs by. */
const READING_SD_RAD = 0.012;
/** How far an answer may reasonably go, a unit of each feature. */
const ANSWER_SD = [0.03, 0.15, 0.15, 0.15, 0.5, 0.5, 0.15, 0.03, 0.3];

/** `[3, TURN_FEATURES]`: least squares with a Gaussian prior about 0 (ridge regression). */
export function regressAnswer(readings: readonly TurnReading[]): Float64Array {
  const n = TURN_FEATURES;
  const turn = new Float64Array(3 * n);
  for (let axis = 0; axis < 3; axis++) {
    const normal = new Float64Array(n * n);
    const right = new Float64Array(n);
    for (const { features, further } of readings)
      for (let a = 0; a < n; a++) {
        right[a] += features[a] * further[axis];
        for (let b = 0; b <= a; b++) normal[a * n + b] += features[a] * features[b];
      }
    for (let a = 0; a < n; a++) normal[a * n + a] += (READING_SD_RAD / ANSWER_SD[a]) ** 2;
    if (solveCholesky(normal, right, n, n)) turn.set(right, axis * n);
  }
  return turn;
}

import type { HeadCoefficients } from '../head/head-model.ts';
import { logRotation, rodrigues } from '../head/rotation.ts';

/** Share of the faces, the calmest, whose expression counts as rest. */
const CALM_SHARE = 1 / 3;

/**
 * A person's rest out of several faces: expression and jaw are the middle of the calmest third (least expression),
 * head pose and gaze the middle of all.
 *
 * @param known the coefficients of a face that is known to be at rest; its expression is then taken
 */
export function neutralOf(
  faces: readonly HeadCoefficients[],
  known: HeadCoefficients | null,
): HeadCoefficients {
  const calmest =
    known !== null
      ? [known]
      : [...faces]
          .sort((a, b) => expressionEnergy(a) - expressionEnergy(b))
          .slice(0, Math.max(1, Math.round(faces.length * CALM_SHARE)));
  const theta = new Float32Array(15);
  theta.set(meanRotation(faces), 0);
  for (let i = 6; i < 9; i++) theta[i] = median(calmest.map((face) => face.theta[i]));
  for (let i = 9; i < 15; i++) theta[i] = median(faces.map((face) => face.theta[i]));
  return {
    psi: calmest[0].psi.map((_, unit) => median(calmest.map((face) => face.psi[unit]))),
    theta,
    translation: Float32Array.from([0, 1, 2], (axis) => median(faces.map((face) => face.translation[axis]))),
  };
}

function expressionEnergy({ psi, theta }: HeadCoefficients): number {
  let energy = (theta[6] / 0.25) ** 2;
  for (const value of psi) energy += value * value;
  return energy;
}

/** Axis-angle of the chordal mean: the rotation nearest to the sum of the matrices. */
function meanRotation(faces: readonly HeadCoefficients[]): Float64Array {
  const sum = new Float64Array(9);
  for (const { theta } of faces) {
    const rotation = rodrigues(theta);
    for (let i = 0; i < 9; i++) sum[i] += rotation[i] / faces.length;
  }
  return logRotation(nearestRotation(sum));
}

/** Polar factor by Newton's iteration X ← (X + X⁻ᵀ) / 2 (Higham, 1986). */
function nearestRotation(matrix: Float64Array): Float64Array {
  let x = matrix;
  for (let iteration = 0; iteration < 12; iteration++) {
    const cofactors = Float64Array.of(
      x[4] * x[8] - x[5] * x[7],
      x[5] * x[6] - x[3] * x[8],
      x[3] * x[7] - x[4] * x[6],
      x[2] * x[7] - x[1] * x[8],
      x[0] * x[8] - x[2] * x[6],
      x[1] * x[6] - x[0] * x[7],
      x[1] * x[5] - x[2] * x[4],
      x[2] * x[3] - x[0] * x[5],
      x[0] * x[4] - x[1] * x[3],
    );
    const determinant = x[0] * cofactors[0] + x[1] * cofactors[1] + x[2] * cofactors[2];
    x = x.map((value, i) => (value + cofactors[i] / determinant) / 2);
  }
  return x;
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

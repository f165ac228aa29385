import type { Camera } from '../head/head-model.ts';
import { plainPoseHead } from '../head/plain-head.ts';
import { applyStep, unpackCoefficients } from './face-parameters.ts';
import type { FitPrior } from './fit-prior.ts';
import { APART_PAIRS } from './fit-weights.ts';
import type { LandmarkRig } from './landmark-rig.ts';
import type { Observation } from './observation.ts';
import { LANDMARK_COUNT } from './types.ts';

/**
 * Slow, plain fit of one face: the whole head posed for every cost, a dense numeric Jacobian, textbook
 * Levenberg-Marquardt with projection onto the bounds. Shares only the model and the objective with FaceSolver:
 * the reference that tests and benchmarks hold it against.
 *
 * @returns the cost reached; `parameters` are improved in place
 */
export function plainFit(
  rig: LandmarkRig,
  beta: ArrayLike<number>,
  camera: Camera,
  observation: Observation,
  prior: FitPrior,
  parameters: Float64Array,
  maxIterations = 60,
): number {
  const n = parameters.length;
  let damping = 1e-3;
  let residuals = plainResiduals(rig, beta, camera, observation, prior, parameters);
  let cost = halfSquares(residuals);
  for (let iteration = 0; iteration < maxIterations && damping < 1e9; iteration++) {
    const columns = Array.from(parameters, (_, p) => {
      const step = new Float64Array(n);
      const moved = new Float64Array(n);
      step[p] = 1e-5;
      applyStep(parameters, step, moved);
      const ahead = plainResiduals(rig, beta, camera, observation, prior, moved);
      return ahead.map((value, i) => (value - residuals[i]) / 1e-5);
    });
    const gradient = columns.map((column) => column.reduce((sum, value, i) => sum + value * residuals[i], 0));
    const free = Array.from(parameters.keys()).filter(
      (p) =>
        !(parameters[p] <= prior.min[p] && gradient[p] >= 0) &&
        !(parameters[p] >= prior.max[p] && gradient[p] <= 0),
    );
    const normal = free.map((a) =>
      free.map((b) => columns[a].reduce((sum, value, i) => sum + value * columns[b][i], 0)),
    );
    let improved = false;
    while (!improved && damping < 1e9) {
      const delta = eliminate(
        normal.map((row, a) => row.map((value, b) => (a === b ? value * (1 + damping) : value))),
        free.map((p) => -gradient[p]),
      );
      const step = new Float64Array(n);
      free.forEach((p, k) => {
        step[p] = Math.min(prior.max[p], Math.max(prior.min[p], parameters[p] + delta[k])) - parameters[p];
      });
      const moved = new Float64Array(n);
      applyStep(parameters, step, moved);
      const trial = plainResiduals(rig, beta, camera, observation, prior, moved);
      const trialCost = halfSquares(trial);
      if (trialCost < cost) {
        const converged = cost - trialCost < 1e-12 * cost;
        parameters.set(moved);
        residuals = trial;
        cost = trialCost;
        improved = true;
        damping /= 10;
        if (converged) return cost;
      } else damping *= 10;
    }
  }
  return cost;
}

/** All residuals, scaled so that half their squares is the cost: landmarks under Huber's loss, pairs, priors, gaze. */
export function plainResiduals(
  rig: LandmarkRig,
  beta: ArrayLike<number>,
  camera: Camera,
  observation: Observation,
  prior: FitPrior,
  parameters: Float64Array,
): Float64Array {
  const { model, embedding } = rig;
  const unpacked = unpackCoefficients(parameters);
  const pose = model.expressionCount;
  // The packed vector in full precision: the coefficients on the wire are 32-bit.
  const theta = Array.from(unpacked.theta, () => 0);
  for (let i = 0; i < 3; i++) theta[i] = parameters[pose + i];
  for (let i = 0; i < 3; i++) theta[6 + i] = parameters[pose + 6 + i];
  for (let i = 0; i < 2; i++) theta[9 + i] = parameters[pose + 9 + i];
  for (let i = 0; i < 2; i++) theta[12 + i] = parameters[pose + 11 + i];
  const vertices = plainPoseHead(model, beta, {
    psi: parameters.slice(0, pose) as unknown as Float32Array,
    theta: theta as unknown as Float32Array,
    translation: parameters.slice(pose + 3, pose + 6) as unknown as Float32Array,
  });
  const residuals: number[] = [];
  const missed = new Float64Array(LANDMARK_COUNT * 2);
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
    const point = [0, 1, 2].map((axis) =>
      [0, 1, 2].reduce(
        (sum, k) =>
          sum +
          embedding.barycentric[landmark * 3 + k] *
            vertices[model.triangles[embedding.triangles[landmark] * 3 + k]][axis],
        0,
      ),
    );
    const ex = camera.centreX + (camera.focalPx * point[0]) / -point[2] - observation.pixels[landmark * 2];
    const ey =
      camera.centreY - (camera.focalPx * point[1]) / -point[2] - observation.pixels[landmark * 2 + 1];
    missed[landmark * 2] = ex;
    missed[landmark * 2 + 1] = ey;
    const distance = Math.hypot(ex, ey);
    const { huberPx } = observation;
    const loss = distance <= huberPx ? distance ** 2 : 2 * huberPx * distance - huberPx ** 2;
    const shrink = distance === 0 ? 0 : Math.sqrt(observation.precision[landmark] * loss) / distance;
    residuals.push(shrink * ex, shrink * ey);
  }
  for (let p = 0; p < APART_PAIRS.length; p += 2)
    for (let axis = 0; axis < 2; axis++)
      residuals.push(
        Math.sqrt(observation.apartPrecision) *
          (missed[APART_PAIRS[p] * 2 + axis] - missed[APART_PAIRS[p + 1] * 2 + axis]),
      );
  parameters.forEach((value, p) => {
    residuals.push(Math.sqrt(prior.precision[p]) * (value - prior.mean[p]));
  });
  for (let axis = 0; axis < 2; axis++)
    residuals.push(
      Math.sqrt(prior.gazeDifferencePrecision[axis]) *
        (parameters[pose + 9 + axis] - parameters[pose + 11 + axis]),
    );
  return Float64Array.from(residuals);
}

function halfSquares(residuals: Float64Array): number {
  return residuals.reduce((sum, value) => sum + 0.5 * value * value, 0);
}

/** Gaussian elimination with partial pivoting. */
function eliminate(matrix: number[][], right: number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++)
      if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let row = column + 1; row < n; row++) {
      const factor = rows[row][column] / rows[column][column];
      for (let k = column; k <= n; k++) rows[row][k] -= factor * rows[column][k];
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let row = n - 1; row >= 0; row--) {
    let sum = rows[row][n];
    for (let k = row + 1; k < n; k++) sum -= rows[row][k] * solution[k];
    solution[row] = sum / rows[row][row];
  }
  return solution;
}

import type { Camera } from '../head/head-model.ts';
import { solveCholesky } from './cholesky.ts';
import { FaceEquations } from './face-equations.ts';
import { LID_PAIRS, LIP_PAIRS } from './landmark-groups.ts';
import type { LandmarkRig } from './landmark-rig.ts';
import type { ShapeFace } from './shape-solver.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT } from './types.ts';

/** Standard deviation of the bias along x, y, z of the rest frame, fraction of the inter-ocular distance. */
const BIAS_SD_IOD = [0.02, 0.02, 0.012];

/**
 * What shape cannot say of this person: a rest-frame offset a landmark, least squares over all faces with shape,
 * camera and coefficients held, and a Gaussian prior about 0.
 *
 * Landmarks that touch when mouth or eye is closed keep their distance in height: a bias must not open the mouth
 * or the lids, or they would never close.
 *
 * @param bias `[478, 3]` metres, improved in place
 * @param priorWeight factor on the information of the prior
 */
export function refineBias(
  rig: LandmarkRig,
  faces: readonly ShapeFace[],
  beta: ArrayLike<number>,
  camera: Camera,
  bias: Float64Array,
  priorWeight: number,
): void {
  const equations = new FaceEquations(rig);
  const shaped = shapeRig(rig, beta, bias);
  const normal = new Float64Array(LANDMARK_COUNT * 9);
  const right = new Float64Array(LANDMARK_COUNT * 3);
  for (const { observation, prior, parameters } of faces) {
    equations.evaluation.evaluate(shaped, parameters, camera);
    equations.evaluation.differentiate();
    equations.cost(observation, prior, parameters);
    const { pixels, restJacobian: j } = equations.evaluation;
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const w = equations.weight[landmark];
      if (w === 0) continue;
      const ex = observation.pixels[landmark * 2] - pixels[landmark * 2];
      const ey = observation.pixels[landmark * 2 + 1] - pixels[landmark * 2 + 1];
      for (let a = 0; a < 3; a++) {
        const ax = w * j[landmark * 6 + a];
        const ay = w * j[landmark * 6 + 3 + a];
        right[landmark * 3 + a] += ax * ex + ay * ey;
        for (let b = 0; b <= a; b++)
          normal[landmark * 9 + a * 3 + b] += ax * j[landmark * 6 + b] + ay * j[landmark * 6 + 3 + b];
      }
    }
  }
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
    const system = normal.slice(landmark * 9, landmark * 9 + 9);
    const step = right.slice(landmark * 3, landmark * 3 + 3);
    for (let a = 0; a < 3; a++) {
      const precision = priorWeight / (BIAS_SD_IOD[a] * shaped.interocularM) ** 2;
      system[a * 4] += precision;
      step[a] -= precision * bias[landmark * 3 + a];
    }
    if (!solveCholesky(system, step, 3, 3)) continue;
    for (let a = 0; a < 3; a++) bias[landmark * 3 + a] += step[a];
  }
  for (const [upper, lower] of [...LIP_PAIRS, ...LID_PAIRS]) {
    const middle = (bias[upper * 3 + 1] + bias[lower * 3 + 1]) / 2;
    bias[upper * 3 + 1] = middle;
    bias[lower * 3 + 1] = middle;
  }
}

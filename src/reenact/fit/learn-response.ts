import type { CalibrationSample } from './calibration-sample.ts';
import { solveCholesky } from './cholesky.ts';
import { packCoefficients } from './face-parameters.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT, type LandmarkEmbedding, RESPONSE_FEATURES } from './types.ts';

/** Standard deviation of the slide along x, y, z of the rest frame that a unit of each feature may cause, metres. */
const SLIDE_SD_M: Readonly<Record<(typeof RESPONSE_FEATURES)[number], number>> = {
  pitch: 0.03,
  yaw: 0.03,
  jaw: 0.03,
};
/** Standard deviation of a sample's landmark, fraction of the inter-ocular distance; people differ by this much. */
const SAMPLE_SIGMA_IOD = 0.03;
const HUBER_IOD = 0.06;
const ROUNDS = 4;
/** Slides under this a unit of their feature are dropped: they say nothing, and cost columns in every fit. */
const NEGLIGIBLE_SLIDE_M = 0.002;
const UNKNOWNS = RESPONSE_FEATURES.length * 3;

/**
 * How the tracker's points slide over the surface with pose and jaw: ridge regression, robust, of
 * what is left between tracked points and the fixed embedding in pictures of known heads. A tracker that has the
 * nose turn less than the head does, say, is read right afterwards instead of being believed.
 */
export function learnResponse(
  embedding: LandmarkEmbedding,
  samples: readonly CalibrationSample[],
): Float32Array {
  const [first] = samples;
  const still = { ...embedding, response: new Float32Array(LANDMARK_COUNT * UNKNOWNS) };
  const rig = new LandmarkRig(first.shaped.model, still);
  const evaluation = new LandmarkEvaluation(rig);
  const noBias = new Float32Array(LANDMARK_COUNT * 3);
  const views = samples.map((sample) => {
    evaluation.evaluate(
      shapeRig(rig, sample.shaped.beta, noBias),
      packCoefficients(sample.coefficients),
      sample.camera,
    );
    evaluation.differentiate();
    const { landmarks } = sample.face;
    const residual = evaluation.pixels.map(
      (value, i) => (landmarks[(i >> 1) * 3 + (i & 1)] - value) / sample.interocularPx,
    );
    const jacobian = evaluation.restJacobian.map((value) => value / sample.interocularPx);
    return { residual, jacobian, features: featuresOf(sample) };
  });
  const response = new Float32Array(LANDMARK_COUNT * UNKNOWNS);
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
    response.set(regress(views, landmark), landmark * UNKNOWNS);
  return response;
}

interface View {
  /** `[478, 2]` tracked minus embedded, fraction of the inter-ocular distance. */
  readonly residual: Float64Array;
  /** `[478, 2, 3]` the same a metre of rest offset. */
  readonly jacobian: Float64Array;
  readonly features: readonly number[];
}

function featuresOf({ coefficients, yawRad, pitchRad }: CalibrationSample): number[] {
  return [Math.sin(pitchRad), Math.sin(yawRad) * Math.cos(pitchRad), coefficients.theta[6]];
}

function regress(views: readonly View[], landmark: number): Float64Array {
  let solution = new Float64Array(UNKNOWNS);
  const row = new Float64Array(UNKNOWNS);
  for (let round = 0; round < ROUNDS; round++) {
    const normal = new Float64Array(UNKNOWNS * UNKNOWNS);
    const right = new Float64Array(UNKNOWNS);
    for (const { residual, jacobian, features: f } of views) {
      const errors = [0, 1].map((axis) => {
        let error = residual[landmark * 2 + axis];
        for (let u = 0; u < UNKNOWNS; u++)
          error -= solution[u] * f[Math.floor(u / 3)] * jacobian[landmark * 6 + axis * 3 + (u % 3)];
        return error;
      });
      const distance = Math.hypot(errors[0], errors[1]);
      const weight = (distance <= HUBER_IOD ? 1 : HUBER_IOD / distance) / SAMPLE_SIGMA_IOD ** 2;
      for (let axis = 0; axis < 2; axis++) {
        for (let u = 0; u < UNKNOWNS; u++)
          row[u] = f[Math.floor(u / 3)] * jacobian[landmark * 6 + axis * 3 + (u % 3)];
        for (let u = 0; u < UNKNOWNS; u++) {
          right[u] += weight * row[u] * residual[landmark * 2 + axis];
          for (let v = 0; v <= u; v++) normal[u * UNKNOWNS + v] += weight * row[u] * row[v];
        }
      }
    }
    for (let u = 0; u < UNKNOWNS; u++) {
      const feature = RESPONSE_FEATURES[Math.floor(u / 3)];
      normal[u * UNKNOWNS + u] += 1 / SLIDE_SD_M[feature] ** 2;
    }
    if (solveCholesky(normal, right, UNKNOWNS, UNKNOWNS)) solution = right;
  }
  for (let at = 0; at < UNKNOWNS; at += 3)
    if (Math.hypot(solution[at], solution[at + 1], solution[at + 2]) < NEGLIGIBLE_SLIDE_M)
      solution.fill(0, at, at + 3);
  return solution;
}

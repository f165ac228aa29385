import { LokiError } from '../../errors.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import type { TrackedFace } from '../track/types.ts';
import { packCoefficients, unpackCoefficients } from './face-parameters.ts';
import { FaceSolver } from './face-solver.ts';
import { type FitPrior, restPrior } from './fit-prior.ts';
import { initialPose } from './initial-pose.ts';
import { refineBias } from './landmark-bias.ts';
import type { LandmarkRig } from './landmark-rig.ts';
import { neutralOf } from './neutral.ts';
import { observe } from './observation.ts';
import { type ShapeFace, ShapeSolver, type SharedShape } from './shape-solver.ts';
import { shapeRig } from './shaped-rig.ts';
import { type Calibration, LANDMARK_COUNT } from './types.ts';

export interface CalibrateOptions {
  /** Index of a face that is known to be at rest, mouth closed; null (the default) where none is known. */
  readonly neutralFace?: number | null;
  /** Alternations of shape and bias; 0 leaves the bias out. 3 by default. */
  readonly biasRounds?: number;
}

/**
 * Field of view over the longer side, degrees: the range that holds one standard deviation. Webcams see 60 and
 * more, but most clips and portraits are cut out of a wider picture or taken from further away.
 */
const FIELD_OF_VIEW_DEG = [22, 50];
const BETA_LIMIT = 3;
const BIAS_ROUNDS = 3;
const NEUTRAL_UNIT_SD = 0.06;
const NEUTRAL_JAW_SD_RAD = 0.03;
/** Faces that shape is looked for on before all of them join. */
const SCOUT_FACES = 6;
const FIRST_ITERATIONS = 12;
const LATER_ITERATIONS = 2;
/** As many independent faces are a whole clip's worth. */
const INDEPENDENT_FACES = 3;

/**
 * Learns one person in front of one camera from 1 to about 48 tracked faces of it, the more varied in pose the
 * better: beta and focal length with every face's coefficients together, then alternately a bias a landmark and
 * all of that again; at last what the person's rest is.
 *
 * The faces of one clip are no independent draws, neither of expressions (somebody who talks all the time would,
 * with a full prior on every face, be given a long chin instead of an open jaw) nor of the tracker's errors (which
 * would pass for shape). So all the faces together weigh no more than a few against the priors.
 *
 * @throws LokiError `NO_FACE` for an empty list, `INVALID_OPTION` where the faces come from pictures of different
 *   sizes
 */
export function calibrate(
  rig: LandmarkRig,
  faces: readonly TrackedFace[],
  options: CalibrateOptions = {},
): Calibration {
  const [first] = faces;
  if (first === undefined) throw new LokiError('NO_FACE', 'A calibration needs at least one tracked face.');
  if (faces.some((face) => face.imageWidth !== first.imageWidth || face.imageHeight !== first.imageHeight))
    throw new LokiError('INVALID_OPTION', 'The faces of a calibration must come from pictures of one size.');

  const start = uncalibrated(rig, first.imageWidth, first.imageHeight);
  const rest = restPrior(rig.model);
  const solver = new FaceSolver(rig);
  const plain = shapeRig(rig, start.beta, start.bias);
  const shapeFaces: ShapeFace[] = faces.map((face, index) => {
    const observation = observe(face);
    const prior = index === options.neutralFace ? neutralPrior(rest, rig) : rest;
    const parameters = packCoefficients(initialPose(plain, start.camera, observation));
    solver.solve(plain, start.camera, observation, prior, parameters, RIGID);
    solver.solve(plain, start.camera, observation, prior, parameters, SETTLE);
    return { observation, prior, parameters };
  });

  const shapeSolver = new ShapeSolver(rig);
  const logFocal = focalPrior(first.imageWidth, first.imageHeight);
  const bias = new Float64Array(LANDMARK_COUNT * 3);
  let shape: SharedShape = { beta: Float64Array.from(start.beta), camera: start.camera };
  const solve = (some: readonly ShapeFace[], iterations: number) => {
    const weight = Math.max(1, some.length / INDEPENDENT_FACES);
    shape = shapeSolver.solve(some, shape, bias, { logFocal, betaLimit: BETA_LIMIT, weight }, iterations);
  };
  // A few faces find the way, all of them the place.
  const stride = Math.ceil(shapeFaces.length / SCOUT_FACES);
  if (stride > 1)
    solve(
      shapeFaces.filter((_, index) => index % stride === 0),
      FIRST_ITERATIONS,
    );
  solve(shapeFaces, stride > 1 ? LATER_ITERATIONS : FIRST_ITERATIONS);
  const crowd = Math.max(1, faces.length / INDEPENDENT_FACES);
  for (let round = 0; round < (options.biasRounds ?? BIAS_ROUNDS); round++) {
    refineBias(rig, shapeFaces, shape.beta, shape.camera, bias, crowd);
    solve(shapeFaces, LATER_ITERATIONS);
  }

  const shaped = shapeRig(rig, shape.beta, bias);
  const coefficients = shapeFaces.map(({ observation, parameters }, index) => {
    const prior = index === options.neutralFace ? neutralPrior(rest, rig) : rest;
    solver.solve(shaped, shape.camera, observation, prior, parameters, SETTLE);
    return unpackCoefficients(parameters);
  });
  const known = options.neutralFace ?? null;
  return {
    beta: Float32Array.from(shape.beta),
    camera: shape.camera,
    bias: Float32Array.from(bias),
    neutral: neutralOf(coefficients, known === null ? null : coefficients[known]),
    interocularM: shaped.interocularM,
  };
}

/** The mean head in front of an ordinary camera: a calibration for when there is none. */
export function uncalibrated(rig: LandmarkRig, imageWidth: number, imageHeight: number): Calibration {
  const beta = new Float32Array(rig.shapeCount);
  const bias = new Float32Array(LANDMARK_COUNT * 3);
  const neutral: HeadCoefficients = {
    psi: new Float32Array(rig.expressionCount),
    theta: new Float32Array(15),
    translation: new Float32Array(3),
  };
  return {
    beta,
    bias,
    neutral,
    camera: {
      focalPx: Math.exp(focalPrior(imageWidth, imageHeight).mean),
      centreX: imageWidth / 2,
      centreY: imageHeight / 2,
    },
    interocularM: shapeRig(rig, beta, bias).interocularM,
  };
}

const RIGID = { maxIterations: 10, tolerance: 1e-3, rigidOnly: true };
const SETTLE = { maxIterations: 15, tolerance: 1e-4 };

/** ln of the focal length in pixels for the longer side of the picture. */
function focalPrior(imageWidth: number, imageHeight: number): { mean: number; sd: number } {
  const half = Math.max(imageWidth, imageHeight) / 2;
  const [narrow, wide] = FIELD_OF_VIEW_DEG.map((deg) => Math.log(half / Math.tan((deg * Math.PI) / 360)));
  return { mean: (narrow + wide) / 2, sd: (narrow - wide) / 2 };
}

function neutralPrior(prior: FitPrior, rig: LandmarkRig): FitPrior {
  const precision = prior.precision.slice();
  const units = rig.expressionCount;
  precision.fill(1 / NEUTRAL_UNIT_SD ** 2, 0, units);
  precision.fill(1 / NEUTRAL_JAW_SD_RAD ** 2, units + 6, units + 9);
  return { ...prior, precision };
}

import type { HeadModel } from '../head/head-model.ts';
import type { CalibrationSample } from './calibration-sample.ts';
import { facing } from './embed-landmarks.ts';
import { packCoefficients } from './face-parameters.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import { LANDMARK_GROUPS, type LandmarkGroup, landmarksOf } from './landmark-groups.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT, type LandmarkEmbedding } from './types.ts';

/** Median error of a landmark group, per cent of the inter-ocular distance; null where no sample is in the range. */
export interface GroupError {
  readonly group: LandmarkGroup;
  /** Yaw under 10°. */
  readonly frontal: number | null;
  /** Yaw of 15 to 35°. */
  readonly turned: number | null;
}

const VISIBLE_COSINE = 0.15;
const FRONTAL_RAD = (10 * Math.PI) / 180;
const TURNED_RAD = [(15 * Math.PI) / 180, (35 * Math.PI) / 180];

/**
 * How far the embedded points, response included, lie from the tracked ones in pictures of people that were not
 * fitted, drawn with the parameters that are known.
 */
export function reportEmbedding(
  model: HeadModel,
  embedding: LandmarkEmbedding,
  samples: readonly CalibrationSample[],
): GroupError[] {
  const evaluation = new LandmarkEvaluation(new LandmarkRig(model, embedding));
  const frontal = samples.filter(({ yawRad }) => Math.abs(yawRad) < FRONTAL_RAD);
  const turned = samples.filter(
    ({ yawRad }) => Math.abs(yawRad) >= TURNED_RAD[0] && Math.abs(yawRad) <= TURNED_RAD[1],
  );
  const [frontalErrors, turnedErrors] = [frontal, turned].map((some) =>
    errorsIod(evaluation, embedding, some),
  );
  return LANDMARK_GROUPS.map((group) => ({
    group,
    frontal: medianPercent(frontalErrors, group),
    turned: medianPercent(turnedErrors, group),
  }));
}

/** For every landmark its errors over the samples that show it, fractions of the inter-ocular distance. */
function errorsIod(
  evaluation: LandmarkEvaluation,
  embedding: LandmarkEmbedding,
  samples: readonly CalibrationSample[],
): number[][] {
  const { rig, pixels } = evaluation;
  const noBias = new Float32Array(LANDMARK_COUNT * 3);
  const errors = Array.from({ length: LANDMARK_COUNT }, () => [] as number[]);
  for (const sample of samples) {
    const { shaped, coefficients, camera, face, interocularPx } = sample;
    evaluation.evaluate(shapeRig(rig, shaped.beta, noBias), packCoefficients(coefficients), camera);
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      if (facing(rig.model, sample, embedding.triangles[landmark]) < VISIBLE_COSINE) continue;
      const dx = pixels[landmark * 2] - face.landmarks[landmark * 3];
      const dy = pixels[landmark * 2 + 1] - face.landmarks[landmark * 3 + 1];
      errors[landmark].push(Math.hypot(dx, dy) / interocularPx);
    }
  }
  return errors;
}

function medianPercent(errors: readonly number[][], group: LandmarkGroup): number | null {
  const all = landmarksOf(group)
    .flatMap((landmark) => errors[landmark])
    .sort((a, b) => a - b);
  return all.length === 0 ? null : Math.round(all[all.length >> 1] * 1e4) / 100;
}

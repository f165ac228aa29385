import type { HeadModel } from '../head/head-model.ts';
import type { CalibrationSample } from './calibration-sample.ts';
import { errorIod, facing } from './embed-landmarks.ts';
import { LANDMARK_GROUPS, type LandmarkGroup, landmarksOf } from './landmark-groups.ts';
import type { LandmarkEmbedding } from './types.ts';

/** Median error of a landmark group, per cent of the inter-ocular distance; null where no sample is in the range. */
export interface GroupError {
  readonly group: LandmarkGroup;
  /** Yaw under 10°. */
  readonly frontal: number | null;
  /** Yaw of 15 to 35°. */
  readonly turned: number | null;
}

const VISIBLE_COSINE = 0.15;

/** How far the embedded points lie from the tracked ones in pictures of people that were not fitted. */
export function reportEmbedding(
  model: HeadModel,
  embedding: LandmarkEmbedding,
  samples: readonly CalibrationSample[],
): GroupError[] {
  const deg = 180 / Math.PI;
  const frontal = samples.filter(({ yawRad }) => Math.abs(yawRad) * deg < 10);
  const turned = samples.filter(({ yawRad }) => Math.abs(yawRad) * deg >= 15 && Math.abs(yawRad) * deg <= 35);
  return LANDMARK_GROUPS.map((group) => ({
    group,
    frontal: medianError(model, embedding, frontal, group),
    turned: medianError(model, embedding, turned, group),
  }));
}

function medianError(
  model: HeadModel,
  embedding: LandmarkEmbedding,
  samples: readonly CalibrationSample[],
  group: LandmarkGroup,
): number | null {
  const errors: number[] = [];
  for (const sample of samples)
    for (const landmark of landmarksOf(group)) {
      const triangle = embedding.triangles[landmark];
      if (facing(model, sample, triangle) < VISIBLE_COSINE) continue;
      const [a, b, c] = embedding.barycentric.subarray(landmark * 3, landmark * 3 + 3);
      errors.push(errorIod(model, sample, landmark, { triangle, barycentric: [a, b, c] }));
    }
  if (errors.length === 0) return null;
  errors.sort((a, b) => a - b);
  return Math.round(errors[errors.length >> 1] * 1e4) / 100;
}

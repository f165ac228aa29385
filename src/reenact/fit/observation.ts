import type { TrackedFace } from '../track/types.ts';
import { APART_SIGMA_IOD, HUBER_SIGMAS, LANDMARK_SIGMA_IOD, LANDMARK_WEIGHT } from './fit-weights.ts';
import { LANDMARK_COUNT } from './types.ts';

/** What the fit sees of one frame: x and y only, MediaPipe's z is too rough to be an observation. */
export interface Observation {
  /** `[478, 2]` pixels. */
  readonly pixels: Float64Array;
  /** `[478]` weight / σ², 1 / px²; 0 for a landmark that was not tracked. */
  readonly precision: Float64Array;
  /** 1 / σ² of the distance between the two landmarks of a pair of `APART_PAIRS`, 1 / px². */
  apartPrecision: number;
  /** Inter-ocular distance, pixels. */
  interocularPx: number;
  /** Huber's threshold on the distance |residual|, pixels. */
  huberPx: number;
}

export function emptyObservation(): Observation {
  return {
    pixels: new Float64Array(LANDMARK_COUNT * 2),
    precision: new Float64Array(LANDMARK_COUNT),
    apartPrecision: 0,
    interocularPx: 1,
    huberPx: 1,
  };
}

/** The observation of `face`, written into `out`. */
export function observe(face: TrackedFace, out: Observation = emptyObservation()): Observation {
  const { landmarks } = face;
  const interocularPx = interocularDistancePx(landmarks);
  const sigmaPx = LANDMARK_SIGMA_IOD * interocularPx;
  out.interocularPx = interocularPx;
  out.apartPrecision = 1 / (APART_SIGMA_IOD * interocularPx) ** 2;
  out.huberPx = HUBER_SIGMAS * sigmaPx;
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
    const seen = landmark < face.points;
    out.pixels[landmark * 2] = seen ? landmarks[landmark * 3] : 0;
    out.pixels[landmark * 2 + 1] = seen ? landmarks[landmark * 3 + 1] : 0;
    out.precision[landmark] = seen ? LANDMARK_WEIGHT[landmark] / (sigmaPx * sigmaPx) : 0;
  }
  return out;
}

/**
 * Distance between the middles of the two eyes' corners, pixels. MediaPipe's z counts in, so that a turned head
 * keeps its measure.
 */
export function interocularDistancePx(landmarks: ArrayLike<number>): number {
  let squared = 0;
  for (let axis = 0; axis < 3; axis++) {
    const right = landmarks[33 * 3 + axis] + landmarks[133 * 3 + axis];
    const left = landmarks[263 * 3 + axis] + landmarks[362 * 3 + axis];
    squared += ((left - right) / 2) ** 2;
  }
  return Math.sqrt(squared);
}

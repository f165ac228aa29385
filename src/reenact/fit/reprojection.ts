import { GROUP_OF_LANDMARK, isOutline, LANDMARK_GROUPS } from './landmark-groups.ts';
import type { Observation } from './observation.ts';
import { LANDMARK_COUNT } from './types.ts';

const JUDGED = Uint16Array.from(
  Array.from({ length: LANDMARK_COUNT }, (_, landmark) => landmark).filter(
    (landmark) => !isOutline(landmark),
  ),
);
const distances = new Float64Array(JUDGED.length);
const squares = new Float64Array(LANDMARK_GROUPS.length);
const counts = new Float64Array(LANDMARK_GROUPS.length);

export interface Reprojection {
  /** Median distance of the landmarks, outline aside, fraction of the inter-ocular distance. */
  medianIod: number;
  /** 95th percentile of the same. */
  p95Iod: number;
  /** Root mean square distance of the worst group, outline aside. */
  worstGroupIod: number;
}

/** How far fitted landmarks `[478, 2]` lie from the tracked ones; allocates nothing where `out` is given. */
export function measureReprojection(
  fitted: ArrayLike<number>,
  observation: Observation,
  out: Reprojection = { medianIod: 0, p95Iod: 0, worstGroupIod: 0 },
): Reprojection {
  squares.fill(0);
  counts.fill(0);
  let count = 0;
  for (let k = 0; k < JUDGED.length; k++) {
    const landmark = JUDGED[k];
    if (observation.precision[landmark] === 0) continue;
    const dx = fitted[landmark * 2] - observation.pixels[landmark * 2];
    const dy = fitted[landmark * 2 + 1] - observation.pixels[landmark * 2 + 1];
    const squared = dx * dx + dy * dy;
    distances[count++] = Math.sqrt(squared);
    squares[GROUP_OF_LANDMARK[landmark]] += squared;
    counts[GROUP_OF_LANDMARK[landmark]]++;
  }
  const sorted = distances.subarray(0, count).sort();
  let worst = 0;
  for (let group = 0; group < squares.length; group++)
    if (counts[group] > 0) worst = Math.max(worst, squares[group] / counts[group]);
  out.medianIod = sorted[count >> 1] / observation.interocularPx;
  out.p95Iod = sorted[Math.floor(0.95 * (count - 1))] / observation.interocularPx;
  out.worstGroupIod = Math.sqrt(worst) / observation.interocularPx;
  return out;
}

import { GROUP_OF_LANDMARK, LANDMARK_GROUPS, type LandmarkGroup } from './landmark-groups.ts';
import { LANDMARK_COUNT } from './types.ts';

/** Standard deviation of a landmark coordinate, fraction of the inter-ocular distance. */
export const LANDMARK_SIGMA_IOD = 0.012;
/**
 * Huber's threshold in standard deviations. A redescending loss throws whole brows and mouths out as outliers.
 */
export const HUBER_SIGMAS = 2.5;

/** Weight of a squared residual: how much a group's position says about the face below it. */
export const GROUP_WEIGHT: Readonly<Record<LandmarkGroup, number>> = {
  lips: 1.6,
  eyes: 1.5,
  iris: 1.2,
  brows: 1,
  nose: 0.9,
  other: 0.55,
  jawLine: 0.25,
  oval: 0.15,
};

/** `[478]` weight of every landmark. */
export const LANDMARK_WEIGHT: Float64Array = Float64Array.from(
  { length: LANDMARK_COUNT },
  (_, landmark) => GROUP_WEIGHT[LANDMARK_GROUPS[GROUP_OF_LANDMARK[landmark]]],
);

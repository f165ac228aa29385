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

/**
 * Standard deviation of how far the two lips, or the two lids, are apart, fraction of the inter-ocular distance: the
 * tracker knows it far better than where they are, and a viewer sees at once whether they touch.
 */
export const APART_SIGMA_IOD = 0.004;

/** `[pairs, 2]` upper and lower landmark in the middle of mouth and eyes. */
export const APART_PAIRS: Uint16Array = Uint16Array.from(
  [
    [81, 178],
    [82, 87],
    [13, 14],
    [312, 317],
    [311, 402],
    [160, 144],
    [159, 145],
    [158, 153],
    [387, 373],
    [386, 374],
    [385, 380],
  ].flat(),
);

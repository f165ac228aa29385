import { LANDMARK_COUNT } from './types.ts';

/**
 * MediaPipe's 478 landmarks by region (indices of `face_mesh_connections.py` and of the canonical face model).
 * Left and right are the subject's own. Every landmark belongs to exactly one group.
 */
export const LANDMARK_GROUPS = ['lips', 'eyes', 'iris', 'brows', 'nose', 'jawLine', 'oval', 'other'] as const;

export type LandmarkGroup = (typeof LANDMARK_GROUPS)[number];

/** Red line of the lips, clockwise in the picture from the subject's right corner. */
export const OUTER_LIPS = [
  61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
];
/** Where the lips meet, clockwise in the picture from the subject's right corner. */
export const INNER_LIPS = [
  78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95,
];
/** On the red of the lips, between the two lines above. */
const LIP_BODY = [
  76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 408, 304, 303, 302, 11, 72, 73, 74, 184, 62, 96, 89, 179,
  86, 15, 316, 403, 319, 325, 292, 407, 272, 271, 268, 12, 38, 41, 42, 183,
];
/** Points of the inner line that touch where the mouth is closed: upper, lower. */
export const LIP_PAIRS: readonly (readonly [number, number])[] = [
  [191, 95],
  [80, 88],
  [81, 178],
  [82, 87],
  [13, 14],
  [312, 317],
  [311, 402],
  [310, 318],
  [415, 324],
];

/** Lid margin, from the outer corner along the lower lid to the inner corner and back along the upper lid. */
export const RIGHT_EYE = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246];
export const LEFT_EYE = [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466];
/** Points of the two lid margins that touch where the eye is closed: upper, lower. */
export const LID_PAIRS: readonly (readonly [number, number])[] = [
  [246, 7],
  [161, 163],
  [160, 144],
  [159, 145],
  [158, 153],
  [157, 154],
  [173, 155],
  [466, 249],
  [388, 390],
  [387, 373],
  [386, 374],
  [385, 380],
  [384, 381],
  [398, 382],
];

/** Pupil first, then four points of the limbus. */
export const RIGHT_IRIS = [468, 469, 470, 471, 472];
export const LEFT_IRIS = [473, 474, 475, 476, 477];
/** Number of landmarks of a tracker without irises. */
export const LANDMARKS_WITHOUT_IRISES = 468;

const RIGHT_BROW = [46, 53, 52, 65, 55, 70, 63, 105, 66, 107];
const LEFT_BROW = [276, 283, 282, 295, 285, 300, 293, 334, 296, 336];

const NOSE = [
  168, 6, 197, 195, 5, 4, 1, 19, 94, 2, 98, 97, 326, 327, 294, 278, 344, 440, 275, 45, 220, 115, 48, 64, 129,
  358, 49, 279, 131, 360, 198, 420, 3, 248, 51, 281, 44, 274, 237, 457, 218, 438, 219, 439, 59, 289, 60, 290,
  75, 305, 240, 460, 235, 455, 166, 392, 79, 309, 20, 250, 242, 462, 141, 370, 125, 354, 241, 461, 238, 458,
  239, 459, 99, 328, 102, 331, 134, 363, 236, 456, 174, 399, 196, 419, 122, 351,
];

/** Lower half of the face's outline, from the subject's left ear to the right. */
const JAW_LINE = [361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132];
/** Upper half of the face's outline. */
const OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 93, 234, 127, 162, 21, 54, 103, 67, 109];

const MEMBERS: Readonly<Record<Exclude<LandmarkGroup, 'other'>, readonly number[]>> = {
  lips: [...OUTER_LIPS, ...INNER_LIPS, ...LIP_BODY],
  eyes: [...RIGHT_EYE, ...LEFT_EYE],
  iris: [...RIGHT_IRIS, ...LEFT_IRIS],
  brows: [...RIGHT_BROW, ...LEFT_BROW],
  nose: NOSE,
  jawLine: JAW_LINE,
  oval: OVAL,
};

/** `[478]` index into `LANDMARK_GROUPS` of every landmark. */
export const GROUP_OF_LANDMARK: Uint8Array = groupOfLandmark();

function groupOfLandmark(): Uint8Array {
  const groups = new Uint8Array(LANDMARK_COUNT).fill(LANDMARK_GROUPS.indexOf('other'));
  for (const [name, members] of Object.entries(MEMBERS))
    for (const landmark of members) groups[landmark] = LANDMARK_GROUPS.indexOf(name as LandmarkGroup);
  return groups;
}

/** Landmarks of one group, ascending. */
export function landmarksOf(group: LandmarkGroup): number[] {
  const index = LANDMARK_GROUPS.indexOf(group);
  return Array.from(GROUP_OF_LANDMARK.keys()).filter((landmark) => GROUP_OF_LANDMARK[landmark] === index);
}

/** The face's outline slides over the skin as the head turns: left out of every figure of merit. */
export function isOutline(landmark: number): boolean {
  const group = LANDMARK_GROUPS[GROUP_OF_LANDMARK[landmark]];
  return group === 'oval' || group === 'jawLine';
}

/**
 * Openings of the face as pairs of landmark lines. Both lines run from the screen's left to its right and share
 * their end points, the corners.
 */
export interface Opening {
  readonly upper: readonly number[];
  readonly lower: readonly number[];
}

export const MOUTH: Opening = {
  upper: [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308],
  lower: [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308],
};
/** The subject's right eye, on the screen's left. */
export const RIGHT_LIDS: Opening = {
  upper: [33, 246, 161, 160, 159, 158, 157, 173, 133],
  lower: [33, 7, 163, 144, 145, 153, 154, 155, 133],
};
export const LEFT_LIDS: Opening = {
  upper: [362, 398, 384, 385, 386, 387, 388, 466, 263],
  lower: [362, 382, 381, 380, 374, 373, 390, 249, 263],
};
export const OPENINGS: readonly Opening[] = [MOUTH, RIGHT_LIDS, LEFT_LIDS];

/** Outline of the face, clockwise on the screen from the top of the forehead. */
export const FACE_OUTLINE = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
  150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
/** Jaw from angle to angle, well below the ears, from the screen's left to its right. */
export const JAW = [58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288];

export const VIDEO_ORIENTATION_URI = 'urn:3gpp:video-orientation';

/** How a picture has to be turned to stand upright (3GPP TS 26.114, 7.4.5: coordination of video orientation). */
export interface VideoOrientation {
  /** Clockwise. */
  readonly rotationDeg: 0 | 90 | 180 | 270;
  /** Mirror left and right, after turning. */
  readonly flip: boolean;
}

export const UPRIGHT: VideoOrientation = { rotationDeg: 0, flip: false };

const CLOCKWISE_DEG = [0, 90, 180, 270] as const;

/**
 * The byte is `0000CFRR`: camera, flip, and the rotation by which the sender turned the picture counter-clockwise,
 * which the receiver undoes clockwise; browsers read RR = 1 as 90° clockwise.
 */
export function parseVideoOrientation(data: Uint8Array): VideoOrientation {
  if (data.length < 1) return UPRIGHT;
  return { rotationDeg: CLOCKWISE_DEG[data[0] & 3], flip: (data[0] & 4) !== 0 };
}

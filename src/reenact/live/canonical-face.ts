import type { TrackedFace } from '../track/types.ts';

/** Longer side of the pictures that a live session's fit believes in, pixels. */
export const CANONICAL_SIDE_PX = 1280;
/** Aspect ratios that differ by less come from rounding. */
const SAME_ASPECT = 0.02;

/**
 * The face as if its picture's longer side had 1280 pixels: a browser changes the size of its picture with the load,
 * and a calibration holds a camera in pixels.
 */
export function canonicalFace(face: TrackedFace): TrackedFace {
  const scale = CANONICAL_SIDE_PX / Math.max(face.imageWidth, face.imageHeight);
  return {
    ...face,
    landmarks: face.landmarks.map((value) => value * scale),
    imageWidth: Math.round(face.imageWidth * scale),
    imageHeight: Math.round(face.imageHeight * scale),
  };
}

/** Whether a calibration that was learned from pictures of one size serves those of another. */
export function sameAspect(
  a: { readonly imageWidth: number; readonly imageHeight: number },
  b: { readonly imageWidth: number; readonly imageHeight: number },
): boolean {
  return Math.abs((a.imageWidth * b.imageHeight) / (a.imageHeight * b.imageWidth) - 1) < SAME_ASPECT;
}

import type { SurfacePoints } from '../../reenact/geometric/seated-head.ts';
import { projectPoints } from '../../reenact/geometric/seated-head.ts';
import type { Camera } from '../../reenact/head/head-model.ts';

/** The face's own height above the chin at which a portrait is centred; see `cropAroundFace`. */
const CENTRE_ABOVE_CHIN = 0.35;
const NORMALISED: Camera = { focalPx: 1, centreX: 0, centreY: 0 };

/**
 * The camera that shows a posed head as a loaded portrait does: landmarks centred aside, the middle of the picture a
 * little above the chin.
 *
 * @param posed `[V, 3]` camera frame
 * @param faceHeights side of the picture in heights of the face, forehead to chin
 * @param sizePx side of the picture
 */
export function framePortrait(
  posed: Float32Array,
  points: SurfacePoints,
  faceHeights: number,
  sizePx: number,
): Camera {
  const seen = projectPoints(NORMALISED, posed, points, new Float32Array(478 * 3));
  const xs = seen.filter((_, i) => i % 3 === 0);
  const ys = seen.filter((_, i) => i % 3 === 1);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const focalPx = sizePx / (faceHeights * (bottom - top));
  const middleY = bottom - CENTRE_ABOVE_CHIN * (bottom - top);
  return {
    focalPx,
    centreX: sizePx / 2 - (focalPx * (left + right)) / 2,
    centreY: sizePx / 2 - focalPx * middleY,
  };
}

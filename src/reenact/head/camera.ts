import type { Camera } from './head-model.ts';

/**
 * Projects points of the camera frame to pixels from the top left corner (pinhole model of `Camera`).
 * Points at or behind the camera (Z ≥ 0) give NaN.
 *
 * @param points `[n, 3]` metres
 * @param out `[n, 2]` pixels
 */
export function project(
  camera: Camera,
  points: ArrayLike<number>,
  out: Float32Array = new Float32Array((points.length / 3) * 2),
): Float32Array {
  const { focalPx, centreX, centreY } = camera;
  for (let i = 0, p = 0; p < points.length; i += 2, p += 3) {
    const depth = -points[p + 2];
    const scale = depth > 0 ? focalPx / depth : Number.NaN;
    out[i] = centreX + scale * points[p];
    out[i + 1] = centreY - scale * points[p + 1];
  }
  return out;
}

/** The point of the camera frame `[3]`, metres, at `depthM` in front of the camera (Z = -depthM) behind a pixel. */
export function unproject(camera: Camera, xPx: number, yPx: number, depthM: number): Float64Array {
  const scale = depthM / camera.focalPx;
  return Float64Array.of((xPx - camera.centreX) * scale, (camera.centreY - yPx) * scale, -depthM);
}

/** The same camera after its picture is cut at (`x`, `y`) and scaled: pixel' = (pixel − (x, y)) · scale. */
export function cropCamera(camera: Camera, x: number, y: number, scale: number): Camera {
  return {
    focalPx: camera.focalPx * scale,
    centreX: (camera.centreX - x) * scale,
    centreY: (camera.centreY - y) * scale,
  };
}

import type { AttentionRegion } from './attention-regions.ts';

/** Side and channels of the feature map that is cropped, and the side of a crop. */
export const FEATURE_SIZE = 48;
export const FEATURE_CHANNELS = 32;
export const CROP_SIZE = 16;

/** How much larger than the box around its landmarks a region is. */
const REGION_SCALE = 1.5;

/**
 * From a crop to the feature map, both in cells from the top left corner:
 * `x' = xx · x + xy · y + x0`, `y' = yx · x + yy · y + y0`.
 */
export interface CropTransform {
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

/**
 * The rotated rectangle around a region's landmarks (MediaPipe's operator Landmarks2TransformMatrix, version 2):
 * as wide and high as they are along and across the region's level line, times 1.5.
 *
 * @param mesh `[468, 3]` in pixels of the network's picture.
 * @param cellsPerPixel cells of the feature map a pixel.
 */
export function cropTransform(
  region: AttentionRegion,
  mesh: Float32Array,
  cellsPerPixel: number,
): CropTransform {
  const [from, to] = region.level;
  const rollRad = Math.atan2(mesh[3 * to + 1] - mesh[3 * from + 1], mesh[3 * to] - mesh[3 * from]);
  const cos = Math.cos(rollRad);
  const sin = Math.sin(rollRad);
  let [minAlong, minAcross, maxAlong, maxAcross] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const index of region.landmarks) {
    const along = mesh[3 * index] * cos + mesh[3 * index + 1] * sin;
    const across = mesh[3 * index + 1] * cos - mesh[3 * index] * sin;
    minAlong = Math.min(minAlong, along);
    maxAlong = Math.max(maxAlong, along);
    minAcross = Math.min(minAcross, across);
    maxAcross = Math.max(maxAcross, across);
  }
  const middleAlong = (minAlong + maxAlong) / 2;
  const middleAcross = (minAcross + maxAcross) / 2;
  const centreX = (middleAlong * cos - middleAcross * sin) * cellsPerPixel;
  const centreY = (middleAlong * sin + middleAcross * cos) * cellsPerPixel;
  const scaleAlong = (REGION_SCALE * (maxAlong - minAlong) * cellsPerPixel) / CROP_SIZE;
  const scaleAcross = (REGION_SCALE * (maxAcross - minAcross) * cellsPerPixel) / CROP_SIZE;
  const half = CROP_SIZE / 2;
  const [xx, xy, yx, yy] = [scaleAlong * cos, -scaleAcross * sin, scaleAlong * sin, scaleAcross * cos];
  return { xx, xy, x0: centreX - half * (xx + xy), yx, yy, y0: centreY - half * (yx + yy) };
}

/**
 * Bilinear crop of the feature map (MediaPipe's operator TransformTensorBilinear, version 2): cell centres are at
 * half integers; what falls outside the map is zero.
 *
 * @param features `[32, 48, 48]`.
 * @param out `[32, 16, 16]`, overwritten.
 */
export function cropFeatures(features: Float32Array, transform: CropTransform, out: Float32Array): void {
  const { xx, xy, x0, yx, yy, y0 } = transform;
  const last = FEATURE_SIZE - 1;
  const [sourcePlane, plane] = [FEATURE_SIZE * FEATURE_SIZE, CROP_SIZE * CROP_SIZE];
  for (let j = 0; j < CROP_SIZE; j++) {
    for (let i = 0; i < CROP_SIZE; i++) {
      const at = j * CROP_SIZE + i;
      const x = xx * (i + 0.5) + xy * (j + 0.5) + x0 - 0.5;
      const y = yx * (i + 0.5) + yy * (j + 0.5) + y0 - 0.5;
      if (!(x >= 0 && y >= 0 && x <= last && y <= last)) {
        for (let c = 0; c < FEATURE_CHANNELS; c++) out[c * plane + at] = 0;
        continue;
      }
      const column = Math.min(last - 1, Math.floor(x));
      const line = Math.min(last - 1, Math.floor(y));
      const fx = x - column;
      const fy = y - line;
      const start = line * FEATURE_SIZE + column;
      for (let c = 0; c < FEATURE_CHANNELS; c++) {
        const p = c * sourcePlane + start;
        const q = p + FEATURE_SIZE;
        const above = features[p] * (1 - fx) + features[p + 1] * fx;
        const below = features[q] * (1 - fx) + features[q + 1] * fx;
        out[c * plane + at] = above * (1 - fy) + below * fy;
      }
    }
  }
}

/**
 * Puts what a head found in a crop back into the picture (MediaPipe's operator TransformLandmarks, version 2).
 *
 * @param found `[n, 2]` in pixels of the picture's scale, from the crop's top left corner.
 * @param indices landmark that each of them is.
 * @param mesh `[points, 3]` in pixels of the picture; x and y of the named landmarks are overwritten.
 */
export function placeLandmarks(
  found: Float32Array,
  indices: readonly number[],
  transform: CropTransform,
  cellsPerPixel: number,
  mesh: Float32Array,
): void {
  const { xx, xy, x0, yx, yy, y0 } = transform;
  for (const [i, index] of indices.entries()) {
    const x = found[2 * i];
    const y = found[2 * i + 1];
    mesh[3 * index] = xx * x + xy * y + x0 / cellsPerPixel;
    mesh[3 * index + 1] = yx * x + yy * y + y0 / cellsPerPixel;
  }
}

import { WINDOW_PX } from '../../reenact/diffusion/face-window.ts';
import { DRIVER_MAP_SIZE } from '../../reenact/raster/driver-map.ts';

const CELL = WINDOW_PX / DRIVER_MAP_SIZE;

/** Sum of squared errors of 8-bit channels where the head is, and how many there are. */
export interface FaceError {
  squares: number;
  count: number;
}

/**
 * @param target `[256, 256, 3]`
 * @param coverage `[64, 64]` anything but 0 where the head is
 */
export function addFaceError(
  error: FaceError,
  target: Uint8Array,
  warp: Uint8Array,
  coverage: ArrayLike<number>,
): void {
  for (let y = 0, at = 0; y < WINDOW_PX; y++)
    for (let x = 0; x < WINDOW_PX; x++, at += 3) {
      if (coverage[Math.trunc(y / CELL) * DRIVER_MAP_SIZE + Math.trunc(x / CELL)] === 0) continue;
      for (let k = at; k < at + 3; k++) error.squares += (target[k] - warp[k]) ** 2;
      error.count += 3;
    }
}

/** Peak signal-to-noise ratio, decibels. */
export function psnrDb({ squares, count }: FaceError): number {
  return 10 * Math.log10((255 * 255 * count) / Math.max(1, squares));
}

import { pixelsKernel } from '../kernel/decoder-kernel.ts';
import type { HeadShare } from './head-share.ts';

/** Pixels at the window's edges over which a change fades to nothing; training fades alike. */
export const EDGE_FADE_PX = 12;
/** Steps of 8-bit sRGB in one unit of the networks' −1..1. */
export const STEPS = 127.5;
/** Mean of the magnitudes beyond which nobody has made a picture; NaN is not less than it, either. */
export const MOST_MEAN = 1e4;
/** `[size]` factor by distance from the nearer end: linear up to 1 over {@link EDGE_FADE_PX}. */
export function edgeFade(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) =>
    Math.min(1, (Math.min(i, size - 1 - i) + 0.5) / EDGE_FADE_PX),
  );
}

/**
 * From the decoder's planes to what is added to the window: mask · fade · head share · delta, in steps of 8-bit sRGB.
 *
 * @param delta `[3, R, R]` from `deltaAt` on, `mask` `[1, R, R]` from `maskAt` on
 * @param out `[R, R, 3]` from `at` on
 * @returns whether it may be shown: every value a number, and not all of them huge
 */
export function writeChange(
  delta: Float32Array,
  deltaAt: number,
  mask: Float32Array,
  maskAt: number,
  fade: Float32Array,
  head: HeadShare,
  out: Float32Array,
  at: number,
): boolean {
  const size = fade.length;
  const plane = size * size;
  const share = new Float32Array(size);
  let sum = 0;
  for (let y = 0, pixel = 0, to = at; y < size; y++) {
    const rowFade = STEPS * fade[y];
    head.writeRow(y, size, share);
    for (let x = 0; x < size; x++, pixel++, to += 3) {
      const weight = mask[maskAt + pixel] * rowFade * fade[x] * share[x];
      const red = weight * delta[deltaAt + pixel];
      const green = weight * delta[deltaAt + plane + pixel];
      const blue = weight * delta[deltaAt + 2 * plane + pixel];
      out[to] = red;
      out[to + 1] = green;
      out[to + 2] = blue;
      sum += Math.abs(red) + Math.abs(green) + Math.abs(blue);
    }
  }
  return sum < MOST_MEAN * 3 * plane;
}

/** A whole picture, `[3, R, R]` in −1..1, as `[R, R, 3]` in 0..255. @returns as of {@link writeChange} */
export function writePicture(
  picture: Float32Array,
  pictureAt: number,
  size: number,
  out: Float32Array,
  at: number,
): boolean {
  const plane = size * size;
  let sum = 0;
  for (let pixel = 0, to = at; pixel < plane; pixel++)
    for (let k = 0; k < 3; k++, to++) {
      const value = (picture[pictureAt + k * plane + pixel] + 1) * STEPS;
      out[to] = value;
      sum += Math.abs(value);
    }
  return sum < MOST_MEAN * 3 * plane;
}

/** RGB bytes `[R, R, 3]` from `from` on as planes `[3, R, R]` in −1..1 from `at` on; R is even. */
export function writePlanes(
  rgb: Uint8Array,
  from: number,
  size: number,
  out: Float32Array,
  at: number,
): void {
  const values = 3 * size * size;
  pixelsKernel().planes(rgb.subarray(from, from + values), out.subarray(at, at + values));
}

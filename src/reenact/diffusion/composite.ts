import type { RgbaImage } from '../frame.ts';
import type { Backdrop } from '../geometric/backdrop.ts';
import type { FaceWindow } from './face-window.ts';
import { addInPlace } from './kernel/add-kernel.ts';

/**
 * Adds a window's change to the picture, in place. Where the window is as many pixels wide as the change they are added
 * one to one, else each pixel of the picture takes the bilinear mean of the change around its place.
 *
 * @param changes `[size, size, 3]` from `at` on, steps of 8-bit sRGB
 * @param weight 0 leaves the picture as it is, 1 adds all of the change
 * @param cover a factor for each pixel of the picture, where there is one
 */
export function addChange(
  image: RgbaImage,
  window: FaceWindow,
  changes: Float32Array,
  at: number,
  size: number,
  weight: number,
  cover: Float32Array | null = null,
): void {
  const { x, y, side } = window;
  const part = changes.subarray(at, at + size * size * 3);
  addInPlace(image, { x, y, side, changes: part, size, weight, cover });
}

/**
 * Puts a generated picture in place of the warped one, in part or whole; it is brought to the other's size. Before a flat
 * colour only its person is shown, as far as the warped person reaches.
 *
 * @param picture `[size, size, 3]` from `at` on, 0..255
 */
export function blendPicture(
  image: RgbaImage,
  picture: Float32Array,
  at: number,
  size: number,
  weight: number,
  backdrop: Backdrop | null = null,
): void {
  const pixels = clamped(image);
  const cover = backdrop?.opacity ?? null;
  for (let i = 0; i < pixels.length; i += 4) {
    const shown = cover === null ? 0 : weight * (1 - cover[i >> 2]);
    for (let k = 0; k < 3; k++)
      pixels[i + k] = pixels[i + k] * (1 - weight) + shown * (backdrop?.rgb[k] ?? 0);
  }
  // The rounding of the two halves differs by a step at most, and only while the tiers cross over.
  addChange(image, { x: 0, y: 0, side: image.width }, picture, at, size, weight, cover);
}

/** Rounds and clamps what is stored. */
function clamped({ data }: RgbaImage): Uint8ClampedArray {
  return new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
}

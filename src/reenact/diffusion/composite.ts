import type { RgbaImage } from '../frame.ts';
import type { Backdrop } from '../geometric/backdrop.ts';
import type { FaceWindow } from './face-window.ts';

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
  const pixels = clamped(image);
  if (window.side !== size) {
    addScaled(image, pixels, window, changes, at, size, weight, cover);
    return;
  }
  for (let y = 0, from = at; y < size; y++) {
    let to = ((window.y + y) * image.width + window.x) * 4;
    for (let x = 0; x < size; x++, from += 3, to += 4) {
      const part = cover === null ? weight : weight * cover[to >> 2];
      pixels[to] += part * changes[from];
      pixels[to + 1] += part * changes[from + 1];
      pixels[to + 2] += part * changes[from + 2];
    }
  }
}

function addScaled(
  image: RgbaImage,
  pixels: Uint8ClampedArray,
  window: FaceWindow,
  changes: Float32Array,
  at: number,
  size: number,
  weight: number,
  cover: Float32Array | null,
): void {
  const scale = size / window.side;
  for (let y = 0; y < window.side; y++) {
    const v = Math.min(size - 1, Math.max(0, (y + 0.5) * scale - 0.5));
    const top = Math.floor(v);
    const fy = v - top;
    const below = top + 1 < size ? size * 3 : 0;
    let to = ((window.y + y) * image.width + window.x) * 4;
    for (let x = 0; x < window.side; x++, to += 4) {
      const u = Math.min(size - 1, Math.max(0, (x + 0.5) * scale - 0.5));
      const left = Math.floor(u);
      const fx = u - left;
      const right = left + 1 < size ? 3 : 0;
      const p = at + (top * size + left) * 3;
      const part = cover === null ? weight : weight * cover[to >> 2];
      for (let k = 0; k < 3; k++) {
        const upper = changes[p + k] + (changes[p + right + k] - changes[p + k]) * fx;
        const lower = changes[p + below + k] + (changes[p + below + right + k] - changes[p + below + k]) * fx;
        pixels[to + k] += part * (upper + (lower - upper) * fy);
      }
    }
  }
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

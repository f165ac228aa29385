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
  for (let y = 0; y < size; y++) {
    const row = at + y * size * 3;
    const first = firstChange(changes, row, size);
    const last = lastChange(changes, row, size, first);
    let to = ((window.y + y) * image.width + window.x + first) * 4;
    let from = row + first * 3;
    for (let x = first; x < last; x++, from += 3, to += 4) {
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
  const { side } = window;
  const scale = size / side;
  // Every row looks at the same columns: where they lie is worked out once.
  const lefts = new Int32Array(side);
  const rights = new Int32Array(side);
  const parts = new Float64Array(side);
  for (let x = 0; x < side; x++) {
    const u = Math.min(size - 1, Math.max(0, (x + 0.5) * scale - 0.5));
    const left = Math.floor(u);
    lefts[x] = left * 3;
    rights[x] = Math.min(size - 1, left + 1) * 3;
    parts[x] = u - left;
  }
  for (let y = 0; y < side; y++) {
    const v = Math.min(size - 1, Math.max(0, (y + 0.5) * scale - 0.5));
    const top = Math.floor(v);
    const fy = v - top;
    const upper = at + top * size * 3;
    const lower = at + Math.min(size - 1, top + 1) * size * 3;
    const first = Math.min(firstChange(changes, upper, size), firstChange(changes, lower, size));
    const last = Math.max(lastChange(changes, upper, size, first), lastChange(changes, lower, size, first));
    let to = ((window.y + y) * image.width + window.x) * 4;
    for (let x = 0; x < side; x++, to += 4) {
      if (rights[x] < first * 3 || lefts[x] >= last * 3) continue;
      const fx = parts[x];
      const part = cover === null ? weight : weight * cover[to >> 2];
      const a = upper + lefts[x];
      const b = upper + rights[x];
      const c = lower + lefts[x];
      const d = lower + rights[x];
      pixels[to] += part * mixed(changes[a], changes[b], changes[c], changes[d], fx, fy);
      pixels[to + 1] += part * mixed(changes[a + 1], changes[b + 1], changes[c + 1], changes[d + 1], fx, fy);
      pixels[to + 2] += part * mixed(changes[a + 2], changes[b + 2], changes[c + 2], changes[d + 2], fx, fy);
    }
  }
}

/** How many pixels of a row from `at` on nothing is added to: a change is nothing outside the head. */
function firstChange(changes: Float32Array, at: number, size: number): number {
  let i = 0;
  while (i < size * 3 && changes[at + i] === 0) i++;
  return Math.floor(i / 3);
}

/** The end of a row's changes, not before `first`. */
function lastChange(changes: Float32Array, at: number, size: number, first: number): number {
  let i = size * 3;
  while (i > first * 3 && changes[at + i - 1] === 0) i--;
  return Math.ceil(i / 3);
}

/** The bilinear mean of four. */
function mixed(a: number, b: number, c: number, d: number, fx: number, fy: number): number {
  const upper = a + (b - a) * fx;
  const lower = c + (d - c) * fx;
  return upper + (lower - upper) * fy;
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

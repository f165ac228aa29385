import type { RgbaImage } from '../../frame.ts';
import { KernelMemory, keepKernel } from '../../kernel-memory.ts';

interface Exports {
  pick(pixel: number, out: number, end: number): void;
  across(row: number, offset: number, weight: number, out: number, end: number): void;
  down(upper: number, lower: number, part: number, out: number, end: number): void;
}

/** Parts of a pixel that a bilinear mean knows. */
const PARTS = 256;
/** Vectors go over the end of an array by less than this. */
const SLACK_BYTES = 16;

/** This thread's, for pictures of up to so many bytes and windows of up to so many pixels across. */
export const cutKernel = keepKernel(
  (pictureBytes: number, sizePx: number) => new CutKernel(pictureBytes, sizePx),
);

/** Where the columns of a window lie in rows of a picture. */
type Columns = readonly [from: number, side: number, sizePx: number, width: number];

/**
 * Cuts squares out of pictures and brings them to a size, bilinear, in WebAssembly (cut-kernel.wat): each row of the picture
 * once, then every two of those rows as often as the window has rows there.
 */
class CutKernel {
  /** Rows of the picture, RGBA. */
  private readonly picture: Uint8Array;
  /** `[sizePx, sizePx, 3]` RGB. */
  private readonly window: Uint8Array;
  /** Of the columns: where the left one of two pixels lies in its row, and what both count, each four times. */
  private readonly offsets: Int32Array;
  private readonly weights: Int32Array;
  private columns: Columns = [0, 0, 0, 0];
  /** The latest row of the picture with an even and an odd number, at the window's width. */
  private readonly wide: readonly [Uint8Array, Uint8Array];
  private readonly exports: Exports;

  constructor(pictureBytes: number, sizePx: number) {
    const wideBytes = 8 * sizePx + 2 * SLACK_BYTES;
    const bytes = pictureBytes + 3 * sizePx ** 2 + 20 * (sizePx + 1) + 2 * wideBytes + 2 * SLACK_BYTES;
    const memory = new KernelMemory(6, bytes);
    this.picture = memory.bytes(pictureBytes + SLACK_BYTES);
    this.window = memory.bytes(3 * sizePx ** 2 + SLACK_BYTES);
    this.offsets = memory.ints(sizePx + 1);
    this.weights = memory.ints(4 * (sizePx + 1));
    this.wide = [memory.bytes(wideBytes), memory.bytes(wideBytes)];
    this.exports = memory.instantiate(new URL('cut-kernel.wasm', import.meta.url)) as Exports;
  }

  /** @param out `[sizePx, sizePx, 3]` */
  cut(image: RgbaImage, x: number, y: number, side: number, sizePx: number, out: Uint8Array): void {
    const { width, height } = image;
    const whole = Number.isInteger(x) && Number.isInteger(y) && x >= 0 && y >= 0;
    if (side === sizePx && whole && x + side <= width && y + side <= height) this.copy(image, x, y, side);
    else this.scale(image, x, y, side, sizePx);
    out.set(this.window.subarray(0, 3 * sizePx ** 2));
  }

  private copy(image: RgbaImage, x: number, y: number, side: number): void {
    const { exports, picture, window } = this;
    this.load(image, y, y + side - 1);
    for (let row = 0; row < side; row++) {
      const to = window.byteOffset + row * side * 3;
      exports.pick(picture.byteOffset + (row * image.width + x) * 4, to, to + side * 3);
    }
  }

  private scale(image: RgbaImage, x: number, y: number, side: number, sizePx: number): void {
    const { exports, picture, window, offsets, weights, wide } = this;
    const { width, height } = image;
    this.placeColumns([x, side, sizePx, width]);
    const first = Math.floor(placeOf(0, y, side, sizePx, height));
    const lastPlace = Math.floor(placeOf(sizePx - 1, y, side, sizePx, height));
    this.load(image, first, Math.min(height - 1, lastPlace + 1));
    const held = [-1, -1];
    const widened = (row: number): number => {
      const slot = row & 1;
      const { byteOffset } = wide[slot];
      if (held[slot] !== row) {
        const from = picture.byteOffset + (row - first) * width * 4;
        exports.across(from, offsets.byteOffset, weights.byteOffset, byteOffset, byteOffset + 8 * sizePx);
        held[slot] = row;
      }
      return byteOffset;
    };
    for (let row = 0; row < sizePx; row++) {
      const place = placeOf(row, y, side, sizePx, height);
      const before = Math.floor(place);
      const part = Math.round((place - before) * PARTS);
      const upper = widened(before);
      const lower = part === 0 ? upper : widened(Math.min(height - 1, before + 1));
      const to = window.byteOffset + row * sizePx * 3;
      exports.down(upper, lower, part, to, to + sizePx * 3);
    }
  }

  private load({ width, data }: RgbaImage, first: number, last: number): void {
    this.picture.set(data.subarray(first * width * 4, (last + 1) * width * 4));
  }

  private placeColumns(columns: Columns): void {
    if (columns.every((value, i) => value === this.columns[i])) return;
    this.columns = columns;
    const { offsets, weights } = this;
    const [from, side, sizePx, width] = columns;
    for (let i = 0; i < sizePx; i++) {
      const place = placeOf(i, from, side, sizePx, width);
      const before = Math.floor(place);
      const near = Math.round((place - before) * PARTS);
      // Beside the last pixel of a row is none, and counts nothing.
      offsets[i] = before * 4;
      weights.fill((PARTS - near) * 0x10001, i * 4, i * 4 + 2);
      weights.fill(near * 0x10001, i * 4 + 2, i * 4 + 4);
    }
    offsets[sizePx] = 0;
  }
}

/** Where along one axis a pixel of a window lies in a picture. */
function placeOf(i: number, from: number, side: number, sizePx: number, length: number): number {
  return Math.min(length - 1, Math.max(0, from + ((i + 0.5) * side) / sizePx - 0.5));
}

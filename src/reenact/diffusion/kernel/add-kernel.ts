import type { RgbaImage } from '../../frame.ts';
import { KernelMemory, keepKernel } from '../../kernel-memory.ts';

interface Exports {
  add(pixel: number, end: number, change: number, part: number): void;
  between(upper: number, lower: number, part: number, out: number, end: number): void;
  stretch(row: number, column: number, out: number, end: number): void;
}

/** So many rows go through the kernel's memory at once: few enough for a processor's own. */
const BAND_ROWS = 32;
/** Pixels that are added to at once. */
const LANES = 4;
const PIXEL_BYTES = 4;
const CHANGE_BYTES = 12;

/** A change that is added to a square of a picture. */
export interface Addition {
  /** The square's left and top edge and its side, pixels of the picture. */
  readonly x: number;
  readonly y: number;
  readonly side: number;
  /** `[size, size, 3]` steps of 8-bit sRGB. */
  readonly changes: Float32Array;
  readonly size: number;
  readonly weight: number;
  /** A factor for each pixel of the picture, or null. */
  readonly cover: Float32Array | null;
}

const keptKernel = keepKernel(
  (width: number, changes: number, size: number, side: number) => new AddKernel(width, changes, size, side),
);

/** Adds a change, one to one or bilinear, in WebAssembly (add-kernel.wat). */
export function addInPlace(image: RgbaImage, addition: Addition): void {
  const { side, size } = addition;
  const rows = Math.ceil((BAND_ROWS * size) / side) + 2;
  keptKernel(image.width, rows * size, size, side).add(image, addition);
}

class AddKernel {
  /** A band of the picture, RGBA. */
  private readonly picture: Uint8Array;
  /** The rows of the change that it looks at. */
  private readonly changes: Float32Array;
  /** What each pixel of a row takes of its change. */
  private readonly parts: Float32Array;
  /** `[side, 2]` where a column's left change is in its row, bytes, and (as a float) how much nearer the right one is. */
  private readonly columns: Int32Array;
  private placed = { size: 0, side: 0 };
  /** A row of the change between two of its own, and that at the picture's columns, nothing behind the last one. */
  private readonly row: Float32Array;
  private readonly scaled: Float32Array;
  private readonly exports: Exports;

  /** @param changes pixels of a band's changes */
  constructor(width: number, changes: number, size: number, side: number) {
    const sizes = {
      picture: width * BAND_ROWS * PIXEL_BYTES + LANES * PIXEL_BYTES,
      // Whatever is read as one more float than there is.
      changes: changes * 3 + LANES,
      parts: side + LANES,
      columns: 2 * side,
      row: size * 3 + 2 * LANES,
      scaled: (side + LANES) * 3,
    };
    const floats = sizes.changes + sizes.parts + sizes.columns + sizes.row + sizes.scaled;
    const memory = new KernelMemory(6, sizes.picture + 4 * floats);
    this.picture = memory.bytes(sizes.picture);
    this.changes = memory.floats(sizes.changes);
    this.parts = memory.floats(sizes.parts);
    this.columns = memory.ints(sizes.columns);
    this.row = memory.floats(sizes.row);
    this.scaled = memory.floats(sizes.scaled);
    this.exports = memory.instantiate(new URL('add-kernel.wasm', import.meta.url)) as Exports;
  }

  add({ width, height, data }: RgbaImage, addition: Addition): void {
    const { exports, picture, parts } = this;
    const { x, y, side, changes, size, weight, cover } = addition;
    const rows = Math.min(side, height - y);
    parts.fill(weight, 0, side);
    // Vectors may reach beyond a row: there a row of its own ends with nothing.
    const direct = side === size && side % LANES === 0;
    if (!direct) this.placeColumns(size, side);
    for (let first = 0; first < rows; first += BAND_ROWS) {
      const last = Math.min(rows, first + BAND_ROWS) - 1;
      const at = (y + first) * width * PIXEL_BYTES;
      const band = picture.subarray(0, (last + 1 - first) * width * PIXEL_BYTES);
      band.set(data.subarray(at, at + band.length));
      const top = Math.floor(placeOf(first, size, side));
      const bottom = Math.min(size - 1, Math.floor(placeOf(last, size, side)) + 1);
      this.changes.set(changes.subarray(top * size * 3, (bottom + 1) * size * 3));
      for (let row = first; row <= last; row++) {
        const pixel = picture.byteOffset + ((row - first) * width + x) * PIXEL_BYTES;
        if (cover !== null)
          for (let i = 0, p = (y + row) * width + x; i < side; i++, p++) parts[i] = weight * cover[p];
        const change = direct
          ? this.changes.byteOffset + (row - top) * size * CHANGE_BYTES
          : this.scale(row, top, size, side);
        exports.add(pixel, pixel + side * PIXEL_BYTES, change, parts.byteOffset);
      }
      data.set(band, at);
    }
  }

  /** Where the change of a row of the picture is. @param top first of the change's rows that are there */
  private scale(row: number, top: number, size: number, side: number): number {
    const { exports, changes, columns } = this;
    const place = placeOf(row, size, side);
    const before = Math.floor(place);
    const upper = changes.byteOffset + (before - top) * size * CHANGE_BYTES;
    const lower = before < size - 1 ? upper + size * CHANGE_BYTES : upper;
    const between = this.row.byteOffset;
    const scaled = this.scaled.byteOffset;
    exports.between(upper, lower, place - before, between, between + size * CHANGE_BYTES);
    exports.stretch(between, columns.byteOffset, scaled, scaled + side * CHANGE_BYTES);
    this.scaled.fill(0, side * 3, (side + LANES) * 3);
    return scaled;
  }

  private placeColumns(size: number, side: number): void {
    if (this.placed.size === size && this.placed.side === side) return;
    this.placed = { size, side };
    const { columns } = this;
    const nearer = new Float32Array(columns.buffer, columns.byteOffset, columns.length);
    for (let i = 0; i < side; i++) {
      const place = placeOf(i, size, side);
      const left = Math.floor(place);
      columns[i * 2] = left * CHANGE_BYTES;
      nearer[i * 2 + 1] = place - left;
    }
  }
}

/** Where along one axis a pixel of the window lies in the change. */
function placeOf(i: number, size: number, side: number): number {
  return Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / side - 0.5));
}

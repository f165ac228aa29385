import { KernelMemory, keepKernel } from '../../kernel-memory.ts';

interface Exports {
  weigh(change: number, cover: number, value: number, end: number): void;
  boxSums(value: number, end: number, step: number, reach: number, sum: number): void;
  mix(change: number, cover: number, sum: number, end: number, whole: number, share: number): void;
}

/** Bytes of a value that is averaged: red, green and blue, then how much they count. */
const VALUE_BYTES = 16;
const CHANGE_BYTES = 12;

/** This thread's, for rows of so many floats together, and parts of them of so many pixels. */
export const lipsKernel = keepKernel((floats: number, pixels: number) => new LipsKernel(floats, pixels));

/** A part of some whole rows of a window. */
export interface RowsPart {
  /** Pixels of a row. */
  readonly size: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

export interface Smoothing {
  readonly radius: number;
  readonly passes: number;
  /** By which the weight of a place's surroundings is 1 where all of them count, and more the nearer the middle. */
  readonly whole: number;
  readonly share: number;
}

/** Averages changes behind the lips and mixes them with what they were, in WebAssembly (lips-kernel.wat). */
class LipsKernel {
  /** `[height, width]` how much of each pixel is behind the lips: written before {@link smooth}. */
  readonly covers: Float32Array;
  private readonly changes: Float32Array;
  private readonly values: Float32Array;
  private readonly sums: Float32Array;
  private readonly exports: Exports;

  constructor(floats: number, pixels: number) {
    // Changes are read as four floats: the last one, too.
    const memory = new KernelMemory(4, 4 * (floats + 1 + pixels * 9));
    this.changes = memory.floats(floats + 1);
    this.covers = memory.floats(pixels);
    this.values = memory.floats(pixels * 4);
    this.sums = memory.floats(pixels * 4);
    this.exports = memory.instantiate(new URL('lips-kernel.wasm', import.meta.url)) as Exports;
  }

  /** @param rows `[height, size, 3]` changes, in place */
  smooth(rows: Float32Array, part: RowsPart, { radius, passes, whole, share }: Smoothing): void {
    const { exports, changes, covers, values, sums } = this;
    const { size, left, width, height } = part;
    changes.set(rows);
    const pitch = width * VALUE_BYTES;
    const bytes = height * pitch;
    const [value, sum] = [values.byteOffset, sums.byteOffset];
    const change = (row: number): number => changes.byteOffset + (row * size + left) * CHANGE_BYTES;
    const cover = (row: number): number => covers.byteOffset + row * width * 4;
    for (let y = 0, at = value; y < height; y++, at += pitch)
      exports.weigh(change(y), cover(y), at, at + pitch);
    for (let pass = 0; pass < passes; pass++) {
      for (let at = 0; at < bytes; at += pitch)
        exports.boxSums(value + at, value + at + pitch, VALUE_BYTES, radius * VALUE_BYTES, sum + at);
      for (let at = 0; at < pitch; at += VALUE_BYTES)
        exports.boxSums(sum + at, sum + at + bytes, pitch, radius * pitch, value + at);
    }
    for (let y = 0, at = value; y < height; y++, at += pitch)
      exports.mix(change(y), cover(y), at, at + pitch, whole, share);
    rows.set(changes.subarray(0, rows.length));
  }
}

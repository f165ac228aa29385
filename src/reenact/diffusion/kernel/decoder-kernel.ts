import { KernelMemory, keepKernel } from '../../kernel-memory.ts';
import { RESIDUAL_VALUES, WEIGHT_VALUES } from '../pack/contract.ts';
import { bilinearColumns } from '../runtime/head-share.ts';

interface Exports {
  planes(pixel: number, out: number, plane: number): void;
  pack(pixel: number, out: number, end: number): void;
  magnitudes(value: number, end: number): number;
  widen(row: number, column: number, out: number, end: number): void;
  finite(value: number, end: number): number;
  patchRow(
    upper: number,
    lower: number,
    fy: number,
    fade: number,
    down: number,
    residual: number,
    weights: number,
    side: number,
    plane: number,
    window: number,
    out: number,
    end: number,
  ): number;
}

const MODULE = new URL('decoder-kernel.wasm', import.meta.url);
/** Vectors of bytes go over the end of an array by less than this, those of floats by less than one float more. */
const SLACK_BYTES = 16;
const SLACK_FLOATS = 4;
/** Pixels that become planes at once: a multiple of four. */
const BAND_PIXELS = 16384;
/** Rows of a change that are made at once, or as many as a square has. */
const BAND_ROWS = 16;

/** This thread's. */
export const pixelsKernel = keepKernel(() => new PixelsKernel());

let kept: PatchKernel | null = null;

/** This thread's, for pictures of `size` by `size` pixels, head shares of `mapSize` by `mapSize` and squares of `side` by `side`. */
export function patchKernel(size: number, mapSize: number, side: number): PatchKernel {
  if (kept?.size !== size || kept.mapSize !== mapSize || kept.side !== side)
    kept = new PatchKernel(size, mapSize, side);
  return kept;
}

/** Goes over pixels and values of whole pictures in WebAssembly (decoder-kernel.wat), band by band. */
class PixelsKernel {
  private readonly pixels: Uint8Array;
  private readonly floats: Float32Array;
  private readonly exports: Exports;

  constructor() {
    const memory = new KernelMemory(2, BAND_PIXELS * 15 + SLACK_BYTES);
    this.pixels = memory.bytes(BAND_PIXELS * 3 + SLACK_BYTES);
    this.floats = memory.floats(BAND_PIXELS * 3);
    this.exports = memory.instantiate(MODULE) as Exports;
  }

  /** @param rgb `[n, 3]`, n a multiple of four. @param out `[3, n]` −1..1 */
  planes(rgb: Uint8Array, out: Float32Array): void {
    const { exports, pixels, floats } = this;
    const plane = rgb.length / 3;
    for (let from = 0; from < plane; from += BAND_PIXELS) {
      const count = Math.min(BAND_PIXELS, plane - from);
      pixels.set(rgb.subarray(from * 3, (from + count) * 3));
      exports.planes(pixels.byteOffset, floats.byteOffset, count * 4);
      for (let k = 0; k < 3; k++) out.set(floats.subarray(k * count, (k + 1) * count), k * plane + from);
    }
  }

  /** @param rgb `[n, 3]`, n a multiple of four. @param out `[n]` red + 256 · green + 65536 · blue */
  pack(rgb: Uint8Array, out: Float32Array): void {
    const { exports, pixels, floats } = this;
    for (let from = 0; from < out.length; from += BAND_PIXELS) {
      const count = Math.min(BAND_PIXELS, out.length - from);
      pixels.set(rgb.subarray(from * 3, (from + count) * 3));
      exports.pack(pixels.byteOffset, floats.byteOffset, floats.byteOffset + count * 4);
      out.set(floats.subarray(0, count), from);
    }
  }

  /** Sum of the magnitudes of values, a multiple of four; no finite number where one of them is none. */
  magnitudes(values: Float32Array): number {
    const { exports, floats } = this;
    let sum = 0;
    for (let from = 0; from < values.length; from += floats.length) {
      const count = Math.min(floats.length, values.length - from);
      floats.set(values.subarray(from, from + count));
      sum += exports.magnitudes(floats.byteOffset, floats.byteOffset + count * 4);
    }
    return sum;
  }
}

/** What is made into a change, of one frame; see `Patches` and `HeadShare`. */
export interface PatchInputs {
  readonly residual: Float32Array;
  readonly weights: Float32Array;
  /** `[size, size, 3]` RGB of the warp. */
  readonly window: Uint8Array;
  /** `[size]` */
  readonly fade: Float32Array;
  /** `[mapSize, mapSize]` */
  readonly share: Float32Array;
}

/** Makes a change of a decoder's patches in WebAssembly (decoder-kernel.wat). */
class PatchKernel {
  /** What is in the kernel's memory at once: whole rows of squares, few enough for a processor's own memory. */
  private readonly bandRows: number;
  /** Of a band. */
  private readonly residual: Float32Array;
  private readonly weights: Float32Array;
  private readonly window: Uint8Array;
  private readonly out: Float32Array;
  private readonly fade: Float32Array;
  private readonly share: Float32Array;
  /** `[mapSize, size]` the share at the picture's columns. */
  private readonly wide: Float32Array;
  /** `[size, 2]` where a column's left share is in its row, bytes, and (as a float) how much nearer the right one is. */
  private readonly columns: Int32Array;
  /** Where the picture's rows, and likewise its columns, lie in the share. */
  private readonly places: ReturnType<typeof bilinearColumns>;
  private readonly exports: Exports;

  constructor(
    readonly size: number,
    readonly mapSize: number,
    readonly side: number,
  ) {
    this.bandRows = side * Math.max(1, Math.floor(BAND_ROWS / side));
    const pixels = this.bandRows * size;
    const floats = 8 * pixels + SLACK_FLOATS + 3 * size + mapSize * (mapSize + size) + 1;
    const memory = new KernelMemory(8, 4 * floats + 3 * pixels + SLACK_BYTES);
    this.residual = memory.floats(RESIDUAL_VALUES * pixels);
    this.weights = memory.floats(WEIGHT_VALUES * pixels);
    this.window = memory.bytes(3 * pixels + SLACK_BYTES);
    this.out = memory.floats(3 * pixels + SLACK_FLOATS);
    this.fade = memory.floats(size);
    // The last one has none beside it, which counts nothing.
    this.share = memory.floats(mapSize ** 2 + 1);
    this.wide = memory.floats(mapSize * size);
    this.columns = memory.ints(2 * size);
    const nearer = new Float32Array(this.columns.buffer, this.columns.byteOffset, 2 * size);
    this.places = bilinearColumns(mapSize, size);
    for (const [x, before] of this.places.before.entries()) {
      this.columns[x * 2] = before * 4;
      nearer[x * 2 + 1] = this.places.part[x];
    }
    this.exports = memory.instantiate(MODULE) as Exports;
  }

  /**
   * @param out `[size, size, 3]` steps of 8-bit sRGB
   * @returns sum of |red + green + blue|, infinite where a value of the residual is no finite number, wherever it is
   */
  write({ residual, weights, window, fade, share }: PatchInputs, out: Float32Array): number {
    const { exports, size, bandRows } = this;
    const { byteOffset: start } = this.residual;
    this.fade.set(fade);
    this.widen(share);
    let sum = 0;
    for (let first = 0; first < size; first += bandRows) {
      const end = Math.min(size, first + bandRows);
      const [from, to] = [first * size, end * size];
      this.residual.set(residual.subarray(from * RESIDUAL_VALUES, to * RESIDUAL_VALUES));
      this.weights.set(weights.subarray(from * WEIGHT_VALUES, to * WEIGHT_VALUES));
      this.window.set(window.subarray(from * 3, to * 3));
      if (!exports.finite(start, start + (to - from) * RESIDUAL_VALUES * 4)) sum = Number.POSITIVE_INFINITY;
      for (let y = first; y < end; y++) sum += this.writeRow(y, y - first, fade[y]);
      out.set(this.out.subarray(0, (to - from) * 3), from * 3);
    }
    return sum;
  }

  /** @param row of the band */
  private writeRow(y: number, row: number, fade: number): number {
    const { exports, size, mapSize, side, wide, places } = this;
    const [line, plane] = [side * 4, side * side * 4];
    const square = Math.floor(row / side) * (size / side) * plane;
    const within = (row % side) * line;
    const before = places.before[y];
    const to = this.out.byteOffset + row * size * 12;
    return exports.patchRow(
      wide.byteOffset + before * size * 4,
      wide.byteOffset + Math.min(mapSize - 1, before + 1) * size * 4,
      places.part[y],
      this.fade.byteOffset,
      fade,
      this.residual.byteOffset + square * RESIDUAL_VALUES + within,
      this.weights.byteOffset + square * WEIGHT_VALUES + within,
      line,
      plane,
      this.window.byteOffset + row * size * 3,
      to,
      to + size * 12,
    );
  }

  /** Brings the share to the picture's columns. */
  private widen(share: Float32Array): void {
    const { exports, size, mapSize, wide, columns } = this;
    this.share.set(share);
    for (let row = 0; row < mapSize; row++) {
      const to = wide.byteOffset + row * size * 4;
      exports.widen(this.share.byteOffset + row * mapSize * 4, columns.byteOffset, to, to + size * 4);
    }
  }
}

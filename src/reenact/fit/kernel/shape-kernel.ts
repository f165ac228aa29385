import { KernelMemory } from '../../kernel-memory.ts';

const ARRAYS = 5;

interface Exports {
  addRow(row: number, dx: number, dy: number, bytes: number, ax: number, ay: number): void;
  addTriangle(
    matrix: number,
    strideBytes: number,
    dx: number,
    dy: number,
    sizeBytes: number,
    weight: number,
  ): void;
}

/** The shape solver's inner loops in WebAssembly (shape-kernel.wat), in whose memory the arrays below lie. */
export class ShapeKernel {
  /** Unknowns that the faces share. */
  readonly size: number;
  /** Elements from one row of an array to the next. */
  readonly stride: number;
  /** `[stride]` motion of a landmark with each shared unknown, pixels; what is beyond `size` stays 0. */
  readonly dx: Float64Array;
  readonly dy: Float64Array;
  /** `[size, stride]` lower triangle. */
  readonly matrix: Float64Array;
  /** `[stride]`. */
  readonly right: Float64Array;
  /** `[rows, stride]`. */
  readonly coupling: Float64Array;
  private readonly exports: Exports;

  /** @param rows unknowns of a face's own, at most */
  constructor(size: number, rows: number) {
    this.size = size;
    this.stride = 2 * Math.ceil(size / 2);
    const memory = new KernelMemory(ARRAYS, 8 * this.stride * (size + rows + 3));
    this.dx = memory.doubles(this.stride);
    this.dy = memory.doubles(this.stride);
    this.matrix = memory.doubles(size * this.stride);
    this.right = memory.doubles(this.stride);
    this.coupling = memory.doubles(rows * this.stride);
    this.exports = memory.instantiate(new URL('shape-kernel.wasm', import.meta.url)) as Exports;
  }

  /** `matrix` += weight (dx dxᵀ + dy dyᵀ). */
  addToMatrix(weight: number): void {
    const { matrix, dx, dy } = this;
    this.exports.addTriangle(
      matrix.byteOffset,
      this.stride * 8,
      dx.byteOffset,
      dy.byteOffset,
      this.size * 8,
      weight,
    );
  }

  /** `right` += ax dx + ay dy. */
  addToRight(ax: number, ay: number): void {
    this.addRow(this.right.byteOffset, ax, ay);
  }

  /** Row `row` of `coupling` += ax dx + ay dy. */
  addToCoupling(row: number, ax: number, ay: number): void {
    this.addRow(this.coupling.byteOffset + row * this.stride * 8, ax, ay);
  }

  private addRow(at: number, ax: number, ay: number): void {
    this.exports.addRow(at, this.dx.byteOffset, this.dy.byteOffset, this.stride * 8, ax, ay);
  }
}

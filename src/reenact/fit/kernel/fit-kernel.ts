import { KernelMemory } from '../../kernel-memory.ts';
import { POSE_PARAMETERS } from '../face-parameters.ts';
import { type LandmarkColumns, landmarkColumns } from '../landmark-columns.ts';
import type { LandmarkRig } from '../landmark-rig.ts';
import { LANDMARK_COUNT } from '../types.ts';

/** Bytes of a term's row in the table, and of a row of `addOuter` (fit-kernel.wat). */
const TABLE_ROW_BYTES = 20;
const OUTER_ROW_BYTES = 24;
/** How many arrays the kernel takes, with room for more. */
const ARRAYS = 24;

interface Exports {
  expand(table: number, end: number, psi: number, out: number): void;
  unitColumns(table: number, end: number, projection: number, dx: number, dy: number): void;
  pull(table: number, end: number, force: number, gradient: number): void;
  addOuter(rows: number, end: number, weight: number, hessian: number, n: number): void;
  assemble(
    landmarks: number,
    columnStart: number,
    parameter: number,
    slot: number,
    weight: number,
    dx: number,
    dy: number,
    rows: number,
    hessian: number,
    n: number,
  ): void;
  factorise(matrix: number, n: number, strideBytes: number): number;
  substitute(factor: number, vector: number, n: number, strideBytes: number): void;
}

const kernels = new WeakMap<LandmarkRig, FitKernel>();

/** The kernel of a rig, made once. */
export function fitKernelOf(rig: LandmarkRig): FitKernel {
  let kernel = kernels.get(rig);
  if (kernel === undefined) kernels.set(rig, (kernel = new FitKernel(rig)));
  return kernel;
}

/**
 * The fit's inner loops over one rig in WebAssembly (fit-kernel.wat), in whose memory the rig's deltas and the arrays
 * below lie. All who fit with the rig share them: they hold what the latest call left, and nobody may count on them from
 * one fit to the next.
 */
export class FitKernel {
  readonly layout: LandmarkColumns;
  /** `[parameters]` read by `expand`: psi, then anything. */
  readonly parameters: Float64Array;
  /** `[terms, 3]` written by `expand`: Σ psi · delta of the term's units. */
  readonly moments: Float64Array;
  /** `[terms, 2, 3]` read by `unitColumns`: d pixel / d rest-frame moment. */
  readonly projection: Float64Array;
  /** `[columns + 1]` d pixel x and y / d parameter; `unitColumns` writes those of the units, and may spoil the next. */
  readonly dx: Float64Array;
  readonly dy: Float64Array;
  /** `[terms, 3]` read by `pull`: force on the rest-frame moment. */
  readonly force: Float64Array;
  /** `[parameters]` written by `pull`: Σ force · delta by unit. */
  readonly gradient: Float64Array;
  /** `[478]` read by `assemble`. */
  readonly weight: Float64Array;
  /** `[parameters]` read by `assemble`: 8 times the row of a parameter in the matrix, negative where it has none. */
  readonly slotBytes: Int32Array;
  /** `[n, n]` lower triangle that `assemble` and `addOuter` add to. */
  readonly hessian: Float64Array;
  /** `[n, stride]` what `factorise` and `substitute` work on. */
  readonly factor: Float64Array;
  /** `[n]` right side, then solution. */
  readonly solution: Float64Array;
  private readonly outerSlot: Int32Array;
  private readonly outerValue: Float64Array;
  private readonly table: Int32Array;
  private readonly columnStart: Int32Array;
  private readonly columnParameter: Int32Array;
  private readonly exports: Exports;

  constructor(rig: LandmarkRig) {
    this.layout = landmarkColumns(rig);
    const { columnStart, columns } = this.layout;
    const terms = rig.termWeight.length;
    const count = rig.expressionCount + POSE_PARAMETERS;
    const units = paddedUnits(rig);
    const deltas = paddedDeltas(rig);
    const bytes =
      8 * (deltas.values.length + terms * 12 + 2 * columns.length + 2 * count * count + 8 * count) +
      4 * (units.values.length + columns.length + terms * 5 + count) +
      16 * LANDMARK_COUNT;
    const memory = new KernelMemory(ARRAYS, bytes);
    this.parameters = memory.doubles(count);
    this.moments = memory.doubles(terms * 3);
    this.projection = memory.doubles(terms * 6);
    this.dx = memory.doubles(columns.length + 1);
    this.dy = memory.doubles(columns.length + 1);
    this.force = memory.doubles(terms * 3);
    this.gradient = memory.doubles(count);
    this.weight = memory.doubles(LANDMARK_COUNT);
    this.slotBytes = memory.ints(count);
    this.hessian = memory.doubles(count * count);
    this.factor = memory.doubles(count * count);
    this.solution = memory.doubles(count);
    this.outerValue = memory.doubles(count * 3);
    this.outerSlot = new Int32Array(this.outerValue.buffer, this.outerValue.byteOffset, count * 6);
    this.columnStart = memory.ints(LANDMARK_COUNT + 1);
    this.columnStart.set(columnStart);
    this.columnParameter = memory.ints(columns.length);
    this.columnParameter.set(Int32Array.from(columns, (parameter) => parameter * 4));
    const unitBytes = memory.ints(units.values.length);
    unitBytes.set(units.values.map((unit) => unit * 8));
    const deltaValues = memory.doubles(deltas.values.length);
    deltaValues.set(deltas.values);
    this.table = memory.ints(terms * 5);
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
      for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++)
        this.table.set(
          [
            unitBytes.byteOffset + units.start[landmark] * 4,
            units.start[landmark + 1] - units.start[landmark],
            deltaValues.byteOffset + deltas.start[term] * 8,
            columnStart[landmark] * 8,
            term === rig.termStart[landmark] ? 1 : 0,
          ],
          term * 5,
        );
    this.exports = memory.instantiate(new URL('fit-kernel.wasm', import.meta.url)) as Exports;
  }

  /** `moments` of all terms for the psi in `parameters`. */
  expand(): void {
    const { table, parameters, moments } = this;
    this.exports.expand(table.byteOffset, this.tableEnd, parameters.byteOffset, moments.byteOffset);
  }

  /** The units' part of `dx` and `dy` from `projection`. */
  unitColumns(): void {
    const { table, projection, dx, dy } = this;
    const { byteOffset } = projection;
    this.exports.unitColumns(table.byteOffset, this.tableEnd, byteOffset, dx.byteOffset, dy.byteOffset);
  }

  /** `gradient` of the units from `force`. */
  pull(): void {
    const { table, force, gradient } = this;
    gradient.fill(0);
    this.exports.pull(table.byteOffset, this.tableEnd, force.byteOffset, gradient.byteOffset);
  }

  /** `hessian` = Σ weight (dx dxᵀ + dy dyᵀ) over the landmarks' columns whose parameters have a row, of `n`. */
  assemble(n: number): void {
    this.hessian.fill(0, 0, n * n);
    this.exports.assemble(
      LANDMARK_COUNT,
      this.columnStart.byteOffset,
      this.columnParameter.byteOffset,
      this.slotBytes.byteOffset,
      this.weight.byteOffset,
      this.dx.byteOffset,
      this.dy.byteOffset,
      this.outerValue.byteOffset,
      this.hessian.byteOffset,
      n,
    );
  }

  /** Row `index` of what `addOuter` adds; `slot` must ascend with it. */
  setOuter(index: number, slot: number, x: number, y: number): void {
    this.outerSlot[index * 6] = slot * 8;
    this.outerValue[index * 3 + 1] = x;
    this.outerValue[index * 3 + 2] = y;
  }

  /** `hessian` += weight (x xᵀ + y yᵀ) of the first `used` rows set. */
  addOuter(used: number, weight: number, n: number): void {
    const { byteOffset } = this.outerValue;
    const end = byteOffset + used * OUTER_ROW_BYTES;
    this.exports.addOuter(byteOffset, end, weight, this.hessian.byteOffset, n);
  }

  /** As `factorise` of cholesky.ts, of the `n` rows of `factor`. */
  factorise(n: number, stride: number): boolean {
    return this.exports.factorise(this.factor.byteOffset, n, stride * 8) === 1;
  }

  /** As `substitute` of cholesky.ts, in `solution`. */
  substitute(n: number, stride: number): void {
    this.exports.substitute(this.factor.byteOffset, this.solution.byteOffset, n, stride * 8);
  }

  private get tableEnd(): number {
    return this.table.byteOffset + (this.table.length / 5) * TABLE_ROW_BYTES;
  }
}

/** The landmarks' units, each list made even with a unit whose delta is zero. */
function paddedUnits({ unitStart, units }: LandmarkRig): { start: number[]; values: number[] } {
  const start = [0];
  const values: number[] = [];
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
    values.push(...units.subarray(unitStart[landmark], unitStart[landmark + 1]));
    if (values.length % 2 === 1) values.push(0);
    start.push(values.length);
  }
  return { start, values };
}

/** The terms' deltas as `[3, units]`, padded likewise. */
function paddedDeltas(rig: LandmarkRig): { start: number[]; values: Float64Array } {
  const start: number[] = [];
  const values: number[] = [];
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
    const count = rig.unitStart[landmark + 1] - rig.unitStart[landmark];
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
      start.push(values.length);
      for (let axis = 0; axis < 3; axis++) {
        for (let k = 0; k < count; k++) values.push(rig.deltas[rig.deltaStart[term] + k * 3 + axis]);
        if (count % 2 === 1) values.push(0);
      }
    }
  }
  return { start, values: Float64Array.from(values) };
}

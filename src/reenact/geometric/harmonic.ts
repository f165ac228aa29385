import type { WarpGrid } from './grid.ts';

/** What `solveScreened` needs beside the grid. */
export interface ScreenedProblem {
  /** `[rows, columns]`; only those at known vertices are read. */
  readonly values: Float32Array;
  /** `[rows, columns]`, 1 where the value is given. */
  readonly known: Uint8Array;
  /** Distance over which the solution fades to zero, pixels; Infinity for Laplace's equation. */
  readonly fadePx: number;
  /** Sweeps of successive over-relaxation. */
  readonly sweeps: number;
}

/** Over-relaxation. */
const RELAXATION = 1.8;

/**
 * Solves the screened Laplace equation ∇²f = f / fade² on the grid's free vertices with the known ones held and
 * no flow through the picture's edges, by successive over-relaxation of the five-point finite-volume stencil.
 * Overwrites `values`, whose free vertices start from the mean of the known ones (Laplace) or zero (screened).
 */
export function solveScreened(grid: WarpGrid, problem: ScreenedProblem): Float32Array {
  const { columns, rows, xs, ys } = grid;
  const { values, known, fadePx, sweeps } = problem;
  startValues(values, known, Number.isFinite(fadePx));
  const screening = 1 / (fadePx * fadePx);
  // The stencil of each free vertex: what its neighbours to the west, east, north and south count, over their sum.
  const free: number[] = [];
  const stencil: number[] = [];
  for (let i = 0; i < rows * columns; i++) {
    if (known[i] === 1) continue;
    const row = (i / columns) | 0;
    const column = i - row * columns;
    const west = column > 0 ? xs[column] - xs[column - 1] : 0;
    const east = column < columns - 1 ? xs[column + 1] - xs[column] : 0;
    const north = row > 0 ? ys[row] - ys[row - 1] : 0;
    const south = row < rows - 1 ? ys[row + 1] - ys[row] : 0;
    const spanX = (west + east) / 2;
    const spanY = (north + south) / 2;
    const weights = [
      west > 0 ? spanY / west : 0,
      east > 0 ? spanY / east : 0,
      north > 0 ? spanX / north : 0,
      south > 0 ? spanX / south : 0,
    ];
    const total = weights.reduce((sum, weight) => sum + weight, screening * spanX * spanY);
    free.push(i);
    for (const weight of weights) stencil.push(weight / total);
  }
  const last = rows * columns - 1;
  for (let sweep = 0; sweep < sweeps; sweep++)
    for (let step = 0; step < free.length; step++) {
      // Back and forth, so that values travel the grid both ways.
      const k = sweep & 1 ? free.length - 1 - step : step;
      const i = free[k];
      // Beyond the grid's edges weights are zero, whatever stands there.
      const mean =
        stencil[k * 4] * values[Math.max(0, i - 1)] +
        stencil[k * 4 + 1] * values[Math.min(last, i + 1)] +
        stencil[k * 4 + 2] * values[Math.max(0, i - columns)] +
        stencil[k * 4 + 3] * values[Math.min(last, i + columns)];
      values[i] += RELAXATION * (mean - values[i]);
    }
  return values;
}

function startValues(values: Float32Array, known: Uint8Array, fades: boolean): void {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < known.length; i++)
    if (known[i] === 1) {
      sum += values[i];
      count++;
    }
  const start = fades || count === 0 ? 0 : sum / count;
  for (let i = 0; i < known.length; i++) if (known[i] !== 1) values[i] = start;
}

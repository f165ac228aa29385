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
  const relaxation = 1.8;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    // Back and forth, so that values travel the grid both ways.
    const backward = (sweep & 1) === 1;
    for (let step = 0; step < rows * columns; step++) {
      const i = backward ? rows * columns - 1 - step : step;
      if (known[i] === 1) continue;
      const row = (i / columns) | 0;
      const column = i - row * columns;
      const west = column > 0 ? xs[column] - xs[column - 1] : 0;
      const east = column < columns - 1 ? xs[column + 1] - xs[column] : 0;
      const north = row > 0 ? ys[row] - ys[row - 1] : 0;
      const south = row < rows - 1 ? ys[row + 1] - ys[row] : 0;
      const spanX = (west + east) / 2;
      const spanY = (north + south) / 2;
      let total = screening * spanX * spanY;
      let flow = 0;
      if (west > 0) {
        total += spanY / west;
        flow += (spanY / west) * values[i - 1];
      }
      if (east > 0) {
        total += spanY / east;
        flow += (spanY / east) * values[i + 1];
      }
      if (north > 0) {
        total += spanX / north;
        flow += (spanX / north) * values[i - columns];
      }
      if (south > 0) {
        total += spanX / south;
        flow += (spanX / south) * values[i + columns];
      }
      values[i] += relaxation * (flow / total - values[i]);
    }
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

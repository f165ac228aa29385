import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceTo } from './distance.ts';
import { buildGrid, gridTriangles } from './grid.ts';
import { boxMean, guidedFilter } from './guided-filter.ts';
import { solveScreened } from './harmonic.ts';
import { pullPush } from './inpaint.ts';
import { factorise, solveFactorised } from './linear-solve.ts';
import { addSpline, buildSpline } from './surface-spline.ts';

describe('the grid', () => {
  it('ascends from edge to edge, fine inside the focus and never coarser than allowed', () => {
    const at = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(at, at, (a, b) => {
        const focus = { left: Math.min(a, b), right: Math.max(a, b), top: 20, bottom: 40 };
        const { xs } = buildGrid(-10, 110, focus, { finePx: 2, coarsePx: 8 });
        if (xs[0] !== -10 || xs[xs.length - 1] !== 110) return false;
        for (let i = 1; i < xs.length; i++) {
          const step = xs[i] - xs[i - 1];
          if (!(step > 0) || step > 8.001) return false;
          if (xs[i - 1] >= focus.left && xs[i] <= focus.right && step > 2.001) return false;
        }
        return true;
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  it('makes two triangles of every cell that is kept', () => {
    const focus = { left: 2, right: 8, top: 2, bottom: 8 };
    const grid = buildGrid(0, 10, focus, { finePx: 2, coarsePx: 4 });
    const all = (grid.columns - 1) * (grid.rows - 1);
    expect(gridTriangles(grid, () => true).length).toBe(all * 6);
    expect(gridTriangles(grid, (column, row) => column > 0 || row > 0).length).toBe((all - 1) * 6);
  });
});

describe('the screened Laplace equation', () => {
  const grid = buildGrid(0, 60, { left: 20, right: 40, top: 20, bottom: 40 }, { finePx: 2, coarsePx: 6 });

  it('continues a linear field exactly between held edges, whatever the spacing', () => {
    const values = new Float32Array(grid.columns * grid.rows);
    const known = new Uint8Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const column = i % grid.columns;
      if (column !== 0 && column !== grid.columns - 1) continue;
      known[i] = 1;
      values[i] = 3 * grid.xs[column] + 1;
    }
    solveScreened(grid, { values, known, fadePx: Number.POSITIVE_INFINITY, sweeps: 600 });
    for (let i = 0; i < values.length; i++)
      expect(values[i]).toBeCloseTo(3 * grid.xs[i % grid.columns] + 1, 1);
  });

  it('dies out over the fading distance', () => {
    const values = new Float32Array(grid.columns * grid.rows);
    const known = new Uint8Array(values.length);
    for (let row = 0; row < grid.rows; row++) {
      known[row * grid.columns] = 1;
      values[row * grid.columns] = 1;
    }
    solveScreened(grid, { values, known, fadePx: 10, sweeps: 600 });
    const middle = Math.floor(grid.rows / 2) * grid.columns;
    for (let column = 0; column < grid.columns; column++)
      expect(values[middle + column]).toBeCloseTo(Math.exp(-grid.xs[column] / 10), 1);
  });
});

describe('pull-push', () => {
  it('keeps what is known and fills a hole from around it', () => {
    const rgb = new Float32Array(33 * 27 * 3).fill(80);
    const weight = new Float32Array(33 * 27).fill(1);
    for (let y = 8; y < 20; y++)
      for (let x = 8; x < 20; x++) {
        weight[y * 33 + x] = 0;
        rgb[(y * 33 + x) * 3] = 255;
      }
    const filled = pullPush(rgb, weight, 33, 27);
    for (const level of filled) expect(level).toBeCloseTo(80, 2);
  });
});

describe('distances', () => {
  it('are those to the nearest marked cell', () => {
    const field = new Uint8Array(20 * 15);
    field[7 * 20 + 4] = 1;
    const distance = distanceTo(field, 20, 15);
    expect(distance[7 * 20 + 4]).toBe(0);
    expect(distance[7 * 20 + 14]).toBeCloseTo(10, 5);
    expect(distance[10 * 20 + 7]).toBeCloseTo(3 * Math.SQRT2, 4);
    expect(distance[0]).toBeCloseTo(3 + 4 * Math.SQRT2, 4);
  });
});

describe('the guided filter', () => {
  it('sharpens a blurred mask along the edge of its guide', () => {
    const [width, height] = [40, 20];
    const rgb = Float32Array.from({ length: width * height * 3 }, (_, i) =>
      Math.floor(i / 3) % width < 20 ? 30 : 200,
    );
    const mask = Float32Array.from({ length: width * height }, (_, p) => (p % width < 20 ? 1 : 0));
    const refined = guidedFilter(rgb, boxMean(mask, width, height, 4), width, height, 6, 20);
    const row = 10 * width;
    expect(refined[row + 18] - refined[row + 21]).toBeGreaterThan(0.6);
  });
});

describe('solving', () => {
  it('inverts what it multiplied, pivots included', () => {
    const entry = fc.double({ min: -5, max: 5, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 16, maxLength: 16 }),
        fc.array(entry, { minLength: 4, maxLength: 4 }),
        (entries, x) => {
          const matrix = Float64Array.from(entries, (value, i) => value + (i % 5 === 1 ? 12 : 0));
          const right = Float64Array.from({ length: 4 }, (_, i) =>
            x.reduce((sum, value, j) => sum + matrix[i * 4 + j] * value, 0),
          );
          const solved = solveFactorised(factorise(Float64Array.from(matrix), 4), right);
          const missed = right.map((value, i) =>
            Math.abs(solved.reduce((sum, s, j) => sum + matrix[i * 4 + j] * s, 0) - value),
          );
          // Singular matrices have no answer to check.
          return (
            !solved.every(Number.isFinite) ||
            Math.max(...solved.map(Math.abs)) > 1e4 ||
            Math.max(...missed) < 1e-6
          );
        },
      ),
      { numRuns: 100, seed: 5 },
    );
  });

  it('passes a spline through its values and leaves points without share alone', () => {
    const centres = Float64Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0.6, 0.7, 0.2);
    const spline = buildSpline(centres, new Float64Array(5), 1);
    const values = Float64Array.from({ length: 15 }, (_, i) => Math.sin(i));
    const out = new Float32Array(18);
    addSpline(
      spline,
      values,
      Float32Array.of(...centres, 0.3, 0.3, 0.3),
      Float32Array.of(1, 1, 1, 1, 1, 0),
      out,
    );
    for (let i = 0; i < 15; i++) expect(out[i]).toBeCloseTo(values[i], 5);
    expect([...out.subarray(15)]).toEqual([0, 0, 0]);
  });
});

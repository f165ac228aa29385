import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../../scripts/compile-kernels.mjs';
import { factorise, substitute } from '../cholesky.ts';
import { fixtureEmbedding, fixtureHead } from '../fit-fixture.ts';
import { LandmarkRig } from '../landmark-rig.ts';
import { seededRandom } from '../seeded-random.ts';
import { LANDMARK_COUNT } from '../types.ts';
import { fitKernelOf } from './fit-kernel.ts';

const head = fixtureHead();
const rig = new LandmarkRig(head, fixtureEmbedding(head));
const kernel = fitKernelOf(rig);
const seed = fc.integer({ min: 1, max: 1e6 });

describe("the fit's kernel", () => {
  it('is what its source compiles to, byte for byte', async () => {
    const shipped = readFileSync(new URL('fit-kernel.wasm', import.meta.url));
    expect(Buffer.compare(await compileKernel(new URL('fit-kernel.wat', import.meta.url)), shipped)).toBe(0);
  });

  it('is made once a rig', () => {
    expect(fitKernelOf(rig)).toBe(kernel);
    expect(fitKernelOf(new LandmarkRig(head, fixtureEmbedding(head)))).not.toBe(kernel);
  });

  it('moves terms by their units, and pulls forces on them back, as the deltas say', () => {
    fc.assert(
      fc.property(seed, (seed) => {
        const random = seededRandom(seed);
        kernel.parameters.forEach((_, i) => {
          kernel.parameters[i] = random() - 0.5;
        });
        kernel.force.forEach((_, i) => {
          kernel.force[i] = random() - 0.5;
        });
        kernel.expand();
        kernel.pull();
        const moments = new Float64Array(kernel.moments.length);
        const gradient = new Float64Array(kernel.gradient.length);
        eachDelta((_, term, unit, delta) => {
          for (let axis = 0; axis < 3; axis++) {
            moments[term * 3 + axis] += kernel.parameters[unit] * delta[axis];
            gradient[unit] += kernel.force[term * 3 + axis] * delta[axis];
          }
        });
        expectClose(kernel.moments, moments, 1e-15);
        expectClose(kernel.gradient, gradient, 1e-13);
      }),
      { numRuns: 10 },
    );
  });

  it("fills in the units' columns", () => {
    const random = seededRandom(3);
    kernel.projection.forEach((_, i) => {
      kernel.projection[i] = random() - 0.5;
    });
    kernel.dx.fill(Number.NaN);
    kernel.dy.fill(Number.NaN);
    kernel.unitColumns();
    const { columnStart } = kernel.layout;
    const dx = new Float64Array(kernel.dx.length);
    const dy = new Float64Array(kernel.dy.length);
    const filled = new Set<number>();
    eachDelta((landmark, term, _, delta, k) => {
      const column = columnStart[landmark] + k;
      filled.add(column);
      for (let axis = 0; axis < 3; axis++) {
        dx[column] += kernel.projection[term * 6 + axis] * delta[axis];
        dy[column] += kernel.projection[term * 6 + 3 + axis] * delta[axis];
      }
    });
    const places = [...filled];
    expectClose(
      places.map((c) => kernel.dx[c]),
      places.map((c) => dx[c]),
      1e-15,
    );
    expectClose(
      places.map((c) => kernel.dy[c]),
      places.map((c) => dy[c]),
      1e-15,
    );
  });

  it('sums outer products of the columns that are free, landmarks of no weight left out', () => {
    fc.assert(
      fc.property(seed, fc.double({ min: 0, max: 1, noNaN: true }), (seed, share) => {
        const random = seededRandom(seed);
        const { columnStart, columns } = kernel.layout;
        let n = 0;
        kernel.slotBytes.forEach((_, i) => {
          kernel.slotBytes[i] = random() < share ? 8 * n++ : -8;
        });
        for (let i = 0; i < LANDMARK_COUNT; i++) kernel.weight[i] = random() < 0.2 ? 0 : random();
        for (let c = 0; c < columns.length; c++) {
          kernel.dx[c] = random() - 0.5;
          kernel.dy[c] = random() - 0.5;
        }
        kernel.hessian.fill(7);
        kernel.assemble(n);
        const plain = new Float64Array(n * n);
        for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
          for (let a = columnStart[landmark]; a < columnStart[landmark + 1]; a++)
            for (let b = columnStart[landmark]; b <= a; b++) {
              const row = kernel.slotBytes[columns[a]] / 8;
              const column = kernel.slotBytes[columns[b]] / 8;
              if (row < 0 || column < 0) continue;
              plain[row * n + column] +=
                kernel.weight[landmark] * (kernel.dx[a] * kernel.dx[b] + kernel.dy[a] * kernel.dy[b]);
            }
        expectClose(kernel.hessian.subarray(0, n * n), plain, 1e-12);
      }),
      { numRuns: 12 },
    );
  });

  it('factorises and solves as cholesky.ts does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 3 }), seed, (n, wider, seed) => {
        const random = seededRandom(seed);
        const stride = n + wider;
        const matrix = positiveDefinite(n, stride, random);
        const right = Float64Array.from({ length: n }, () => random() - 0.5);
        kernel.factor.set(matrix);
        kernel.solution.set(right);
        expect(kernel.factorise(n, stride)).toBe(true);
        kernel.substitute(n, stride);
        expect(factorise(matrix, n, stride)).toBe(true);
        substitute(matrix, right, n, stride);
        for (let row = 0; row < n; row++) {
          const at = row * stride;
          expectClose(kernel.factor.subarray(at, at + row + 1), matrix.subarray(at, at + row + 1), 1e-9);
        }
        expectClose(kernel.solution.subarray(0, n), right, 1e-9);
      }),
      { numRuns: 80 },
    );
  });

  it('refuses a matrix that is not positive definite, wherever that shows', () => {
    for (const n of [1, 2, 5, 6])
      for (let bad = 0; bad < n; bad++) {
        kernel.factor.fill(0);
        for (let i = 0; i < n; i++) kernel.factor[i * n + i] = i === bad ? -1 : 1;
        expect(kernel.factorise(n, n)).toBe(false);
      }
    kernel.factor[0] = Number.NaN;
    expect(kernel.factorise(1, 1)).toBe(false);
  });
});

/** Every delta of the rig: its landmark, term, unit, metres and place among the landmark's units. */
function eachDelta(
  visit: (landmark: number, term: number, unit: number, delta: Float64Array, k: number) => void,
): void {
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++)
      for (let k = 0; k < rig.unitStart[landmark + 1] - rig.unitStart[landmark]; k++) {
        const at = rig.deltaStart[term] + k * 3;
        visit(landmark, term, rig.units[rig.unitStart[landmark] + k], rig.deltas.subarray(at, at + 3), k);
      }
}

function positiveDefinite(n: number, stride: number, random: () => number): Float64Array {
  const b = Float64Array.from({ length: n * n }, () => random() - 0.5);
  const a = new Float64Array(n * stride);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      for (let k = 0; k < n; k++) a[i * stride + j] += b[i * n + k] * b[j * n + k];
      if (i === j) a[i * stride + j] += 0.1;
    }
  return a;
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, relative: number): void {
  let worst = 0;
  for (let i = 0; i < expected.length; i++)
    worst = Math.max(worst, Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i])));
  expect(actual.length).toBe(expected.length);
  expect(worst).toBeLessThanOrEqual(relative);
}

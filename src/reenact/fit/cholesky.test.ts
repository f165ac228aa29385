import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solveCholesky } from './cholesky.ts';
import { seededRandom } from './seeded-random.ts';

describe('Cholesky', () => {
  it('solves positive definite systems of any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
        const random = seededRandom(seed);
        const b = Float64Array.from({ length: n * n }, () => random() - 0.5);
        const a = new Float64Array(n * n);
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++) {
            for (let k = 0; k < n; k++) a[i * n + j] += b[i * n + k] * b[j * n + k];
            if (i === j) a[i * n + j] += 0.1;
          }
        const x = Float64Array.from({ length: n }, () => random() - 0.5);
        const right = x.map((_, i) => x.reduce((sum, value, j) => sum + a[i * n + j] * value, 0));
        expect(solveCholesky(a, right, n, n)).toBe(true);
        for (let i = 0; i < n; i++) expect(right[i]).toBeCloseTo(x[i], 6);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a matrix that is not positive definite', () => {
    expect(solveCholesky(Float64Array.of(1, 0, 2, 1), Float64Array.of(1, 1), 2, 2)).toBe(false);
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../../scripts/compile-kernels.mjs';
import { seededRandom } from '../seeded-random.ts';
import { ShapeKernel } from './shape-kernel.ts';

const ROWS = 3;

describe("the shape solver's kernel", () => {
  it('is what its source compiles to, byte for byte', async () => {
    const shipped = readFileSync(new URL('shape-kernel.wasm', import.meta.url));
    expect(Buffer.compare(await compileKernel(new URL('shape-kernel.wat', import.meta.url)), shipped)).toBe(
      0,
    );
  });

  it('adds what plain loops add, to the last bit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 9 }), (seed, size) => {
        const random = seededRandom(seed);
        const kernel = new ShapeKernel(size, ROWS);
        const matrix = new Float64Array(size * size);
        const right = new Float64Array(size);
        const coupling = new Float64Array(ROWS * size);
        for (let landmark = 0; landmark < 4; landmark++) {
          const dx = Float64Array.from({ length: size }, () => random() - 0.5);
          const dy = Float64Array.from({ length: size }, () => random() - 0.5);
          const [w, ex, ey] = [random(), random(), random()];
          kernel.dx.set(dx);
          kernel.dy.set(dy);
          kernel.addToMatrix(w);
          kernel.addToRight(ex, ey);
          kernel.addToCoupling(landmark % ROWS, ex, ey);
          for (let s = 0; s < size; s++) {
            right[s] += ex * dx[s] + ey * dy[s];
            coupling[(landmark % ROWS) * size + s] += ex * dx[s] + ey * dy[s];
            for (let t = 0; t <= s; t++) matrix[s * size + t] += w * dx[s] * dx[t] + w * dy[s] * dy[t];
          }
        }
        expect(kernel.right.subarray(0, size)).toEqual(right);
        for (let s = 0; s < size; s++) {
          const own = kernel.matrix.subarray(s * kernel.stride, s * kernel.stride + s + 1);
          expect(own).toEqual(matrix.subarray(s * size, s * size + s + 1));
        }
        for (let row = 0; row < ROWS; row++) {
          const own = kernel.coupling.subarray(row * kernel.stride, row * kernel.stride + size);
          expect(own).toEqual(coupling.subarray(row * size, (row + 1) * size));
        }
      }),
    );
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../../scripts/compile-kernels.mjs';
import { seededRandom } from '../../fit/seeded-random.ts';
import type { RgbaImage } from '../../frame.ts';
import { addChange } from '../composite.ts';
import type { FaceWindow } from '../face-window.ts';

/** Of a level, by which sums of single and of double precision may differ. */
const TOLERANCE = 1e-3;

describe('the kernel that adds changes', () => {
  it('is what its source compiles to, byte for byte', async () => {
    const shipped = readFileSync(new URL('add-kernel.wasm', import.meta.url));
    expect(Buffer.compare(await compileKernel(new URL('add-kernel.wat', import.meta.url)), shipped)).toBe(0);
  });

  it('rounds the sums of the plain loop, and touches nothing else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (size, otherSide, x, y, weight, covered) => {
          for (const side of [size, otherSide]) {
            const random = seededRandom(size * 100 + side);
            const width = x + side + 3;
            const height = y + side + 2;
            const image = {
              width,
              height,
              data: Uint8Array.from({ length: width * height * 4 }, () => random() * 256),
            };
            // Nothing at all in part of it, as beside a head.
            const changes = Float32Array.from({ length: 5 + size * size * 3 }, (_, i) =>
              i % 97 < 30 ? 0 : random() * 300 - 150,
            );
            const cover = covered ? Float32Array.from({ length: width * height }, random) : null;
            const sums = plainSums(image, { x, y, side }, changes.subarray(5), size, weight, cover);
            addChange(image, { x, y, side }, changes, 5, size, weight, cover);
            let wrong = 0;
            for (const [i, sum] of sums.entries())
              if (Math.abs(image.data[i] - Math.min(255, Math.max(0, sum))) > 0.5 + TOLERANCE) wrong++;
            expect(wrong).toBe(0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('rounds halves to even, keeps within a byte, and makes 0 of what is no number', () => {
    const data = new Uint8Array(4 * 4 * 4).fill(100);
    const changes = new Float32Array(4 * 4 * 3);
    changes.set([0.5, 1.5, -0.5, 1e30, -1e30, Number.NaN, 155.4, 155.6, -100.4, 1e-3]);
    addChange({ width: 4, height: 4, data }, { x: 0, y: 0, side: 4 }, changes, 0, 4, 1);
    const expected = new Uint8Array(data.length).fill(100);
    expected.set([100, 102, 100, 100, 255, 0, 0, 100, 255, 255, 0, 100, 100]);
    expect(data).toEqual(expected);
  });
});

/** What the picture's values would be were they not rounded. */
function plainSums(
  { width, height, data }: RgbaImage,
  window: FaceWindow,
  changes: Float32Array,
  size: number,
  weight: number,
  cover: Float32Array | null,
): Float64Array {
  const sums = Float64Array.from(data);
  const along = (i: number): [number, number, number] => {
    const place = Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / window.side - 0.5));
    const before = Math.floor(place);
    return [before, Math.min(size - 1, before + 1), place - before];
  };
  for (let y = 0; y < Math.min(window.side, height - window.y); y++)
    for (let x = 0; x < window.side; x++)
      for (let k = 0; k < 3; k++) {
        const [left, right, fx] = along(x);
        const [top, bottom, fy] = along(y);
        const at = (column: number, row: number): number => changes[(row * size + column) * 3 + k];
        const mean =
          (at(left, top) * (1 - fx) + at(right, top) * fx) * (1 - fy) +
          (at(left, bottom) * (1 - fx) + at(right, bottom) * fx) * fy;
        const pixel = (window.y + y) * width + window.x + x;
        sums[pixel * 4 + k] += weight * (cover === null ? 1 : cover[pixel]) * mean;
      }
  return sums;
}

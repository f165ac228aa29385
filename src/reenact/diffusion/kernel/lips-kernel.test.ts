import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../../scripts/compile-kernels.mjs';
import { seededRandom } from '../../fit/seeded-random.ts';
import { type LipOpening, smoothBehindLips } from '../behind-lips.ts';
import type { FaceWindow } from '../face-window.ts';

describe('the kernel that smooths behind the lips', () => {
  it('is what its source compiles to, byte for byte', async () => {
    const shipped = readFileSync(new URL('lips-kernel.wasm', import.meta.url));
    expect(Buffer.compare(await compileKernel(new URL('lips-kernel.wat', import.meta.url)), shipped)).toBe(0);
  });

  it('gives the numbers of the plain sums, wherever the mouth is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom(8, 40, 96),
        fc.double({ min: 20, max: 150, noNaN: true }),
        fc.integer({ min: -30, max: 110 }),
        fc.integer({ min: -30, max: 110 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 20 }),
        (seed, size, side, left, top, columns, rows) => {
          const random = seededRandom(seed);
          const changes = Float32Array.from({ length: 4 + size * size * 3 }, () => random() * 200 - 100);
          const cover = Float32Array.from({ length: columns * rows }, () => Math.min(1, random() * 2));
          const window = { x: 3, y: 5, side };
          const opening = { left: left + 3, top: top + 5, columns, rows, cover };
          const expected = plainSmooth(changes.subarray(4), size, window, opening);
          smoothBehindLips(changes, 4, size, window, opening);
          let most = 0;
          for (const [i, value] of expected.entries())
            most = Math.max(most, Math.abs(value - changes[4 + i]));
          expect(most).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Every sum by itself: twice those of a square is what counts by a triangle's height across and down. */
function plainSmooth(
  changes: Float32Array,
  size: number,
  window: FaceWindow,
  opening: LipOpening,
): Float64Array {
  const radius = Math.max(1, Math.round((6 * size) / 256));
  const scale = size / window.side;
  const covers = Float64Array.from({ length: size * size }, (_, i) => {
    const column = Math.floor(window.x + ((i % size) + 0.5) / scale) - opening.left;
    const row = Math.floor(window.y + (Math.floor(i / size) + 0.5) / scale) - opening.top;
    const inside = column >= 0 && row >= 0 && column < opening.columns && row < opening.rows;
    return inside ? opening.cover[row * opening.columns + column] : 0;
  });
  // How often one place of a line counts at another, through both passes; both stay within the part around the opening.
  const counts = (from: number, length: number): ((a: number, b: number) => number) => {
    const first = Math.max(0, Math.floor(from * scale) - 2 * radius);
    const last = Math.min(size, Math.ceil((from + length) * scale) + 2 * radius);
    return (a, b) => {
      let found = 0;
      for (let i = Math.max(first, a - radius); i <= Math.min(last - 1, a + radius); i++)
        if (Math.abs(i - b) <= radius) found++;
      return a >= first && a < last ? found : 0;
    };
  };
  const across = counts(opening.left - window.x, opening.columns);
  const down = counts(opening.top - window.y, opening.rows);
  const out = Float64Array.from(changes);
  const whole = 4 / (2 * radius + 1) ** 4;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const sums = [0, 0, 0, 0];
      for (let v = Math.max(0, y - 2 * radius); v <= Math.min(size - 1, y + 2 * radius); v++)
        for (let u = Math.max(0, x - 2 * radius); u <= Math.min(size - 1, x + 2 * radius); u++) {
          const i = v * size + u;
          if (covers[i] === 0) continue;
          const weight = covers[i] * across(x, u) * down(y, v);
          for (let k = 0; k < 3; k++) sums[k] += weight * changes[i * 3 + k];
          sums[3] += weight;
        }
      if (sums[3] === 0) continue;
      const cover = covers[y * size + x];
      const away = Math.min(1 - cover, Math.max(0, 1 - sums[3] * whole));
      for (let k = 0; k < 3; k++)
        out[(y * size + x) * 3 + k] =
          (0.5 + 0.5 * away) * changes[(y * size + x) * 3 + k] + 0.5 * cover * (sums[k] / sums[3]);
    }
  return out;
}

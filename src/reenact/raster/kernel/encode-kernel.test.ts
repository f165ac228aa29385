import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../../scripts/compile-kernels.mjs';
import { seededRandom } from '../../fit/seeded-random.ts';
import { encodeKernel } from './encode-kernel.ts';

const OCTAVES = 7;
const RADIANS = 8;

describe('the kernel of positional encodings', () => {
  it('is what its source compiles to, byte for byte', async () => {
    const shipped = readFileSync(new URL('encode-kernel.wasm', import.meta.url));
    const source = new URL('encode-kernel.wat', import.meta.url);
    expect(Buffer.compare(await compileKernel(source), shipped)).toBe(0);
  });

  it('gives sine and cosine of every octave, and zero elsewhere', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 4, max: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, plane, share) => {
          const random = seededRandom(seed);
          const pixels = Int32Array.from({ length: plane }, (_, pixel) => pixel).filter(
            () => random() < share,
          );
          const count = pixels.length;
          const places = Float64Array.from({ length: count * 3 }, () => 0.8 * (random() - 0.5));
          const out = new Float32Array(5 + 6 * OCTAVES * plane).fill(7);
          encodeKernel(plane, 2 * OCTAVES).encode(
            places,
            pixels,
            count,
            RADIANS,
            OCTAVES,
            out.subarray(5),
            plane,
          );
          const expected = new Float32Array(out.length);
          expected.fill(7, 0, 5);
          for (let i = 0; i < count; i++)
            for (let axis = 0; axis < 3; axis++)
              for (let k = 0; k < OCTAVES; k++) {
                const angle = 2 ** k * RADIANS * places[i * 3 + axis];
                const at = 5 + (axis * 2 * OCTAVES + 2 * k) * plane + pixels[i];
                expected[at] = Math.sin(angle);
                expected[at + plane] = Math.cos(angle);
              }
          const worst = out.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
          expect(worst).toBeLessThan(1e-7);
        },
      ),
      { numRuns: 60 },
    );
  });
});

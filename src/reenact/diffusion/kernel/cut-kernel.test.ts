import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../../scripts/compile-kernels.mjs';
import { seededRandom } from '../../fit/seeded-random.ts';
import type { RgbaImage } from '../../frame.ts';
import { cutWindow, type FaceWindow } from '../face-window.ts';

describe('the kernel that cuts windows', () => {
  it('is what its source compiles to, byte for byte', async () => {
    const shipped = readFileSync(new URL('cut-kernel.wasm', import.meta.url));
    expect(Buffer.compare(await compileKernel(new URL('cut-kernel.wat', import.meta.url)), shipped)).toBe(0);
  });

  it('gives the numbers of the plain loop, bit for bit, whatever is cut out of what', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 1, max: 60, noNaN: true }),
        fc.integer({ min: -4, max: 40 }),
        fc.integer({ min: -4, max: 40 }),
        fc.boolean(),
        (width, height, sizePx, fraction, x, y, whole) => {
          const image = noise(width, height);
          const window = { x, y, side: whole ? Math.round(fraction) : fraction };
          for (const side of [window.side, sizePx]) {
            const found = cutWindow(image, { ...window, side }, new Uint8Array(sizePx ** 2 * 3), sizePx);
            expect(found).toEqual(plainCut(image, { ...window, side }, sizePx));
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

function noise(width: number, height: number): RgbaImage {
  const random = seededRandom(width * 100 + height);
  return { width, height, data: Uint8Array.from({ length: width * height * 4 }, () => random() * 256) };
}

/** Means across and down in 1/256 of a pixel; red and blue are rounded to levels in between. */
function plainCut({ width, height, data }: RgbaImage, window: FaceWindow, sizePx: number): Uint8Array {
  const out = new Uint8Array(sizePx ** 2 * 3);
  const along = (i: number, from: number, length: number): [number, number, number] => {
    const place = Math.min(length - 1, Math.max(0, from + ((i + 0.5) * window.side) / sizePx - 0.5));
    const before = Math.floor(place);
    return [before, Math.min(length - 1, before + 1), Math.round((place - before) * 256)];
  };
  for (let py = 0; py < sizePx; py++)
    for (let px = 0; px < sizePx; px++)
      for (let k = 0; k < 3; k++) {
        const [left, right, near] = along(px, window.x, width);
        const [upper, lower, down] = along(py, window.y, height);
        const across = (row: number): number => {
          const [a, b] = [data[(row * width + left) * 4 + k], data[(row * width + right) * 4 + k]];
          const sum = a * (256 - near) + b * near;
          return k === 1 ? sum : ((sum + 128) >> 8) * 256;
        };
        out[(py * sizePx + px) * 3 + k] = (across(upper) * (256 - down) + across(lower) * down + 32768) >> 16;
      }
  return out;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import { boxAround, meanSquaredError, psnrDb } from './picture-quality.ts';

const WIDTH = 7;
const HEIGHT = 5;
const picture = fc
  .uint8Array({ minLength: WIDTH * HEIGHT * 4, maxLength: WIDTH * HEIGHT * 4 })
  .map((data): RgbaImage => ({ width: WIDTH, height: HEIGHT, data }));

function flat(value: number, alpha = 255): RgbaImage {
  const data = new Uint8Array(WIDTH * HEIGHT * 4).fill(value);
  for (let at = 3; at < data.length; at += 4) data[at] = alpha;
  return { width: WIDTH, height: HEIGHT, data };
}

describe('picture quality', () => {
  it('knows the values that everybody knows', () => {
    expect(psnrDb(meanSquaredError(flat(0), flat(255)))).toBeCloseTo(0, 9);
    // One level off everywhere.
    expect(psnrDb(meanSquaredError(flat(10), flat(11)))).toBeCloseTo(48.1308, 4);
    expect(psnrDb(meanSquaredError(flat(10), flat(10)))).toBe(60);
  });

  it('leaves alpha out', () => {
    expect(meanSquaredError(flat(10, 0), flat(10, 255))).toBe(0);
  });

  it('is the mean over the parts, weighted by their size', () => {
    fc.assert(
      fc.property(picture, picture, fc.integer({ min: 1, max: WIDTH - 1 }), (a, b, split) => {
        const left = meanSquaredError(a, b, { left: -3, top: -1, right: split, bottom: HEIGHT + 9 });
        const right = meanSquaredError(a, b, { left: split, top: 0, right: WIDTH, bottom: HEIGHT });
        expect((left * split + right * (WIDTH - split)) / WIDTH).toBeCloseTo(meanSquaredError(a, b), 6);
      }),
    );
  });

  it('gives nothing for a box beside the picture, and refuses other sizes', () => {
    expect(meanSquaredError(flat(1), flat(2), { left: 50, top: 0, right: 60, bottom: 5 })).toBeNaN();
    const other = { width: 1, height: 1, data: new Uint8Array(4) };
    expect(() => meanSquaredError(flat(1), other)).toThrow(RangeError);
  });

  it('grows a box by a share of its longer side', () => {
    const landmarks = [0, 0, 0, 10, 20, 0, 30, 24, 0];
    expect(boxAround(landmarks, [1, 2], 0.5)).toEqual({ left: 0, top: 10, right: 40, bottom: 34 });
  });
});

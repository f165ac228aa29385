import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawTimeMark, readTimeMark, TIME_MARK_MODULUS, timeMarkAgeMs } from './time-mark.ts';

function grey(width: number, height: number) {
  return { width, height, data: new Uint8Array(width * height * 4).fill(120) };
}

describe('time marks', () => {
  it('are read as they were drawn, at any size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2e12 }),
        fc.integer({ min: 120, max: 700 }),
        fc.integer({ min: 60, max: 200 }),
        (timeMs, width, height) => {
          const picture = grey(width, height);
          drawTimeMark(picture, timeMs);
          expect(readTimeMark(picture)).toBe(timeMs % TIME_MARK_MODULUS);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are not seen where there are none, nor where a bit is wrong', () => {
    expect(readTimeMark(grey(512, 512))).toBeNull();
    const picture = grey(512, 512);
    let seed = 3;
    for (let i = 0; i < picture.data.length; i++)
      picture.data[i] = (seed = (seed * 48271) % 2147483647) & 255;
    expect(readTimeMark(picture)).toBeNull();
    for (let cell = 2; cell < 34; cell++) {
      const flipped = grey(34 * 8, 240);
      drawTimeMark(flipped, 123_456_789);
      for (let y = 0; y < 10; y++)
        for (let x = cell * 8; x < cell * 8 + 8; x++) {
          const at = (y * flipped.width + x) * 4;
          flipped.data[at + 1] = 255 - flipped.data[at + 1];
        }
      expect(readTimeMark(flipped), `cell ${cell}`).toBeNull();
    }
  });

  it('give an age across the wrap', () => {
    expect(timeMarkAgeMs(TIME_MARK_MODULUS - 5, TIME_MARK_MODULUS * 3 + 20)).toBe(25);
    expect(timeMarkAgeMs(30, 10)).toBe(-20);
  });
});

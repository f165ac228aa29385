import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCode, encodeLinear, hex, linearToSrgb, srgbToLinear, toneMap } from './colour.ts';

describe('colour', () => {
  it('encodes every decoded code back to itself', () => {
    for (let code = 0; code < 256; code++) expect(encodeLinear(decodeCode(code))).toBe(code);
  });

  it('inverts sRGB', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (value) => {
        expect(linearToSrgb(srgbToLinear(value))).toBeCloseTo(value, 9);
      }),
    );
  });

  it('reads hexadecimal colours channel by channel', () => {
    expect(hex('#ff0080')).toEqual([1, 0, decodeCode(128)]);
  });

  it('maps tones without turning back, without clipping in one step, and below white', () => {
    let before = -1;
    for (let value = 0; value < 20; value += 0.01) {
      const mapped = toneMap(value);
      expect(mapped).toBeGreaterThanOrEqual(before);
      before = mapped;
    }
    expect(toneMap(0.5)).toBe(0.5);
    expect(toneMap(1.5)).toBeLessThan(1);
    expect(toneMap(-1)).toBe(0);
  });
});

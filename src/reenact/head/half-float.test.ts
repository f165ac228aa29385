import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHalfFloats, encodeHalfFloats } from './half-float.ts';

const through = (value: number) => decodeHalfFloats(encodeHalfFloats([value]))[0];

test('every finite half goes through a float and back unchanged', () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, bits) => bits).filter(
    (bits) => (bits & 0x7c00) !== 0x7c00,
  );
  expect(encodeHalfFloats(decodeHalfFloats(halves))).toEqual(halves);
});

test('rounding goes to the nearest half', () => {
  fc.assert(
    fc.property(fc.double({ min: -65504, max: 65504, noNaN: true }), (value) => {
      const step = Math.max(2 ** -24, 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 10));
      expect(Math.abs(through(value) - Math.fround(value))).toBeLessThanOrEqual(step / 2);
    }),
  );
});

test('ties go to the even half, and what is too great to infinity', () => {
  expect(through(1 + 2 ** -11)).toBe(1);
  expect(through(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
  expect(through(65520)).toBe(Number.POSITIVE_INFINITY);
  expect(through(-1e30)).toBe(Number.NEGATIVE_INFINITY);
  expect(through(Number.NaN)).toBeNaN();
});

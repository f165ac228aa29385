import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chroma, keyPixel, luma, parseColour, type Rgb } from './chroma-key.ts';

const GREEN = parseColour('#00b140');
const part = fc.double({ min: 0, max: 1, noNaN: true });
const colour = fc.tuple(part, part, part) as fc.Arbitrary<Rgb>;

test('colours are read from hex', () => {
  expect(parseColour('#ff8000')).toEqual([1, 128 / 255, 0]);
  expect(parseColour('red')).toEqual([0, 0, 0]);
});

test('the key colour is gone, also as a codec leaves it', () => {
  expect(keyPixel(GREEN, GREEN).alpha).toBe(0);
  const off: Rgb = [GREEN[0] + 0.04, GREEN[1] - 0.04, GREEN[2] + 0.04];
  expect(keyPixel(off, GREEN).alpha).toBe(0);
});

test('skin, hair and clothes stay as they are', () => {
  for (const hex of [
    '#e0ac69',
    '#8d5524',
    '#1b1411',
    '#f5f5f5',
    '#a63a44',
    '#2f5f9f',
    '#f2b01e',
    '#7c3fb0',
  ]) {
    const kept = keyPixel(parseColour(hex), GREEN);
    expect(kept.alpha, hex).toBeGreaterThan(0.99);
    parseColour(hex).forEach((value, i) => {
      expect(kept.colour[i], hex).toBeCloseTo(value, 2);
    });
  }
});

test('a mixed edge is partly there and has lost the green of its hue', () => {
  const hair = parseColour('#2a1d14');
  const edge = hair.map((value, i) => 0.5 * value + 0.5 * GREEN[i]) as unknown as Rgb;
  const { alpha, colour: clean } = keyPixel(edge, GREEN);
  expect(alpha).toBeGreaterThan(0);
  expect(alpha).toBeLessThan(1);
  expect(clean[1]).toBeLessThanOrEqual(Math.max(clean[0], clean[2]) + 0.02);
});

test('alpha lies between 0 and 1, and luma stays unless a channel is clipped', () => {
  fc.assert(
    fc.property(colour, colour, (pixel, key) => {
      const { alpha, colour: clean } = keyPixel(pixel, key);
      expect(alpha).toBeGreaterThanOrEqual(0);
      expect(alpha).toBeLessThanOrEqual(1);
      if (clean.every((value) => value > 0 && value < 1)) expect(luma(clean)).toBeCloseTo(luma(pixel), 4);
    }),
  );
});

test('grey has no chroma', () => {
  fc.assert(
    fc.property(part, (grey) => {
      for (const axis of chroma([grey, grey, grey])) expect(axis).toBeCloseTo(0, 9);
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import type { Rgb } from '../generator.ts';
import { backdropOf, contrastTo } from './backdrop.ts';

const level = fc.integer({ min: 0, max: 255 });
const colour = fc.tuple(level, level, level);

function pixel([red, green, blue]: Rgb): RgbaImage {
  return { width: 1, height: 1, data: Uint8Array.of(red, green, blue, 255) };
}

test('a person’s opacity is found from the same person before two colours', () => {
  fc.assert(
    fc.property(colour, colour, fc.double({ min: 0, max: 1, noNaN: true }), (person, rgb, covers) => {
      const other = contrastTo(rgb);
      const before = (behind: Rgb): RgbaImage =>
        pixel([0, 1, 2].map((k) => Math.round(covers * person[k] + (1 - covers) * behind[k])) as never);
      const { opacity } = backdropOf(before(rgb), rgb, before(other), other);
      // Bytes are rounded, in two pictures, and differ by 127 at least.
      expect(Math.abs(opacity[0] - covers)).toBeLessThan(0.008);
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planTiles, wholePicture } from './tiles.ts';

describe('planTiles', () => {
  it('shows every face of 80 px or more whole, at 0.15 to 0.9 of some square', () => {
    const scene = fc
      .record({
        width: fc.integer({ min: 200, max: 4096 }),
        height: fc.integer({ min: 200, max: 4096 }),
        size: fc.double({ min: 0, max: 1, noNaN: true }),
        left: fc.double({ min: 0, max: 1, noNaN: true }),
        top: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ width, height, size, left, top }) => {
        const side = 80 + size * (Math.min(width, height) - 80);
        return { width, height, side, x: left * (width - side), y: top * (height - side) };
      });
    fc.assert(
      fc.property(scene, ({ width, height, side, x, y }) => {
        const seen = planTiles(width, height, 80).some((tile) => {
          const share = side / tile.sizePx;
          const whole =
            x >= tile.x - 1e-6 &&
            y >= tile.y - 1e-6 &&
            x + side <= tile.x + tile.sizePx + 1e-6 &&
            y + side <= tile.y + tile.sizePx + 1e-6;
          return whole && share >= 0.15 && share <= 0.9;
        });
        expect(seen).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('starts with the whole picture and needs little more for a small one', () => {
    const tiles = planTiles(512, 480, 80);
    expect(tiles[0]).toEqual(wholePicture(512, 480));
    expect(tiles[0]).toEqual({ x: 0, y: -16, sizePx: 512 });
    expect(tiles.length).toBe(2);
  });

  it('stays bounded on a 4K picture', () => {
    expect(planTiles(3840, 2160, 80).length).toBeLessThan(150);
  });
});

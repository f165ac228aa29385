import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoverageMask, smoothLine } from './polygon.ts';

function area(mask: CoverageMask): number {
  let sum = 0;
  for (let i = 0; i < (mask.right - mask.left) * (mask.bottom - mask.top); i++) sum += mask.data[i];
  return sum;
}

describe('coverage of a polygon', () => {
  it('adds up to the area of any clockwise triangle', () => {
    const at = fc.double({ min: 2, max: 30, noNaN: true });
    const mask = new CoverageMask(32, 32);
    fc.assert(
      fc.property(at, at, at, at, at, at, (ax, ay, bx, by, cx, cy) => {
        const signed = ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2;
        mask.fill(Float32Array.of(ax, ay, bx, by, cx, cy), 3);
        // Four sub-rows a pixel: the error is a fraction of the outline's height.
        return Math.abs(area(mask) - Math.max(0, signed)) < 1.5;
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('stays between 0 and 1', () => {
    const mask = new CoverageMask(32, 32);
    mask.fill(Float32Array.of(3.2, 3.7, 20.1, 5.5, 28.8, 25.3, 6.4, 22.2), 4);
    expect(Math.max(...mask.data)).toBeLessThanOrEqual(1.0001);
    expect(Math.min(...mask.data)).toBeGreaterThanOrEqual(0);
  });

  it('is nothing where the outline runs the other way, as lips that have crossed', () => {
    const mask = new CoverageMask(32, 32);
    mask.fill(Float32Array.of(5, 5, 5, 20, 20, 20, 20, 5), 4);
    expect(area(mask)).toBe(0);
  });

  it('is cut at the edges of the picture', () => {
    const mask = new CoverageMask(16, 16);
    mask.fill(Float32Array.of(-8, -8, 40, -8, 40, 40, -8, 40), 4);
    expect(area(mask)).toBeCloseTo(256, 3);
  });

  it('leaves an empty window where the polygon is outside', () => {
    const mask = new CoverageMask(16, 16);
    mask.fill(Float32Array.of(40, 40, 60, 40, 60, 60), 3);
    expect(mask.right).toBe(mask.left);
  });
});

describe('smoothing a line', () => {
  it('passes through its points and leaves a straight line straight', () => {
    const points = Float32Array.of(0, 0, 3, 1, 6, 2, 9, 3);
    const out = new Float32Array(3 * 4 * 2);
    smoothLine(points, 0, 4, 4, out, 0);
    expect([out[8], out[9]]).toEqual([3, 1]);
    for (let i = 0; i < out.length; i += 2) expect(out[i + 1]).toBeCloseTo(out[i] / 3, 5);
  });
});

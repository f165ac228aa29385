import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correlation, median, quantile, slope, spread } from './statistics.ts';

const numbers = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 60 });
const steepness = fc.integer({ min: -50, max: 50 }).filter((k) => k !== 0);

describe('statistics', () => {
  it('takes quantiles between order statistics', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(quantile([0, 10], 0.95)).toBeCloseTo(9.5);
    expect(spread([1])).toEqual({ median: 1, p95: 1 });
    expect(median([])).toBeNaN();
  });

  it('recovers the slope and sign of a line', () => {
    fc.assert(
      fc.property(numbers, steepness, (x, k) => {
        const y = x.map((v) => k * v + 7);
        expect(slope(x, y)).toBeCloseTo(k, 6);
        expect(correlation(x, y)).toBeCloseTo(Math.sign(k), 6);
      }),
    );
  });

  it('gives null where there is nothing to correlate', () => {
    expect(correlation([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(slope([2, 2], [1, 5])).toBeNull();
  });
});

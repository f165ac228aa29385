import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cells3, fbm3, hash3, noise3 } from './noise.ts';
import { createRandom } from './random.ts';

const place = fc.double({ min: -500, max: 500, noNaN: true });

describe('noise', () => {
  it('stays in its range and is smooth', () => {
    fc.assert(
      fc.property(place, place, place, fc.integer({ min: 0, max: 1000 }), (x, y, z, seed) => {
        const value = noise3(x, y, z, seed);
        expect(Math.abs(value)).toBeLessThanOrEqual(1.2);
        expect(Math.abs(noise3(x + 1e-4, y, z, seed) - value)).toBeLessThan(1e-3);
        expect(Math.abs(fbm3(x, y, z, 4, seed))).toBeLessThanOrEqual(1.2);
        const cell = cells3(x, y, z, seed);
        expect(cell).toBeGreaterThanOrEqual(0);
        expect(cell).toBeLessThan(1.8);
      }),
    );
  });

  it('differs by seed and repeats with it', () => {
    const row = (seed: number): number[] =>
      Array.from({ length: 20 }, (_, i) => noise3(i * 0.37, 1.5, 2.5, seed));
    expect(row(3)).toEqual(row(3));
    expect(row(3)).not.toEqual(row(4));
    expect(hash3(1, 2, 3, 4)).toBe(hash3(1, 2, 3, 4));
  });

  it('has about zero mean', () => {
    let sum = 0;
    for (let i = 0; i < 4000; i++) sum += noise3(i * 0.731, i * 0.217, i * 0.113, 9);
    expect(Math.abs(sum / 4000)).toBeLessThan(0.03);
  });
});

describe('createRandom', () => {
  it('repeats with its seed, and fills its range evenly', () => {
    const [a, b] = [createRandom(7), createRandom(7)];
    const values = Array.from({ length: 2000 }, () => a.next());
    expect(values).toEqual(Array.from({ length: 2000 }, () => b.next()));
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(values.reduce((sum, value) => sum + value, 0) / 2000).toBeCloseTo(0.5, 1);
    expect(createRandom(8).next()).not.toBe(values[0]);
  });

  it('draws normal numbers of unit spread', () => {
    const random = createRandom(1);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < 5000; i++) {
      const value = random.normal();
      sum += value;
      squares += value * value;
    }
    expect(sum / 5000).toBeCloseTo(0, 1);
    expect(squares / 5000).toBeCloseTo(1, 1);
  });
});

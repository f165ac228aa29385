import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { wander, wanderTogether } from './tracks.ts';

describe('a wandering track', () => {
  test('stays between the values drawn and never jumps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const random = createRandom(seed);
        const track = wander(random, 1.2, [0.2, 0.6], () => random.between(-2, 3));
        const values = Array.from({ length: 1200 }, (_, i) => track(i / 1000));
        expect(Math.min(...values)).toBeGreaterThanOrEqual(-2);
        expect(Math.max(...values)).toBeLessThanOrEqual(3);
        // Smoothstep is at most 1.5 times as steep as a straight way.
        const steps = values.map((value, i) => Math.abs(value - values[Math.max(0, i - 1)]));
        expect(Math.max(...steps)).toBeLessThan((1.5 * 5 * 0.001) / 0.2 + 1e-9);
      }),
    );
  });

  test('of many values goes from one set to the next with all of them at once', () => {
    const random = createRandom(3);
    const drawn: Float32Array[] = [];
    const track = wanderTogether(random, 2, [0.3, 0.5], () => {
      drawn.push(Float32Array.of(random.next(), random.next(), random.next()));
      return drawn[drawn.length - 1];
    });
    const out = new Float32Array(3);
    for (let t = 0; t < 2; t += 0.04) {
      track(t, out);
      const between = drawn.some((from, k) => {
        const to = drawn[k + 1] ?? from;
        const shares = [...out].map((value, i) => (value - from[i]) / (to[i] - from[i] || 1));
        return shares.every((share) => share > -1e-4 && share < 1.0001 && Math.abs(share - shares[0]) < 1e-3);
      });
      expect(between).toBe(true);
    }
  });
});

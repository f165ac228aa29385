import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TemporalLayer } from '../pack/contract.ts';
import { KeyValueRing, orderedAges } from './key-value-ring.ts';

const SLOTS = 5;
const names = { cacheKey: 'ck', cacheValue: 'cv', newKey: 'nk', newValue: 'nv' };
const LAYERS: TemporalLayer[] = [
  { ...names, positions: 3, heads: 2, dim: 2 },
  { ...names, positions: 1, heads: 1, dim: 3 },
];

/** What a frame's key is: told apart by layer, place and frame. */
const keyOf = (layer: number, row: number, frame: number, i: number): number =>
  layer * 1e6 + row * 1e4 + frame * 10 + i;

function newFrames(first: number, count: number, sign: number, streams = 1): Float32Array[] {
  return LAYERS.map(({ positions, heads, dim }, layer) => {
    const out: number[] = [];
    for (let stream = 0; stream < streams; stream++)
      for (let row = 0; row < positions * heads; row++)
        for (let k = 0; k < count; k++)
          for (let i = 0; i < dim; i++) out.push(sign * keyOf(layer, row, first + k, i));
    return Float32Array.from(out);
  });
}

/** Frames that a ring holds and says so, with what it holds, by slot. */
function seen(ring: KeyValueRing, next: number): Map<number, number[]> {
  const ages = new BigInt64Array(SLOTS + 1);
  ring.ages(next, 1, ages);
  const found = new Map<number, number[]>();
  for (let slot = 0; slot < SLOTS; slot++) {
    const age = Number(ages[slot]);
    if (age > SLOTS) continue;
    const [{ dim }] = LAYERS;
    found.set(next - age, Array.from(ring.keys[0].subarray(slot * dim, (slot + 1) * dim)));
  }
  return found;
}

const lengths = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 10 });

describe('KeyValueRing', () => {
  test('holds the latest frames, however many come at once, and nothing older', () => {
    fc.assert(
      fc.property(lengths, (counts) => {
        const ring = new KeyValueRing(LAYERS, SLOTS);
        let next = 0;
        for (const count of counts) {
          ring.write(next, count, newFrames(next, count, 1), newFrames(next, count, -1), 0);
          next += count;
        }
        const expected = Array.from({ length: Math.min(SLOTS, next) }, (_, i) => next - 1 - i);
        const found = seen(ring, next);
        expect([...found.keys()].sort()).toEqual(expected.sort());
        for (const [frame, key] of found) expect(key).toEqual([keyOf(0, 0, frame, 0), keyOf(0, 0, frame, 1)]);
        expect(ring.isFull(next)).toBe(next >= SLOTS);
      }),
    );
  });

  test('masks frames that a pause has made too old, and all of them once cleared', () => {
    const ring = new KeyValueRing(LAYERS, SLOTS);
    ring.write(0, 5, newFrames(0, 5, 1), newFrames(0, 5, -1), 0);
    expect([...seen(ring, 7).keys()].sort()).toEqual([2, 3, 4]);
    expect(ring.isFull(7)).toBe(false);
    ring.clear();
    expect(seen(ring, 5).size).toBe(0);
  });

  test('lets new frames see themselves and those before them alone', () => {
    const ring = new KeyValueRing(LAYERS, SLOTS);
    const ages = new BigInt64Array(3 * (SLOTS + 3));
    ring.ages(40, 3, ages);
    const own = [0, 1, 2].map((query) =>
      Array.from(ages.subarray(query * (SLOTS + 3) + SLOTS, (query + 1) * (SLOTS + 3)), Number),
    );
    expect(own).toEqual([
      [0, 6, 6],
      [1, 0, 6],
      [2, 1, 0],
    ]);
  });

  test('copies its frames in order, the oldest first, with the ages that fit any full ring', () => {
    fc.assert(
      fc.property(fc.integer({ min: SLOTS, max: 40 }), fc.integer({ min: 0, max: 1 }), (next, batch) => {
        const ring = new KeyValueRing(LAYERS, SLOTS);
        for (let f = 0; f < next; f++) ring.write(f, 1, newFrames(f, 1, 1, 2), newFrames(f, 1, -1, 2), 1);
        const room = () =>
          LAYERS.map(({ positions, heads, dim }) => new Float32Array(2 * positions * heads * SLOTS * dim));
        const [keys, values] = [room(), room()];
        ring.copyInOrder(next, keys, values, batch);
        const ages = new BigInt64Array(SLOTS + 1);
        orderedAges(SLOTS, 1, ages);
        for (const [layer, { positions, heads, dim }] of LAYERS.entries())
          for (let row = 0; row < positions * heads; row++)
            for (let slot = 0; slot < SLOTS; slot++) {
              const at = ((batch * positions * heads + row) * SLOTS + slot) * dim;
              const frame = next - Number(ages[slot]);
              expect(keys[layer][at]).toBe(keyOf(layer, row, frame, 0));
              expect(values[layer][at]).toBe(-keyOf(layer, row, frame, 0));
            }
      }),
      { numRuns: 30 },
    );
  });
});

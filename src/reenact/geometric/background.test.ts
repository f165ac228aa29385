import { describe, expect, it } from 'vitest';
import { findBackground } from './background.ts';
import { levelSeam } from './level-seam.ts';

const SIZE = 128;

/** A disc of a person before an even wall; `paint` may put something before the wall. */
function scene(paint: (x: number, y: number) => number | null) {
  const portrait = new Float32Array(SIZE * SIZE * 3);
  const person = new Float32Array(SIZE * SIZE);
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) {
      const p = y * SIZE + x;
      const inside = Math.hypot(x - 64, y - 64) < 24;
      person[p] = inside ? 1 : 0;
      portrait.fill(inside ? 90 : (paint(x, y) ?? 180), p * 3, p * 3 + 3);
    }
  return { portrait, person };
}

describe('the background', () => {
  it('is seen everywhere but on the person and the rim around', () => {
    const { portrait, person } = scene(() => null);
    const { clear, seen, strands } = findBackground(portrait, person, SIZE, 60);
    expect(strands.includes(1)).toBe(false);
    expect(seen).toEqual(clear);
    expect(clear[64 * SIZE + 64]).toBe(0);
    expect(clear[64 * SIZE + 64 + 25]).toBe(0);
    expect(clear[64 * SIZE + 64 + 30]).toBe(1);
  });

  it('has strands of hair before it where something thin and dark is near the person', () => {
    const { portrait, person } = scene((x, y) => (y === 64 && x > 84 && x < 102 ? 40 : null));
    const { strands } = findBackground(portrait, person, SIZE, 60);
    expect(strands[64 * SIZE + 96]).toBe(1);
    expect(strands[80 * SIZE + 96]).toBe(0);
  });

  it('keeps what is thick, however near', () => {
    const { portrait, person } = scene((x, y) => (x > 92 && Math.abs(y - 64) < 14 ? 40 : null));
    const { seen, strands } = findBackground(portrait, person, SIZE, 60);
    expect(seen[64 * SIZE + 98]).toBe(1);
    expect(strands[64 * SIZE + 98]).toBe(0);
  });
});

describe('levelling a seam', () => {
  it('takes the step off where known and filled meet and leaves the known and the far alone', () => {
    const rgb = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) =>
      Math.floor(i / 3) % SIZE < 64 ? 100 : 160,
    );
    const known = Float32Array.from({ length: SIZE * SIZE }, (_, p) => (p % SIZE < 64 ? 1 : 0));
    levelSeam(rgb, known, SIZE, 8);
    const at = (x: number): number => rgb[(64 * SIZE + x) * 3];
    expect(at(63)).toBe(100);
    expect(at(65)).toBeLessThan(125);
    expect(at(72)).toBeGreaterThan(at(66));
    expect(at(120)).toBeCloseTo(160, 0);
  });

  it('changes nothing where the two sides agree', () => {
    const rgb = new Float32Array(SIZE * SIZE * 3).fill(77);
    const known = Float32Array.from({ length: SIZE * SIZE }, (_, p) => (p % 50 < 20 ? 1 : 0));
    levelSeam(rgb, known, SIZE, 8);
    expect(rgb.findIndex((level) => !(Math.abs(level - 77) < 0.01))).toBe(-1);
  });
});

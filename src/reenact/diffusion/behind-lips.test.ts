import { describe, expect, it } from 'vitest';
import { seededRandom } from '../fit/seeded-random.ts';
import { CoverageMask } from '../geometric/polygon.ts';
import { lipOpening, smoothBehindLips } from './behind-lips.ts';

const SIZE = 64;
const WINDOW = { x: 100, y: 80, side: SIZE };

/** A mask with an opening of 20 × 10 pixels in the window's middle, at half cover in its first column. */
function openMouth(): CoverageMask {
  const mask = new CoverageMask(512, 512);
  const corners = [120.5, 100, 140, 100, 140, 110, 120.5, 110];
  mask.fill(Float32Array.from(corners), 4);
  return mask;
}

function noise(): Float32Array {
  const next = seededRandom(7);
  return Float32Array.from({ length: SIZE * SIZE * 3 }, () => next() * 100 - 50);
}

const at = (x: number, y: number): number => (y * SIZE + x) * 3;

describe('the change behind the lips', () => {
  it('is smoothed by half there, fades at the lips, and is left alone elsewhere', () => {
    const before = noise();
    const after = before.slice();
    smoothBehindLips(after, 0, SIZE, WINDOW, lipOpening(openMouth())!);
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++) {
        const inside = x >= 20 && x < 40 && y >= 20 && y < 30;
        if (inside) continue;
        const far = x < 16 || x >= 44 || y < 16 || y >= 34;
        const left = after[at(x, y)] / before[at(x, y)];
        expect(left).toBeLessThanOrEqual(1);
        expect(left).toBeGreaterThanOrEqual(far ? 1 : 0.5 - 1e-6);
      }
    expect(after[at(30, 19)] / before[at(30, 19)]).toBeLessThan(0.8);
    const spread = (values: Float32Array): number => {
      let [sum, squares] = [0, 0];
      for (let y = 20; y < 30; y++)
        for (let x = 21; x < 40; x++) {
          sum += values[at(x, y)];
          squares += values[at(x, y)] ** 2;
        }
      return Math.sqrt(squares / 190 - (sum / 190) ** 2);
    };
    expect(spread(after)).toBeLessThan(0.65 * spread(before));
  });

  it('keeps one shade, and takes nothing from the lips around', () => {
    const changes = new Float32Array(SIZE * SIZE * 3).fill(-90);
    for (let y = 20; y < 30; y++) for (let x = 20; x < 40; x++) changes.fill(12, at(x, y), at(x, y) + 3);
    smoothBehindLips(changes, 0, SIZE, WINDOW, lipOpening(openMouth())!);
    for (let y = 20; y < 30; y++) for (let x = 21; x < 40; x++) expect(changes[at(x, y)]).toBeCloseTo(12, 3);
  });

  it('is halfway to the weighted mean of its surroundings', () => {
    const mask = new CoverageMask(512, 512);
    mask.fill(Float32Array.from([120, 100, 122, 100, 122, 101, 120, 101]), 4);
    const changes = new Float32Array(SIZE * SIZE * 3);
    changes[at(20, 20)] = 10;
    changes[at(21, 20)] = 20;
    smoothBehindLips(changes, 0, SIZE, WINDOW, lipOpening(mask)!);
    // Twice five pixels wide is a triangle: a pixel counts 5, its neighbour 4.
    expect(changes[at(20, 20)]).toBeCloseTo((10 + (5 * 10 + 4 * 20) / 9) / 2, 5);
    expect(changes[at(21, 20)]).toBeCloseTo((20 + (4 * 10 + 5 * 20) / 9) / 2, 5);
  });

  it('finds a window of another size, and one that the mouth leaves', () => {
    const opening = lipOpening(openMouth())!;
    const changes = noise();
    const halved = changes.slice();
    smoothBehindLips(halved, 0, SIZE, { ...WINDOW, side: SIZE * 2 }, opening);
    expect(halved[at(15, 12)]).not.toBe(changes[at(15, 12)]);
    expect(halved[at(35, 30)]).toBe(changes[at(35, 30)]);
    const outside = changes.slice();
    smoothBehindLips(outside, 0, SIZE, { ...WINDOW, x: 300 }, opening);
    expect(outside).toEqual(changes);
    const half = changes.slice();
    smoothBehindLips(half, 0, SIZE, { ...WINDOW, x: 130 }, opening);
    expect(half.every(Number.isFinite)).toBe(true);
    expect(half[at(2, 22)]).not.toBe(changes[at(2, 22)]);
  });

  it('is left alone where the lips are closed', () => {
    const mask = openMouth();
    mask.clear();
    expect(lipOpening(mask)).toBeNull();
  });
});

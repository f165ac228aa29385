import { describe, expect, it } from 'vitest';
import { HeadShare } from './head-share.ts';

const SIZE = 16;
/** Two frames: nothing in the first, a head over the right half in the second. */
function heads(): Float32Array {
  const plane = SIZE * SIZE;
  const out = new Float32Array(2 * plane);
  for (let y = 0; y < SIZE; y++) out.fill(1, plane + y * SIZE + SIZE / 2, plane + (y + 1) * SIZE);
  return out;
}

describe('HeadShare', () => {
  const head = new HeadShare(SIZE);

  it('is nothing where there is no head', () => {
    head.read(heads(), 0);
    expect(Math.max(...head.share)).toBe(0);
  });

  it('is nothing at the outline, all of it well inside, and grows between', () => {
    head.read(heads(), 1);
    const row = [...head.share.subarray(8 * SIZE, 9 * SIZE)];
    expect(row.slice(0, 9)).toEqual(new Array(9).fill(0));
    expect(row.slice(10)).toEqual(new Array(6).fill(1));
    expect(row[9]).toBeGreaterThan(0);
    expect(row[9]).toBeLessThan(1);
  });

  it('is nothing where hair lies over the head', () => {
    const bare = heads();
    // A fringe down to the middle.
    for (let y = 0; y < SIZE / 2; y++) bare.fill(0, (SIZE + y) * SIZE, (SIZE + y + 1) * SIZE);
    head.read(bare, 1);
    const column = Array.from({ length: SIZE }, (_, y) => head.share[y * SIZE + 12]);
    expect(column.slice(0, 9)).toEqual(new Array(9).fill(0));
    expect(column.slice(10)).toEqual(new Array(6).fill(1));
  });

  it('gives rows of any resolution between its own values', () => {
    head.read(heads(), 1);
    const row = new Float32Array(4 * SIZE);
    head.writeRow(31, 4 * SIZE, row);
    for (let x = 1; x < row.length; x++) expect(row[x]).toBeGreaterThanOrEqual(row[x - 1]);
    expect([row[0], row.at(-1)]).toEqual([0, 1]);
    // Bilinear: the middle between two pixels' centres is their mean.
    const [left, right] = [head.share[8 * SIZE + 9], head.share[8 * SIZE + 10]];
    expect((row[39] + row[40]) / 2).toBeCloseTo((left + right) / 2, 6);
  });
});

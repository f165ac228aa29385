import { describe, expect, it } from 'vitest';
import { HeadShare } from './head-share.ts';

const SIZE = 16;
const CHANNELS = 45;

/** Driver maps of two frames: nothing in the first, a head over the right half in the second. */
function maps(): Float32Array {
  const plane = SIZE * SIZE;
  const out = new Float32Array(2 * CHANNELS * plane);
  for (let channel = 0; channel < CHANNELS; channel++)
    for (let y = 0; y < SIZE; y++)
      for (let x = SIZE / 2; x < SIZE; x++) out[(CHANNELS + channel) * plane + y * SIZE + x] = 0.5;
  return out;
}

describe('HeadShare', () => {
  const head = new HeadShare(SIZE);

  it('is nothing where there is no head', () => {
    head.read(maps(), CHANNELS, 0);
    expect(Math.max(...head.share)).toBe(0);
  });

  it('is nothing at the outline, all of it well inside, and grows between', () => {
    head.read(maps(), CHANNELS, 1);
    const row = [...head.share.subarray(8 * SIZE, 9 * SIZE)];
    expect(row.slice(0, 9)).toEqual(new Array(9).fill(0));
    expect(row.slice(10)).toEqual(new Array(6).fill(1));
    expect(row[9]).toBeGreaterThan(0);
    expect(row[9]).toBeLessThan(1);
  });

  it('gives rows of any resolution between its own values', () => {
    head.read(maps(), CHANNELS, 1);
    const row = new Float32Array(4 * SIZE);
    head.writeRow(31, 4 * SIZE, row);
    for (let x = 1; x < row.length; x++) expect(row[x]).toBeGreaterThanOrEqual(row[x - 1]);
    expect([row[0], row.at(-1)]).toEqual([0, 1]);
    // Bilinear: the middle between two pixels' centres is their mean.
    const [left, right] = [head.share[8 * SIZE + 9], head.share[8 * SIZE + 10]];
    expect((row[39] + row[40]) / 2).toBeCloseTo((left + right) / 2, 6);
  });
});

import { expect, test } from 'vitest';
import { edgeFade, writeChange, writePlanes } from './change-picture.ts';
import { HeadShare } from './head-share.ts';
import { type Patches, writePatches } from './patch-picture.ts';

const SIZE = 32;
const PLANE = SIZE * SIZE;

test.each([1, 4, 8])('patches of %d pixels give what their pixels give', (side) => {
  const [place, at] = [2, 9];
  const patches = {
    residual: wave((place + 1) * PLANE * 3, 1),
    weights: wave((place + 1) * PLANE * 2, 1).map(Math.abs),
    side,
  };
  const window = Uint8Array.from({ length: at + PLANE * 3 }, (_, i) => (i * 37) % 256);
  const { delta, mask } = plain(patches, place, window, at);
  const expected = new Float32Array(at + PLANE * 3);
  const found = new Float32Array(at + PLANE * 3).fill(9);
  const head = upperHalf();
  expect(writeChange(delta, 0, mask, 0, edgeFade(SIZE), head, expected, at)).toBe(true);
  expect(writePatches(patches, place, window, edgeFade(SIZE), head, found, at)).toBe(true);
  expect(expected.some((value) => Math.abs(value) > 10)).toBe(true);
  for (let i = at; i < found.length; i++) expect(Math.abs(found[i] - expected[i])).toBeLessThan(1e-4);
});

test.each([
  ['where the picture may change', 0],
  ['where it may not', PLANE - 1],
])('what is no number is noticed %s', (_, pixel) => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const residual = new Float32Array(PLANE * 3);
    residual[pixel * 3] = value;
    const patches = { residual, weights: new Float32Array(PLANE * 2).fill(1), side: 1 };
    const out = new Float32Array(PLANE * 3);
    const window = new Uint8Array(PLANE * 3);
    expect(writePatches(patches, 0, window, edgeFade(SIZE), upperHalf(), out, 0)).toBe(false);
  }
});

test('what is huge may not be shown', () => {
  const patches = {
    residual: new Float32Array(PLANE * 3).fill(1e30),
    weights: new Float32Array(PLANE * 2).fill(1),
    side: 4,
  };
  const out = new Float32Array(PLANE * 3);
  const window = new Uint8Array(PLANE * 3);
  expect(writePatches(patches, 0, window, edgeFade(SIZE), upperHalf(), out, 0)).toBe(false);
});

/** The head covers the upper half of the window alone, and more of it from left to right. */
function upperHalf(): HeadShare {
  const head = new HeadShare(8);
  for (let i = 0; i < 32; i++) head.share[i] = (1 + (i % 8)) / 8;
  return head;
}

function wave(length: number, height: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => height * Math.sin(i * 1.7));
}

/** The decoder's last steps as its graph has them where it gives pixels. */
function plain(
  { residual, weights, side }: Patches,
  place: number,
  window: Uint8Array,
  windowAt: number,
): { delta: Float32Array; mask: Float32Array } {
  const warp = new Float32Array(PLANE * 3);
  writePlanes(window, windowAt, SIZE, warp, 0);
  const delta = new Float32Array(PLANE * 3);
  const mask = new Float32Array(PLANE);
  const across = SIZE / side;
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) {
      const square = place * across ** 2 + Math.floor(y / side) * across + Math.floor(x / side);
      const within = (y % side) * side + (x % side);
      const value = (values: Float32Array, count: number, k: number): number =>
        values[(square * count + k) * side ** 2 + within];
      const pixel = y * SIZE + x;
      for (let k = 0; k < 3; k++)
        delta[k * PLANE + pixel] = value(residual, 3, k) - value(weights, 2, 0) * warp[k * PLANE + pixel];
      mask[pixel] = value(weights, 2, 1);
    }
  return { delta, mask };
}

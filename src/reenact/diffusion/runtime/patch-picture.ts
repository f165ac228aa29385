import { RESIDUAL_VALUES, WEIGHT_VALUES } from '../pack/contract.ts';
import { MOST_MEAN, STEPS } from './change-picture.ts';
import type { HeadShare } from './head-share.ts';

/** What a decoder gives that leaves the last steps to us, of one frame. */
export interface Patches {
  /** `[R/p, R/p, 3·p²]` from the frame's place on: of each square of p × p pixels three planes, each row by row. */
  readonly residual: Float32Array;
  /** `[R/p, R/p, 2·p²]`, likewise gate and mask, 0..1. */
  readonly weights: Float32Array;
  /** Side of a square, p. */
  readonly side: number;
}

/**
 * The same as `writeChange` from a decoder that stops before single pixels are moved and weighed:
 * delta = residual − gate · warp. In one pass, and only where the picture may change, that is cheaper than by operators
 * of a graph.
 *
 * @param place of the frame among the patches
 * @param window `[R, R, 3]` RGB of the warp from `at` on
 * @param out `[R, R, 3]` from `at` on, steps of 8-bit sRGB
 * @returns as of `writeChange`
 */
export function writePatches(
  { residual, weights, side }: Patches,
  place: number,
  window: Uint8Array,
  fade: Float32Array,
  head: HeadShare,
  out: Float32Array,
  at: number,
): boolean {
  const size = fade.length;
  const area = side * side;
  const rowSquares = size / side;
  // Where the columns lie within a row of squares.
  const ofResidual = new Int32Array(size);
  const ofWeights = new Int32Array(size);
  for (let x = 0; x < size; x++) {
    const square = Math.floor(x / side) * area;
    ofResidual[x] = square * RESIDUAL_VALUES + (x % side);
    ofWeights[x] = square * WEIGHT_VALUES + (x % side);
  }
  const share = new Float32Array(size);
  let sum = 0;
  // What is no number is noticed beside the head, too: frames after this one would remember it.
  for (let square = 0; square < rowSquares ** 2; square++)
    sum += 0 * residual[(place * rowSquares ** 2 + square) * RESIDUAL_VALUES * area];
  out.fill(0, at, at + size * size * 3);
  for (let y = 0; y < size; y++) {
    head.writeRow(y, size, share);
    let first = 0;
    let last = size;
    while (first < last && share[first] === 0) first++;
    while (last > first && share[last - 1] === 0) last--;
    const row = (place * rowSquares + Math.floor(y / side)) * rowSquares * area;
    const line = (y % side) * side;
    const rowResidual = row * RESIDUAL_VALUES + line;
    const rowWeights = row * WEIGHT_VALUES + line;
    const down = fade[y];
    for (let x = first, to = at + (y * size + first) * 3; x < last; x++, to += 3) {
      const weight = down * fade[x] * share[x];
      const r = rowResidual + ofResidual[x];
      const w = rowWeights + ofWeights[x];
      const gate = weights[w];
      const part = weight * weights[w + area];
      const red = part * (residual[r] * STEPS - gate * (window[to] - STEPS));
      const green = part * (residual[r + area] * STEPS - gate * (window[to + 1] - STEPS));
      const blue = part * (residual[r + 2 * area] * STEPS - gate * (window[to + 2] - STEPS));
      out[to] = red;
      out[to + 1] = green;
      out[to + 2] = blue;
      sum += Math.abs(red + green + blue);
    }
  }
  return sum < MOST_MEAN * 3 * size * size;
}

import { patchKernel } from '../kernel/decoder-kernel.ts';
import { RESIDUAL_VALUES, WEIGHT_VALUES } from '../pack/contract.ts';
import { MOST_MEAN } from './change-picture.ts';
import type { HeadShare } from './head-share.ts';

/** Pixels of a square's row that the kernel takes at once. */
const LANES = 4;

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
 * @param window `[R, R, 3]` RGB of the warp from `at` on, R a multiple of four
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
  const pixels = size * size;
  const ofResidual = residual.subarray(
    place * pixels * RESIDUAL_VALUES,
    (place + 1) * pixels * RESIDUAL_VALUES,
  );
  const ofWeights = weights.subarray(place * pixels * WEIGHT_VALUES, (place + 1) * pixels * WEIGHT_VALUES);
  const small = side % LANES !== 0;
  const kernel = patchKernel(size, Math.sqrt(head.share.length), small ? LANES : side);
  const inputs = {
    residual: small ? regrouped(ofResidual, size, side, RESIDUAL_VALUES) : ofResidual,
    weights: small ? regrouped(ofWeights, size, side, WEIGHT_VALUES) : ofWeights,
    window: window.subarray(at, at + pixels * 3),
    fade,
    share: head.share,
  };
  // What is no number is noticed beside the head, too: frames after this one would remember it.
  return kernel.write(inputs, out.subarray(at, at + pixels * 3)) < MOST_MEAN * 3 * pixels;
}

/** The planes `[R/p, R/p, planes, p, p]` of squares that are smaller than the kernel's vectors as those of larger ones. */
function regrouped(values: Float32Array, size: number, side: number, planes: number): Float32Array {
  const indexOf = (x: number, y: number, k: number, p: number): number =>
    ((Math.floor(y / p) * (size / p) + Math.floor(x / p)) * planes + k) * p * p + (y % p) * p + (x % p);
  const out = new Float32Array(values.length);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let k = 0; k < planes; k++) out[indexOf(x, y, k, LANES)] = values[indexOf(x, y, k, side)];
  return out;
}

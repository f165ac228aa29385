import { distanceTo } from './distance.ts';
import { boxMean } from './guided-filter.ts';
import { pullPush } from './inpaint.ts';

/** Half the width of the strip on each side of the seam whose mean colours are compared, parts of the picture. */
const STRIP = 0.012;
/** Where one side has less of the strip's window than this, there is no seam. */
const LEAST_SHARE = 0.1;

/**
 * Takes the step off the seam between what is known of a picture and what was filled in: the difference of the colours on
 * its two sides is carried into the filled part, where it fades (as a membrane does: Pérez et al., "Poisson image
 * editing", SIGGRAPH 2003, but on every second pixel, and fading). In place.
 *
 * @param rgb `[size, size, 3]` 0..255
 * @param known `[size, size]` 1 where the picture is left alone
 * @param reachPx distance from the seam over which the difference falls to 1/e
 */
export function levelSeam(rgb: Float32Array, known: Float32Array, size: number, reachPx: number): void {
  const half = size >> 1;
  const count = half * half;
  const radius = Math.max(1, Math.round((STRIP * size) / 2));
  const isKnown = new Float32Array(count);
  for (let q = 0; q < count; q++) isKnown[q] = known[pixelOf(q, half, size)];
  const knownShare = boxMean(isKnown, half, half, radius);
  const step = new Float32Array(count * 3);
  const weight = new Float32Array(count);
  for (let k = 0; k < 3; k++) {
    const own = new Float32Array(count);
    const filled = new Float32Array(count);
    for (let q = 0; q < count; q++) {
      const level = rgb[pixelOf(q, half, size) * 3 + k];
      own[q] = isKnown[q] * level;
      filled[q] = level - own[q];
    }
    const ownMean = boxMean(own, half, half, radius);
    const filledMean = boxMean(filled, half, half, radius);
    for (let q = 0; q < count; q++) {
      const share = knownShare[q];
      if (share < LEAST_SHARE || share > 1 - LEAST_SHARE) continue;
      weight[q] = 1;
      step[q * 3 + k] = ownMean[q] / share - filledMean[q] / (1 - share);
    }
  }
  const carried = pullPush(step, weight, half, half);
  const away = distanceTo(isKnown, half, half);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const p = y * size + x;
      if (known[p] === 1) continue;
      const q = Math.min(half - 1, y >> 1) * half + Math.min(half - 1, x >> 1);
      const share = Math.exp((-2 * away[q]) / reachPx);
      for (let k = 0; k < 3; k++)
        rgb[p * 3 + k] = Math.min(255, Math.max(0, rgb[p * 3 + k] + share * carried[q * 3 + k]));
    }
}

/** Pixel of the picture that half-size pixel `q` stands for. */
function pixelOf(q: number, half: number, size: number): number {
  const row = (q / half) | 0;
  return 2 * row * size + 2 * (q - row * half);
}

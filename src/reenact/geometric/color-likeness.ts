import { type Mixture, ownLogDensity } from './mixture.ts';
import { smoothstep } from './numeric.ts';

/** Where two regions' mean colours differ by less than this, colours tell nothing; levels. */
export const LEAST_CONTRAST = 45;
/** Colours this close to the face's mean are skin; levels. */
export const SKIN_RADIUS = 60;
/** Colours are learnt on every n-th pixel. */
export const LEARNT_STEP = 4;

/**
 * How far each pixel of a person has the colours of one region rather than another's.
 *
 * @param portrait `[size, size, 3]` 0..255
 * @param person `[size, size]` opacity
 * @param from and `to`: how many times likelier, as logarithms, for nothing and for all
 * @returns `[size, size]` 0..1, in squares of two by two: to be smoothed
 */
export function colorLikeness(
  portrait: Float32Array,
  person: Float32Array,
  size: number,
  of: Mixture,
  against: Mixture,
  from: number,
  to: number,
): Float32Array {
  const likeness = new Float32Array(size * size);
  // Every second pixel of every second row stands for four: whoever smooths looks wider.
  for (let y = 0; y + 1 < size; y += 2)
    for (let x = 0; x + 1 < size; x += 2) {
      const p = y * size + x;
      if (person[p] < 0.1) continue;
      const ratio = ownLogDensity(of, portrait, size, p, 0) - ownLogDensity(against, portrait, size, p, 0);
      const like = smoothstep(from, to, ratio);
      likeness.fill(like, p, p + 2);
      likeness.fill(like, p + size, p + size + 2);
    }
  return likeness;
}

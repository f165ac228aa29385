import { distanceTo } from './distance.ts';

/** Opacities below this are nothing. */
export const NOTHING = 0.02;
/** Beyond the matte strands of hair are thinner than this. */
const STRAND_OPACITY = 0.3;
/** Closer than this to the person its own lit rim is seen, parts of the picture. */
const RIM = 0.014;

/**
 * Raises opacities to where a layer can give the portrait over what lies below it: a matte that is too thin for the
 * difference would leave a rim.
 */
export function raiseOpacity(
  opacity: Float32Array,
  mixed: Float32Array,
  below: Float32Array,
  where: Float32Array,
): void {
  for (let p = 0; p < opacity.length; p++) {
    if (where[p] === 0) continue;
    opacity[p] = Math.max(opacity[p], leastOpacity(mixed, below, p));
  }
}

/**
 * Beside the person the plate is a guess. Where the portrait differs much from it a little away from the person, it shows
 * background, which is put back; small differences are strands, which the layers above will carry.
 */
export function restoreRim(
  plate: Float32Array,
  portrait: Float32Array,
  person: Float32Array,
  background: Float32Array,
  size: number,
): void {
  const away = distanceTo(
    person.map((opacity) => (opacity > 0.2 ? 1 : 0)),
    size,
    size,
  );
  const closest = RIM * size;
  for (let p = 0; p < person.length; p++) {
    if (background[p] === 1 || away[p] < closest) continue;
    if (leastOpacity(portrait, plate, p) < STRAND_OPACITY) continue;
    for (let k = 0; k < 3; k++) plate[p * 3 + k] = portrait[p * 3 + k];
  }
}

/** Least opacity of a layer that over `below` can give `mixed` at pixel p. */
function leastOpacity(mixed: Float32Array, below: Float32Array, p: number): number {
  let least = 0;
  for (let k = 0; k < 3; k++) {
    const difference = mixed[p * 3 + k] - below[p * 3 + k];
    const room = difference < 0 ? below[p * 3 + k] : 255 - below[p * 3 + k];
    if (room > 0) least = Math.max(least, Math.min(1, Math.abs(difference) / room));
  }
  return least;
}

/** The colour that over `below` with `opacity` gives `mixed`. */
export function unmix(mixed: number, below: number, opacity: number): number {
  if (opacity < NOTHING) return mixed;
  return Math.min(255, Math.max(0, (mixed - (1 - opacity) * below) / opacity));
}

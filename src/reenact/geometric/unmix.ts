/** Opacities below this are nothing. */
export const NOTHING = 0.02;

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

/** Least opacity of a layer that over `below` can give `mixed` at pixel p. */
export function leastOpacity(mixed: Float32Array, below: Float32Array, p: number): number {
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

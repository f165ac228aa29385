/** Onsets of one and the same beep are less than this apart, ms; pauses between beeps are longer. */
const MOST_DELAY_MS = 700;
/** Frames around a beep that say how late the picture is at that moment. */
const AROUND_MS = 400;

/**
 * Skew of sound against picture as a viewer has it: how much later sound comes than the picture of the same moment, ms,
 * a value a beep.
 *
 * @param sentMs when beeps began at the driver @param heardMs when they were heard
 * @param shown frames on the viewer's screen: when, and how old
 */
export function lipSync(
  sentMs: readonly number[],
  heardMs: readonly number[],
  shown: readonly { readonly atMs: number; readonly ageMs: number }[],
): number[] {
  const skews: number[] = [];
  for (const heard of heardMs) {
    const sent = sentMs.filter((ms) => ms <= heard && heard - ms < MOST_DELAY_MS).at(-1);
    const ages = shown.filter(({ atMs }) => Math.abs(atMs - heard) < AROUND_MS).map(({ ageMs }) => ageMs);
    if (sent === undefined || ages.length < 5) continue;
    ages.sort((a, b) => a - b);
    skews.push(heard - sent - ages[ages.length >> 1]);
  }
  return skews;
}

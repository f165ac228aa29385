/** Figures over what a viewer saw. */

/** How frames followed one another on a screen. */
export interface Cadence {
  readonly fps: number;
  /** Waits of more than `FREEZE_MS`. */
  readonly freezes: number;
  readonly longestGapMs: number;
}

/** Five frames at 25 a second: what people call a freeze begins about here. */
export const FREEZE_MS = 200;

/** @param shownMs when frames were shown, rising @param fromMs,toMs the span that is looked at, whose ends count as waits */
export function cadence(shownMs: readonly number[], fromMs: number, toMs: number): Cadence {
  let last = fromMs;
  let frames = 0;
  let freezes = 0;
  let longestGapMs = 0;
  const wait = (ms: number): void => {
    if (ms > FREEZE_MS) freezes++;
    longestGapMs = Math.max(longestGapMs, ms);
  };
  for (const atMs of shownMs) {
    if (atMs < fromMs || atMs > toMs) continue;
    frames++;
    wait(atMs - last);
    last = atMs;
  }
  wait(toMs - last);
  return { fps: (frames * 1000) / (toMs - fromMs), freezes, longestGapMs };
}

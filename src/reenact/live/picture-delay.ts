import type { CaptureClockSource } from '../../rtp/capture-clock.ts';
import { RollingQuantiles } from './rolling-quantiles.ts';

/** Medians over this follow a change of load within seconds and no single slow frame. */
const WINDOW_MS = 2500;
/** What a driver's picture takes where none has been measured yet. */
const FIRST_GUESS_MS = 60;
/**
 * From the capture of a packet's first sample to its arrival: 20 ms of sound, the microphone's buffer, the way. For
 * sound without capture stamps beside a picture that has them.
 */
const SOUND_TRANSIT_MS = 35;

/**
 * Receivers hold sound back longer than pictures, at best by this much: a browser's jitter buffer for sound starts at 40
 * to 80 ms, that for pictures at none. Sound that goes this much ahead meets its picture there, and the picture need
 * not wait for it.
 */
export const SOUND_AHEAD_MS = 50;

/** How long the avatar's picture takes from capture to sending, by either clock of the driver's: what sound follows. */
export class PictureDelay {
  readonly #stamped = new RollingQuantiles(WINDOW_MS, 256);
  readonly #arrived = new RollingQuantiles(WINDOW_MS, 256);
  readonly #now: () => number;
  #latest: { stamp: number | null; arrival: number } = { stamp: null, arrival: FIRST_GUESS_MS };

  /** @param now steady clock, milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A frame was sent. @param stampMs since its capture; null where it carries no stamp @param arrivalMs since it came */
  sent(stampMs: number | null, arrivalMs: number): void {
    const nowMs = this.#now();
    if (stampMs !== null) this.#stamped.add(stampMs, nowMs);
    this.#arrived.add(arrivalMs, nowMs);
    const stamped = this.#stamped.at(nowMs);
    this.#latest = {
      stamp: stamped === null ? null : stamped.p50,
      arrival: this.#arrived.at(nowMs)?.p50 ?? FIRST_GUESS_MS,
    };
  }

  /** From the best known capture time to sending: what idle frames are dated back by. */
  get ownMs(): number {
    return this.#latest.stamp ?? this.#latest.arrival;
  }

  /** Which clock the sound should be read by, and how late after that it should leave. */
  forSound(best: CaptureClockSource): { readonly source: CaptureClockSource; readonly delayMs: number } {
    const { stamp, arrival } = this.#latest;
    const ahead = (delayMs: number): number => Math.max(0, delayMs - SOUND_AHEAD_MS);
    if (stamp === null) return { source: 'arrival', delayMs: ahead(arrival) };
    if (best === 'stamp') return { source: 'stamp', delayMs: ahead(stamp) };
    return { source: 'arrival', delayMs: ahead(stamp - SOUND_TRANSIT_MS) };
  }
}

import type { AbsCaptureTime } from './abs-capture-time.ts';
import { Unwrapper } from './unwrapper.ts';

/** What a capture time rests on, best last: arrival, RTCP sender reports, the sender's own stamps. */
export type CaptureClockSource = 'arrival' | 'report' | 'stamp';

/** A claim that lies further in the future, or in the past, than these is of another clock, and not believed. */
const MOST_AHEAD_MS = 30;
const MOST_BEHIND_MS = 5000;
/** Stamps and reports older than this say nothing any more. */
const STALE_MS = 15_000;
/** How fast the line of least delay gives way to delays that stay: 1 ms a second, far above any drift of crystals. */
const YIELD_MS_PER_MS = 1e-3;

/**
 * When the frames of one RTP stream were captured, in Unix milliseconds on this machine's clock: every source gives a
 * line from RTP timestamps to times; the best source in force counts.
 */
export class CaptureClock {
  readonly #ticksPerMs: number;
  readonly #timestamps = new Unwrapper(32);
  /** Capture time minus media time of each line, milliseconds. */
  #arrivalOffset: number | null = null;
  #lastArrivalMs = 0;
  #reportOffset: number | null = null;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #stampOffset: number | null = null;
  #stampedMs = Number.NEGATIVE_INFINITY;

  constructor(clockRateHz: number) {
    this.#ticksPerMs = clockRateHz / 1000;
  }

  /** A packet came. @param arrivedMs Unix milliseconds */
  arrived(timestamp: number, arrivedMs: number, stamp: AbsCaptureTime | null = null): void {
    const mediaMs = this.#timestamps.unwrap(timestamp) / this.#ticksPerMs;
    const offset = arrivedMs - mediaMs;
    if (this.#arrivalOffset === null || offset < this.#arrivalOffset) this.#arrivalOffset = offset;
    else {
      const yielded = (arrivedMs - this.#lastArrivalMs) * YIELD_MS_PER_MS;
      this.#arrivalOffset = Math.min(offset, this.#arrivalOffset + Math.max(0, yielded));
    }
    this.#lastArrivalMs = arrivedMs;
    if (stamp === null) return;
    const capturedMs = stamp.captureTimeMs - (stamp.clockOffsetMs ?? 0);
    if (!isPlausible(capturedMs, arrivedMs)) return;
    this.#stampOffset = capturedMs - mediaMs;
    this.#stampedMs = arrivedMs;
  }

  /** A sender report came (RFC 3550, 6.4.1). @param arrivedMs Unix milliseconds */
  reported(ntpMs: number, timestamp: number, arrivedMs: number): void {
    if (!isPlausible(ntpMs, arrivedMs)) return;
    this.#reportOffset = ntpMs - this.#timestamps.peek(timestamp) / this.#ticksPerMs;
    this.#reportedMs = arrivedMs;
  }

  /** The best source in force. */
  sourceAt(nowMs: number): CaptureClockSource {
    if (this.#stampOffset !== null && nowMs - this.#stampedMs < STALE_MS) return 'stamp';
    if (this.#reportOffset !== null && nowMs - this.#reportedMs < STALE_MS) return 'report';
    return 'arrival';
  }

  /**
   * Capture time of an RTP timestamp of this stream, Unix milliseconds; null before any packet, or where the source
   * asked for has said nothing.
   */
  captureTimeMs(timestamp: number, source: CaptureClockSource): number | null {
    const offset =
      source === 'stamp' ? this.#stampOffset : source === 'report' ? this.#reportOffset : this.#arrivalOffset;
    return offset === null ? null : this.#timestamps.peek(timestamp) / this.#ticksPerMs + offset;
  }

  /** The timestamp without its wraps. */
  unwrapped(timestamp: number): number {
    return this.#timestamps.peek(timestamp);
  }
}

function isPlausible(capturedMs: number, arrivedMs: number): boolean {
  return capturedMs - arrivedMs <= MOST_AHEAD_MS && arrivedMs - capturedMs <= MOST_BEHIND_MS;
}

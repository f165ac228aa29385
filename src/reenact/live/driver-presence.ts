import type { SessionState } from '../../contract/live-session.ts';

/** Without input for so long the driver has gone. */
const GONE_MS = 2000;
/** Without a face for so long it is lost, not overlooked. */
const LOST_MS = 300;
/** Without input for so long frames are made all the same. */
const STALLED_MS = 200;
/** While the avatar eases to rest frames are made at full rate, then at the low one. */
const EASING_MS = 1400;
const EASING_INTERVAL_MS = 40;
const IDLE_INTERVAL_MS = 200;

/** What is known of the driver's presence, on a steady clock in milliseconds: the session's state, and idle frames. */
export class DriverPresence {
  #inputMs = Number.NEGATIVE_INFINITY;
  #faceMs = Number.NEGATIVE_INFINITY;
  #idleMs = Number.NEGATIVE_INFINITY;
  #confidence = 0;

  get confidence(): number {
    return this.#confidence;
  }

  /** The driver sent something. */
  input(nowMs: number): void {
    this.#inputMs = nowMs;
  }

  /** @param confidence of the driver's face in the latest frame; 0 where there is none */
  face(confidence: number, nowMs: number): void {
    this.#confidence = confidence;
    if (confidence > 0) this.#faceMs = nowMs;
  }

  /** Whether the driver sends nothing at the moment. */
  isIdle(nowMs: number): boolean {
    return nowMs - this.#inputMs >= STALLED_MS;
  }

  /** Whether a frame is due that no driver makes. Counts it as made. */
  idleFrameDue(nowMs: number): boolean {
    const sinceInputMs = nowMs - this.#inputMs;
    if (sinceInputMs < STALLED_MS) return false;
    const intervalMs = sinceInputMs < EASING_MS ? EASING_INTERVAL_MS : IDLE_INTERVAL_MS;
    // Half a tick of the session's timer early is better than most of one late.
    if (nowMs - this.#idleMs < intervalMs - 5) return false;
    this.#idleMs = nowMs;
    return true;
  }

  state(nowMs: number, paused: boolean, calibrating: boolean): SessionState {
    if (nowMs - this.#inputMs > GONE_MS) return 'waiting';
    if (paused) return 'paused';
    if (nowMs - this.#faceMs > LOST_MS) return 'lost';
    return calibrating ? 'calibrating' : 'live';
  }
}

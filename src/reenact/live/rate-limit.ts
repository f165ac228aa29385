/** A frame that comes this much before its time is let through: cameras are not exact. */
const EARLY_MS = 10;

/** Keeps a stream at or below a frame rate by leaving frames out, evenly. */
export class RateLimit {
  readonly #intervalMs: number;
  #dueMs: number | null = null;

  constructor(maxFps: number) {
    this.#intervalMs = 1000 / maxFps;
  }

  /** @param mediaMs time of the frame on its stream's own clock; a jump begins anew */
  admits(mediaMs: number): boolean {
    const jumped = this.#dueMs !== null && Math.abs(mediaMs - this.#dueMs) > 1000;
    const dueMs = this.#dueMs === null || jumped ? mediaMs : this.#dueMs;
    if (mediaMs < dueMs - EARLY_MS) return false;
    this.#dueMs = Math.max(dueMs, mediaMs - this.#intervalMs) + this.#intervalMs;
    return true;
  }
}

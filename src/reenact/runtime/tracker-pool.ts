import { createFaceTracker } from '../track/face-tracker.ts';
import type { FaceTracker } from '../track/types.ts';

/** A session that has just taken the warm tracker needs the cores itself. */
const REFILL_AFTER_MS = 4000;

/** Keeps one tracker started ahead, so that a driver's first frame does not wait half a second for its thread. */
export class TrackerPool {
  #warm: Promise<FaceTracker> | null = null;
  #refill: NodeJS.Timeout | undefined;
  #closed = false;

  /** Starts the first one. @throws LokiError MODEL_MISSING, MODEL_INVALID, WORKER_DIED */
  async start(): Promise<void> {
    this.#warm = createFaceTracker();
    await this.#warm;
  }

  /** A tracker for the caller alone, who closes it. @throws LokiError as `start` */
  acquire(): Promise<FaceTracker> {
    const tracker = this.#warm ?? createFaceTracker();
    this.#warm = null;
    clearTimeout(this.#refill);
    if (!this.#closed) this.#refill = setTimeout(() => this.#startAnother(), REFILL_AFTER_MS).unref();
    return tracker;
  }

  /** Idempotent; trackers that were handed out are not touched. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#refill);
    const warm = this.#warm;
    this.#warm = null;
    await (await warm?.catch(() => null))?.close();
  }

  #startAnother(): void {
    const warm = createFaceTracker();
    this.#warm = warm;
    // Whoever asks next starts another, and gets to know why that fails.
    warm.catch(() => {
      if (this.#warm === warm) this.#warm = null;
    });
  }
}

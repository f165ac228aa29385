import { LokiError } from '../../errors.ts';
import type { RgbaImage, VideoFrame } from '../frame.ts';
import { createFaceTracker } from '../track/face-tracker.ts';
import type { FaceBox, FaceTracker, LandmarkCount, TrackedFace, TrackResult } from '../track/types.ts';

export interface TrackerPoolOptions {
  /** Default `createFaceTracker`. */
  readonly create?: () => Promise<FaceTracker>;
  /** A session that has just taken the warm tracker needs the cores itself. Default 4000. */
  readonly refillAfterMs?: number;
}

/**
 * Keeps one tracker started ahead, so that a driver's first frame does not wait for its thread. A thread takes about a
 * second of CPU time to start: the one that a session leaves behind serves the next.
 */
export class TrackerPool {
  readonly #create: () => Promise<FaceTracker>;
  readonly #refillAfterMs: number;
  #warm: Promise<FaceTracker> | null = null;
  #refill: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ create = createFaceTracker, refillAfterMs = 4000 }: TrackerPoolOptions = {}) {
    this.#create = create;
    this.#refillAfterMs = refillAfterMs;
  }

  /** Starts the first one. @throws LokiError MODEL_MISSING, MODEL_INVALID, WORKER_DIED */
  async start(): Promise<void> {
    this.#warm = this.#create();
    await this.#warm;
  }

  /** A tracker for the caller alone, who closes it. @throws LokiError as `start` */
  async acquire(): Promise<FaceTracker> {
    const tracker = this.#warm ?? this.#create();
    this.#warm = null;
    clearTimeout(this.#refill);
    if (!this.#closed) this.#refill = setTimeout(() => this.#startAnother(), this.#refillAfterMs).unref();
    return new LentTracker(await tracker, (returned) => this.#takeBack(returned));
  }

  /** Idempotent; trackers that were handed out are not touched. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#refill);
    const warm = this.#warm;
    this.#warm = null;
    await (await warm?.catch(() => null))?.close();
  }

  async #takeBack(tracker: FaceTracker): Promise<void> {
    if (this.#closed || this.#warm !== null) return tracker.close();
    clearTimeout(this.#refill);
    tracker.reset();
    this.#warm = Promise.resolve(tracker);
  }

  #startAnother(): void {
    const warm = this.#create();
    this.#warm = warm;
    // Whoever asks next starts another, and gets to know why that fails.
    warm.catch(() => {
      if (this.#warm === warm) this.#warm = null;
    });
  }
}

/** A tracker that goes back where it came from when it is closed, unless it has failed or is still at work. */
class LentTracker implements FaceTracker {
  readonly points: LandmarkCount;
  readonly source: string;
  readonly #tracker: FaceTracker;
  readonly #giveBack: (tracker: FaceTracker) => Promise<void>;
  #underWay = 0;
  #failed = false;
  #closing: Promise<void> | null = null;

  constructor(tracker: FaceTracker, giveBack: (tracker: FaceTracker) => Promise<void>) {
    this.#tracker = tracker;
    this.#giveBack = giveBack;
    this.points = tracker.points;
    this.source = tracker.source;
  }

  track(frame: VideoFrame): Promise<TrackResult> {
    return this.#do((tracker) => tracker.track(frame));
  }

  detect(image: RgbaImage): Promise<FaceBox[]> {
    return this.#do((tracker) => tracker.detect(image));
  }

  trackStill(image: RgbaImage, box?: FaceBox): Promise<TrackedFace | null> {
    return this.#do((tracker) => tracker.trackStill(image, box));
  }

  reset(): void {
    if (this.#closing === null) this.#tracker.reset();
  }

  close(): Promise<void> {
    const usable = this.#underWay === 0 && !this.#failed;
    this.#closing ??= usable ? this.#giveBack(this.#tracker) : this.#tracker.close();
    return this.#closing;
  }

  async #do<T>(call: (tracker: FaceTracker) => Promise<T>): Promise<T> {
    if (this.#closing !== null) throw new LokiError('CANCELLED', 'The face tracker was closed.');
    this.#underWay++;
    try {
      return await call(this.#tracker);
    } catch (error) {
      this.#failed = true;
      throw error;
    } finally {
      this.#underWay--;
    }
  }
}

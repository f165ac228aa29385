const TICKS_PER_MS = 90;
/** A frame that is further behind belongs to a stream with another zero, which is moved. */
const LONGEST_BEHIND_MS = 500;
/** A moved stream goes on this much after the last frame. */
const STEP_TICKS = 90 * 20;

/** A stream of timestamps and by how much it has been moved to follow what was sent before. */
export interface RebasedStream {
  rebaseTicks: number;
}

/**
 * Timestamps of the avatar's video: 90 kHz since the Unix epoch, so that a worker that takes over goes on where the
 * one before was. Driver and idle frames share them; they only grow.
 */
export class OutputClock {
  #last = 0;

  /** Ticks of the latest frame; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** @returns the ticks of a driver's frame; null where a later frame has been sent already */
  place(rawTicks: number, stream: RebasedStream): number | null {
    let ticks = rawTicks + stream.rebaseTicks;
    if (ticks <= this.#last) {
      if (this.#last - ticks < LONGEST_BEHIND_MS * TICKS_PER_MS) return null;
      stream.rebaseTicks = this.#last + STEP_TICKS - rawTicks;
      ticks = this.#last + STEP_TICKS;
    }
    this.#last = ticks;
    return ticks;
  }

  /** @returns the ticks of a frame that no driver made */
  placeIdle(unixMs: number): number {
    this.#last = Math.max(this.#last + 1, Math.round(unixMs * TICKS_PER_MS));
    return this.#last;
  }
}

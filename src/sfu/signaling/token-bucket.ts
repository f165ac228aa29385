/** Lets `ratePerS` events a second through, and twice as many at once after a pause. */
export class TokenBucket {
  #ratePerS: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(ratePerS: number, nowMs: number) {
    this.#ratePerS = ratePerS;
    this.#tokens = 2 * ratePerS;
    this.#filledAtMs = nowMs;
  }

  /** @returns whether the event may pass */
  take(nowMs: number): boolean {
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.#ratePerS;
    this.#tokens = Math.min(2 * this.#ratePerS, this.#tokens + earned);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

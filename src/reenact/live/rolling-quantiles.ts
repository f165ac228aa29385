import type { Quantiles } from '../../contract/live-session.ts';

/** Median and 95th percentile of what was measured over the last seconds, in bounded memory. */
export class RollingQuantiles {
  readonly #windowMs: number;
  readonly #values: Float64Array;
  readonly #timesMs: Float64Array;
  #count = 0;

  /** @param capacity measurements kept at most */
  constructor(windowMs: number, capacity = 512) {
    this.#windowMs = windowMs;
    this.#values = new Float64Array(capacity);
    this.#timesMs = new Float64Array(capacity).fill(Number.NEGATIVE_INFINITY);
  }

  add(value: number, nowMs: number): void {
    const at = this.#count++ % this.#values.length;
    this.#values[at] = value;
    this.#timesMs[at] = nowMs;
  }

  /** Null where nothing was measured in the window. */
  at(nowMs: number): Quantiles | null {
    const recent = this.#values.filter((_, i) => nowMs - this.#timesMs[i] <= this.#windowMs).sort();
    if (recent.length === 0) return null;
    const pick = (part: number): number =>
      recent[Math.min(recent.length - 1, Math.floor(part * recent.length))];
    return { p50: pick(0.5), p95: pick(0.95) };
  }

  /** Measurements in the window. */
  countAt(nowMs: number): number {
    return this.#timesMs.reduce((sum, timeMs) => sum + (nowMs - timeMs <= this.#windowMs ? 1 : 0), 0);
  }
}

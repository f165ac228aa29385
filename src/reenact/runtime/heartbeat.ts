export interface HeartbeatOptions {
  /** Silence that counts as a hang, ms. */
  readonly hangMs: number;
  readonly intervalMs: number;
}

/**
 * Tells a process that hangs from one that answers: a pure core, driven by a timer. Where our own timer comes late,
 * the answers may be waiting behind it: then judgement is put off for two ticks, so that they are heard first.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #lastHeardMs: number;
  #lastTickMs: number;

  /** @param nowMs monotonic clock, as in all methods */
  constructor(options: HeartbeatOptions, nowMs: number) {
    this.#options = options;
    this.#lastHeardMs = nowMs;
    this.#lastTickMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#lastHeardMs = Math.max(this.#lastHeardMs, nowMs);
  }

  /** Every `intervalMs`. @returns true where the process hangs */
  tick(nowMs: number): boolean {
    const lateMs = nowMs - this.#lastTickMs - this.#options.intervalMs;
    this.#lastTickMs = nowMs;
    const { hangMs, intervalMs } = this.#options;
    if (lateMs > intervalMs) this.heard(nowMs - hangMs + 2 * intervalMs);
    return nowMs - this.#lastHeardMs >= hangMs;
  }
}

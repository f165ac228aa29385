export interface HeartbeatOptions {
  /** Silence that counts as a hang, ms. */
  readonly hangMs: number;
  readonly intervalMs: number;
}

/** Silence that counts as a hang whatever the reason, in multiples of `hangMs`. */
const PATIENCE = 12;

/**
 * Tells a process that hangs from one that answers, and from one that would if it were given a core: a pure core,
 * driven by a timer. Killing a starved process makes the machine busier still, and starves the next.
 *
 * Time that the other side stood in the scheduler's queue is no silence. Where our own timer comes late, the answers
 * may be waiting behind it: then judgement is put off for two ticks, so that they are heard first.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #lastHeardMs: number;
  #lastTickMs: number;
  #queuedMs = 0;
  #queuedBeforeMs = 0;

  /** @param nowMs monotonic clock, as in all methods */
  constructor(options: HeartbeatOptions, nowMs: number) {
    this.#options = options;
    this.#lastHeardMs = nowMs;
    this.#lastTickMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#lastHeardMs = Math.max(this.#lastHeardMs, nowMs);
    this.#queuedBeforeMs = this.#queuedMs;
  }

  /**
   * Every `intervalMs`.
   *
   * @param queuedMs time that the other side has ever waited for a core; always 0 where that is not known
   * @returns true where the process hangs
   */
  tick(nowMs: number, queuedMs: number): boolean {
    const { hangMs, intervalMs } = this.#options;
    const lateMs = nowMs - this.#lastTickMs - intervalMs;
    this.#lastTickMs = nowMs;
    this.#queuedMs = queuedMs;
    if (lateMs > intervalMs) this.#lastHeardMs = Math.max(this.#lastHeardMs, nowMs - hangMs + 2 * intervalMs);
    const silentMs = nowMs - this.#lastHeardMs;
    return silentMs - (queuedMs - this.#queuedBeforeMs) >= hangMs || silentMs >= PATIENCE * hangMs;
  }
}

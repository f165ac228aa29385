import type { ProcessVitals } from './process-vitals.ts';

/** How much silence counts as a hang, by what the process does meanwhile, ms. */
export interface HangLimits {
  /** Between ticks. */
  readonly intervalMs: number;
  /** It has slept or is stopped, and wanted no core: a deadlock, or a signal. */
  readonly asleepMs: number;
  /** It had this CPU time on its main thread: its event loop is blocked. */
  readonly busyMs: number;
  /** Whatever the reason. */
  readonly patienceMs: number;
}

/** What the process was doing when it was given up. */
export type HangKind = 'asleep' | 'busy' | 'silent';

/** Of all its threads together, as share of one core: a main thread that waits for one of its own is no deadlock. */
const AT_WORK = 0.1;
/** Where nothing is known of the process, it may have been starved most of the time. */
const UNKNOWN_SHARE = 0.25;

/**
 * Tells a process that hangs from one that answers, and from one that would if it were given a core or the time: a pure
 * core, driven by a timer. Killing a starved process makes the machine busier still, and starves the next.
 *
 * Time that its main thread stood in the scheduler's queue is no silence, and neither is time that its other threads
 * worked. Where our own timer comes late, the answers may be waiting behind it: then it is not judged, and what was
 * missed is not counted.
 */
export class Heartbeat {
  #lastHeardMs: number;
  #lastTickMs: number;
  #last: ProcessVitals | null = null;
  #asleepMs = 0;
  #busyMs = 0;
  #silentMs = 0;

  /** @param nowMs monotonic clock, as in all methods */
  constructor(nowMs: number) {
    this.#lastHeardMs = nowMs;
    this.#lastTickMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#lastHeardMs = nowMs;
    this.#asleepMs = 0;
    this.#busyMs = 0;
    this.#silentMs = 0;
  }

  /**
   * Every interval.
   *
   * @param vitals null where the system does not tell
   * @param runnable whether one of its threads wants a core just now, which takes a look at each: asked only of a process
   *     that has left a whole interval without an answer
   * @returns null where the process does not hang
   */
  tick(
    nowMs: number,
    vitals: ProcessVitals | null,
    runnable: () => boolean,
    limits: HangLimits,
  ): HangKind | null {
    const last = this.#last;
    const elapsedMs = nowMs - this.#lastTickMs;
    const silentMs = Math.min(nowMs - Math.max(this.#lastTickMs, this.#lastHeardMs), 1.5 * limits.intervalMs);
    const answered = this.#silentMs === 0;
    this.#last = vitals;
    this.#lastTickMs = nowMs;

    this.#silentMs += silentMs;
    if (vitals === null || last === null) {
      this.#asleepMs += UNKNOWN_SHARE * silentMs;
    } else {
      const ranMs = vitals.mainRanMs - last.mainRanMs;
      const queuedMs = vitals.mainQueuedMs - last.mainQueuedMs;
      const working = vitals.ranMs - last.ranMs > AT_WORK * elapsedMs;
      this.#busyMs += Math.min(ranMs, silentMs);
      if (vitals.stopped) this.#asleepMs += silentMs;
      else if (!working && (answered || !runnable()))
        this.#asleepMs += Math.max(0, silentMs - ranMs - queuedMs);
    }

    if (elapsedMs > 2 * limits.intervalMs) return null;
    if (this.#asleepMs >= limits.asleepMs) return 'asleep';
    if (this.#busyMs >= limits.busyMs) return 'busy';
    return this.#silentMs >= limits.patienceMs ? 'silent' : null;
  }
}

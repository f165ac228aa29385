import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export const STAGES = ['decode', 'track', 'fit', 'generate', 'encode'] as const;
export type Stage = (typeof STAGES)[number];
export type StageTimes = Readonly<Record<Stage, { readonly p50: number; readonly p95: number }>>;

/** What a pipeline needs of a clock. */
export interface StageTimer {
  /** Runs `work`, records how long it took (until its promise settled) and passes its value on. */
  time<T>(stage: Stage, work: () => T | Promise<T>): Promise<T>;
  timeSync<T>(stage: Stage, work: () => T): T;
  /** What was timed otherwise. */
  record(stage: Stage, elapsedMs: number): void;
}

/** Times what each stage of the pipeline takes a frame, in bounded memory (an HDR histogram a stage). */
export class StageClock implements StageTimer {
  readonly #histograms = new Map<Stage, RecordableHistogram>(
    STAGES.map((stage) => [stage, createHistogram({ figures: 3 })]),
  );

  record(stage: Stage, elapsedMs: number): void {
    this.#histograms.get(stage)?.record(Math.max(1, Math.round(elapsedMs * 1000)));
  }

  async time<T>(stage: Stage, work: () => T | Promise<T>): Promise<T> {
    const startMs = performance.now();
    const value = await work();
    this.record(stage, performance.now() - startMs);
    return value;
  }

  timeSync<T>(stage: Stage, work: () => T): T {
    const startMs = performance.now();
    const value = work();
    this.record(stage, performance.now() - startMs);
    return value;
  }

  /** Milliseconds a frame. A stage that never ran reads 0. */
  times(): StageTimes {
    const times = {} as Record<Stage, { p50: number; p95: number }>;
    for (const [stage, histogram] of this.#histograms) {
      const ms = (percentile: number): number =>
        histogram.count === 0 ? 0 : histogram.percentile(percentile) / 1000;
      times[stage] = { p50: ms(50), p95: ms(95) };
    }
    return times;
  }
}

import type { Quantiles } from '../../contract/live-session.ts';

const WINDOW_FRAMES = 256;

/** Median and 95th percentile of the last frames. */
export class LatencyMeter {
  private readonly samplesMs = new Float64Array(WINDOW_FRAMES);
  private count = 0;

  add(ms: number): void {
    this.samplesMs[this.count % WINDOW_FRAMES] = ms;
    this.count++;
  }

  /** Frames since `reset`. */
  get frames(): number {
    return this.count;
  }

  /** Null before the first frame. */
  get quantiles(): Quantiles | null {
    const n = Math.min(this.count, WINDOW_FRAMES);
    if (n === 0) return null;
    const sorted = this.samplesMs.slice(0, n).sort();
    const at = (part: number) => sorted[Math.min(n - 1, Math.floor(part * n))];
    return { p50: at(0.5), p95: at(0.95) };
  }

  reset(): void {
    this.count = 0;
  }
}

import type { Quantiles } from '../contract/live-session.ts';

const KEPT_MS = 10_000;

/**
 * Capture to screen as a room's viewers report it: the median of their medians, and the 95th percentile of their 95th
 * percentiles, over the reports of the last ten seconds. One report a viewer counts.
 */
export class ViewerLatency {
  #reports = new Map<string, { p50: number; p95: number; atMs: number }>();

  report(viewerId: string, p50: number, p95: number, atMs: number): void {
    this.#reports.set(viewerId, { p50, p95, atMs });
  }

  forget(viewerId: string): void {
    this.#reports.delete(viewerId);
  }

  summary(nowMs: number): Quantiles | null {
    const fresh = [...this.#reports.values()].filter(({ atMs }) => nowMs - atMs <= KEPT_MS);
    if (fresh.length === 0) return null;
    return {
      p50: quantile(
        fresh.map(({ p50 }) => p50),
        0.5,
      ),
      p95: quantile(
        fresh.map(({ p95 }) => p95),
        0.95,
      ),
    };
  }
}

/** Nearest rank. */
function quantile(values: number[], q: number): number {
  values.sort((a, b) => a - b);
  return values[Math.max(0, Math.ceil(q * values.length) - 1)];
}

import { quantile } from '../../reenact/evaluate/statistics.ts';

/** One line of the benchmark's table. */
export interface BenchRow {
  readonly stage: string;
  /** Runs measured, warm-up left out. */
  readonly runs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Median of the plain reference implementation that the tests compare with; null where there is none. */
  readonly referenceMs: number | null;
}

const WARM_UP_SHARE = 0.2;

/** Times `work(0..runs-1)`, one after the other; the first fifth warms up and does not count. */
export async function measure(
  runs: number,
  work: (run: number) => unknown,
): Promise<{ runs: number; p50Ms: number; p95Ms: number }> {
  const times: number[] = [];
  const warmUp = Math.ceil(runs * WARM_UP_SHARE);
  for (let run = 0; run < warmUp + runs; run++) {
    const startMs = performance.now();
    await work(run % runs);
    if (run >= warmUp) times.push(performance.now() - startMs);
  }
  return { runs: times.length, p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95) };
}

/** The table as aligned text. */
export function formatTable(rows: readonly BenchRow[]): string {
  const head = ['stage', 'runs', 'p50 ms', 'p95 ms', 'plain reference ms', 'times faster'];
  const lines = rows.map((row) => [
    row.stage,
    String(row.runs),
    row.p50Ms.toFixed(2),
    row.p95Ms.toFixed(2),
    row.referenceMs === null ? '–' : row.referenceMs.toFixed(1),
    row.referenceMs === null ? '–' : (row.referenceMs / row.p50Ms).toFixed(0),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column].length)),
  );
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
        .join('  '),
    )
    .join('\n');
}

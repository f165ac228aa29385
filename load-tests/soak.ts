/**
 * Streams for a while and looks whether anything grows:
 *
 *     npm run load -- soak [--minutes 30]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { demonstrate } from './harness/demonstration.ts';
import { ProcessUsage } from './harness/process-usage.ts';
import { type Budget, report } from './harness/report.ts';
import { median, type Sampler } from './harness/sampler.ts';

const MINUTE_MS = 60_000;
/** What is loaded, compiled and cached by then is no leak. */
const SETTLED_MINUTE = 3;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Number(values.minutes);
if (!(minutes >= 1 && minutes <= 240)) throw new Error('--minutes takes 1 to 240');
// A short run compares its own thirds.
const settled = Math.min(SETTLED_MINUTE, minutes / 3);

const { server, viewer, sampler, close } = await demonstrate();
const usage = new ProcessUsage({ gateway: server.child.pid! });
viewer.pictures.longestGapMs = 0;
const before = viewer.pictures.frames;
await sleep(minutes * MINUTE_MS);
const fps = (viewer.pictures.frames - before) / (minutes * 60);
await usage.stop();
await close();

const LATENCY = 'loki_stage_latency_ms{stage="total",quantile="0.95"}';
await report(
  'soak',
  [
    { what: 'frames a second at the viewer', value: fps, limit: 20, unit: 'Hz', sense: 'least' },
    { what: 'longest gap at the viewer', value: viewer.pictures.longestGapMs, limit: 1000, unit: 'ms' },
    ...sampler.processes.map((name): Budget => {
      const growth = ratio(sampler, `loki_process_rss_bytes{process="${name}"}`);
      return { what: `RSS of ${name}, last over settled`, value: growth, limit: 1.1, unit: '' };
    }),
    { what: 'p95 latency, last over settled', value: ratio(sampler, LATENCY), limit: 1.2, unit: '' },
  ],
  { processes: usage.groups(), data: sampler.samples },
);

/** Median of the last minute (or third) over that around the settled minute. */
function ratio(samples: Sampler, name: string): number {
  const series = samples.series(name);
  const span = Math.min(MINUTE_MS, (minutes * MINUTE_MS) / 3);
  const endMs = series.at(-1)?.atMs ?? 0;
  const late = series.filter(({ atMs }) => atMs > endMs - span);
  const early = series.filter(({ atMs }) => atMs > settled * MINUTE_MS && atMs <= settled * MINUTE_MS + span);
  return median(late.map(({ value }) => value)) / median(early.map(({ value }) => value));
}

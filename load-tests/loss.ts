/**
 * Loses and delays packets on the driver's way and on the viewer's, one after the other:
 *
 *     npm run load -- loss [--seconds 20]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { quantile } from '../src/reenact/evaluate/statistics.ts';
import { ProcessUsage } from './harness/process-usage.ts';
import { type Budget, report, round } from './harness/report.ts';
import { Sampler } from './harness/sampler.ts';
import { type Cadence, cadence } from './harness/series.ts';
import { AVATAR, Stage } from './harness/stage.ts';
import { type Impairment, UdpRelay } from './harness/udp-relay.ts';

const CLEAN: Impairment = { loss: 0, jitterMs: 0 };
const BAD: readonly Impairment[] = [
  { loss: 0.02, jitterMs: 80 },
  { loss: 0.05, jitterMs: 80 },
];
/** Buffers and rate control take their time on a new path. */
const SETTLE_MS = 6000;
/** What the viewer shall have, by the part of packets that is lost. */
const LEAST_FPS = [20, 15];
const LONGEST_GAP_MS = [1000, 2000];

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });
const seconds = Number(values.seconds);
if (!(seconds >= 5 && seconds <= 300)) throw new Error('--seconds takes 5 to 300');

const [driverRelay, viewerRelay] = [new UdpRelay(), new UdpRelay()];
const stage = await Stage.open({ driverRelay, viewerRelay, probe: true });
const budgets: Budget[] = [];
const notes = [
  '| way | frames a second shown | freezes | longest wait, ms | glass to glass p50 / p95, ms | driver fps in |',
  '|---|---|---|---|---|---|',
];
const usage = new ProcessUsage(stage.processes);
const sampler = new Sampler(stage.server.base);
try {
  await stage.drive();
  const viewer = await stage.watch();
  await viewer.evaluate(`lokiCadence(${JSON.stringify(AVATAR)})`);
  await sleep(10_000);
  await through('clean', null, CLEAN);
  for (const [name, relay] of [
    ["the driver's", driverRelay],
    ["the viewer's", viewerRelay],
  ] as const)
    for (const [index, impairment] of BAD.entries()) {
      const seen = await through(
        `${name}: ${impairment.loss * 100} % loss, ${impairment.jitterMs} ms jitter`,
        relay,
        impairment,
      );
      const what = `${name} way, ${impairment.loss * 100} % loss, ${impairment.jitterMs} ms jitter`;
      budgets.push(
        { what: `${what}: fps shown`, value: seen.fps, limit: LEAST_FPS[index], unit: 'Hz', sense: 'least' },
        { what: `${what}: longest wait`, value: seen.longestGapMs, limit: LONGEST_GAP_MS[index], unit: 'ms' },
      );
    }
  await through('clean again', null, CLEAN);
  await stage.live(10_000);

  async function through(name: string, relay: UdpRelay | null, impairment: Impairment): Promise<Cadence> {
    if (relay !== null) relay.impairment = impairment;
    await sleep(SETTLE_MS);
    await viewer.evaluate('lokiProbe.reset()');
    const fromMs = Date.now();
    const firstSample = sampler.samples.length;
    await sleep(seconds * 1000);
    const shown = (await viewer.evaluate('lokiShownMs')) as number[];
    const ages = (await viewer.evaluate('lokiProbe.agesMs')) as number[];
    const seen = cadence(shown, fromMs, Date.now());
    const fpsIn = sampler.samples
      .slice(firstSample)
      .map(({ figures }) => figures['loki_fps{direction="in"}']);
    notes.push(
      `| ${name} | ${round(seen.fps)} | ${seen.freezes} | ${round(seen.longestGapMs)} | ` +
        `${round(quantile(ages, 0.5))} / ${round(quantile(ages, 0.95))} | ${round(quantile(fpsIn, 0.5))} |`,
    );
    if (relay !== null) relay.impairment = CLEAN;
    return seen;
  }
} finally {
  await Promise.all([usage.stop(), sampler.stop()]);
  await stage.close();
  driverRelay.close();
  viewerRelay.close();
}
notes.push(
  '',
  `Packets that passed and that were lost: driver's way ${driverRelay.passed}, ${driverRelay.lost}; ` +
    `viewer's way ${viewerRelay.passed}, ${viewerRelay.lost}.`,
);
await report('loss', budgets, { processes: usage.groups(), notes });

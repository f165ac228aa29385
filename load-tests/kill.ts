/**
 * Kills the processes of a running session one after the other, and measures how long its viewer waits for frames:
 *
 *     npm run load -- kill [--times 2]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { quantile } from '../src/reenact/evaluate/statistics.ts';
import { until } from './harness/demonstration.ts';
import { descendants, ProcessUsage } from './harness/process-usage.ts';
import { type Budget, report, round } from './harness/report.ts';
import { cadence } from './harness/series.ts';
import { AVATAR, Stage } from './harness/stage.ts';

const GIVE_UP_MS = 30_000;
/** In two seconds: an avatar that nobody drives is drawn five times a second. */
const LEAST_FRAMES = 7;
/** The next spare has to be ready, the driver learned again. */
const REST_MS = 15_000;

const { values } = parseArgs({ options: { times: { type: 'string', default: '2' } } });
const times = Number(values.times);
if (!(times >= 1 && times <= 10)) throw new Error('--times takes 1 to 10');

const stage = await Stage.open({ env: { LOKI_ROOMS_GRACE_S: '10' } });
const budgets: Budget[] = [];
const notes: string[] = [];
const usage = new ProcessUsage(stage.processes);
try {
  await stage.drive();
  const viewer = await stage.watch();
  await viewer.evaluate(`lokiCadence(${JSON.stringify(AVATAR)})`);
  await sleep(REST_MS);
  const still = await waitAfter(viewer, () => {});
  notes.push(
    `- with nobody killed the longest wait for a frame in as much time was ${round(still.longestGapMs)} ms`,
  );
  const gateway = stage.server.child.pid!;
  const victims = [
    [
      'SIGKILL',
      'the reenactment worker',
      () => [descendants(gateway, 'reenact/runtime/worker-main')[0]],
      2000,
    ],
    [
      'SIGSTOP',
      'the reenactment worker',
      () => [descendants(gateway, 'reenact/runtime/worker-main')[0]],
      4000,
    ],
    // One of them has the room; a browser keeps processes ready for tabs to come. Only all are sure to be the right one.
    ['SIGKILL', 'the mediasoup workers', () => descendants(gateway, 'mediasoup-worker'), 5000],
    ['SIGKILL', "the driver's tab", () => descendants(stage.driverPid, '--type=renderer'), 2000],
  ] as const;
  for (const [signal, who, find, limit] of victims) {
    const waitsMs: number[] = [];
    const againMs: number[] = [];
    for (let i = 0; i < times; i++) {
      const beganMs = performance.now();
      const seen = await waitAfter(viewer, () => {
        for (const pid of find()) process.kill(pid, signal);
      });
      waitsMs.push(seen.longestGapMs);
      process.stderr.write(`${signal} of ${who}: ${round(seen.longestGapMs)} ms\n`);
      // Who lost their tab opens another.
      if (who === "the driver's tab") await stage.drive();
      else await stage.live(GIVE_UP_MS);
      againMs.push(performance.now() - beganMs);
      await sleep(REST_MS);
    }
    budgets.push({
      what: `viewer's longest wait after ${signal} of ${who}, median of ${times}`,
      value: quantile(waitsMs, 0.5),
      limit,
      unit: 'ms',
    });
    notes.push(
      `- ${signal} of ${who}: waits ${waitsMs.map(round).join(', ')} ms; the session was live again after`,
    );
    notes[notes.length - 1] += ` at most ${round(Math.max(...againMs))} ms`;
  }
} catch (error) {
  process.stderr.write(stage.server.log().split('\n').slice(-40).join('\n'));
  throw error;
} finally {
  await usage.stop();
  await stage.close();
}
await report('kill', budgets, { processes: usage.groups(), notes });

/** What the viewer sees from the deed until frames have come for some seconds again. */
async function waitAfter(viewer: Page, deed: () => void): Promise<ReturnType<typeof cadence>> {
  const atMs = Date.now();
  const shown = async (): Promise<number[]> => (await viewer.evaluate('lokiShownMs')) as number[];
  deed();
  await sleep(4000);
  await until(
    'frames again',
    async () => (await shown()).filter((ms) => ms > Date.now() - 2000).length >= LEAST_FRAMES,
    GIVE_UP_MS,
    100,
  );
  return cadence(await shown(), atMs, Date.now());
}

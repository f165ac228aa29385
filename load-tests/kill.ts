/**
 * Kills and stops the processes of a running server one after the other, and measures how long its viewer waits:
 *
 *     node --import tsx load-tests/kill.ts [--times 3]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { demonstrate, until } from './harness/demonstration.ts';
import { type Budget, report } from './harness/report.ts';
import { median } from './harness/sampler.ts';

/** What the viewer may wait for: 2 s for the worker to come back, and some for a key frame to reach them. */
const LIMIT_MS = 2000;
const GIVE_UP_MS = 30_000;
/** The next spare has to be ready. */
const REST_MS = 15_000;

const { values } = parseArgs({ options: { times: { type: 'string', default: '3' } } });
const times = Number(values.times);
if (!(times >= 1 && times <= 20)) throw new Error('--times takes 1 to 20');

const { server, viewer, sampler, close } = await demonstrate();
const budgets: Budget[] = [];
try {
  await sleep(REST_MS);
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    const waitsMs: number[] = [];
    for (let i = 0; i < times; i++) {
      waitsMs.push(await waitAfter(busiestWorker(server.child.pid ?? -1), signal));
      await sleep(REST_MS);
    }
    budgets.push({
      what: `viewer's wait after ${signal} of the reenactment worker, median of ${times}`,
      value: median(waitsMs),
      limit: LIMIT_MS,
      unit: 'ms',
    });
  }
} finally {
  await close();
}
await report('kill', budgets, sampler);

/** Time from the signal to the first frame after it. */
async function waitAfter(pid: number, signal: NodeJS.Signals): Promise<number> {
  const killedMs = performance.now();
  process.kill(pid, signal);
  // What was on its way when the signal came still arrives.
  await sleep(100);
  const { frames } = viewer.pictures;
  await until('frames again', () => viewer.pictures.frames > frames, GIVE_UP_MS);
  return viewer.pictures.lastMs - killedMs;
}

/** Of the server's reenactment processes the one that has a session: the spare and the idle use far less. */
function busiestWorker(serverPid: number): number {
  const usage = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const pid = Number(name);
    const stat = read(`/proc/${name}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(fields[1]) === serverPid && read(`/proc/${name}/cmdline`).includes('worker-main.ts'))
      usage.set(pid, Number(fields[11]) + Number(fields[12]));
  }
  const [busiest] = [...usage].sort(([, a], [, b]) => b - a);
  if (busiest === undefined) throw new Error('the server has no reenactment worker');
  return busiest[0];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

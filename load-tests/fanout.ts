/**
 * What many viewers cost, beside what mediasoup alone takes to forward the same stream to as many, both at the same time:
 *
 *     npm run load -- fanout [--viewers 100] [--rounds 3] [--seconds 12]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openBrowser } from '../src/client/browser-fixture.ts';
import { MEDIASOUP_WORKER } from '../src/gateway/server-process.ts';
import { claimLivePriority } from '../src/live-priority.ts';
import { quantile } from '../src/reenact/evaluate/statistics.ts';
import { EXTENSIONS } from '../src/sfu/codecs.ts';
import type { CrowdCount, CrowdOrder } from './harness/crowd-worker.ts';
import { demonstrate, until } from './harness/demonstration.ts';
import type { PlainSfuReady, PlainStreams } from './harness/plain-sfu.ts';
import { cpuSeconds, ProcessUsage } from './harness/process-usage.ts';
import { type Budget, report, round } from './harness/report.ts';
import { cadence } from './harness/series.ts';

/** Processes that watch each of the two. */
const CROWDS = 2;
/** Of all viewers these decode what they get. */
const DECODERS = 2;
const SETTLE_MS = 3000;
const LIMIT_MS = 60_000;

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '12' },
  },
});
const viewers = bounded('--viewers', values.viewers, 4, 190);
const rounds = bounded('--rounds', values.rounds, 1, 20);
const seconds = bounded('--seconds', values.seconds, 5, 120);

interface Phase {
  /** CPU seconds a second of all that serves. */
  readonly cores: number;
  readonly framesAViewer: number;
  readonly packets: number;
}

const {
  server,
  viewer: source,
  token,
  sampler,
  close,
} = await demonstrate({
  LOKI_HTTP_REQUESTS_PER_MINUTE: '6000',
});
await sampler.stop();
const children: ChildProcess[] = [];
const notes: string[] = [];
const budgets: Budget[] = [];
let usage: ProcessUsage | null = null;
try {
  const plain = child('plain-sfu');
  const plainBase = await feed(plain);
  const crowdOf = (): ChildProcess[] => Array.from({ length: CROWDS }, () => child('crowd-worker'));
  const [ourCrowd, theirCrowd] = [crowdOf(), crowdOf()];
  // It passes the stream on, and its children are there.
  claimLivePriority();
  const gateway = server.child.pid!;
  usage = new ProcessUsage({
    gateway,
    'plain mediasoup': plain.pid!,
    ...Object.fromEntries([...ourCrowd, ...theirCrowd].map(({ pid }, i) => [`viewers ${i + 1}`, pid!])),
  });
  // What either takes when nobody but the one who passes the stream on watches.
  await sleep(SETTLE_MS);
  const ourParts = (): number => served({ gateway }, ['gateway', 'sfu']);
  const theirParts = (): number => served({ plain: plain.pid! }, ['plain']);
  const [ownCores, plainCores] = await Promise.all([idle(ourParts), idle(theirParts)]);
  // That one watches the real server: one less is needed there.
  await Promise.all([
    come(ourCrowd, server.base, 'demo', viewers - 1),
    come(theirCrowd, plainBase, 'plain', viewers),
  ]);
  await sleep(SETTLE_MS);
  const ours: Phase[] = [];
  const theirs: Phase[] = [];
  for (let i = 0; i < rounds; i++) {
    const [one, other] = await Promise.all([
      phase(ourCrowd, viewers - 1, ourParts),
      phase(theirCrowd, viewers, theirParts),
    ]);
    ours.push(one);
    theirs.push(other);
  }
  await all(theirCrowd, () => ({ do: 'leave' }));
  const cores = (phases: readonly Phase[]): number =>
    quantile(
      phases.map((one) => one.cores),
      0.5,
    );
  const ratios = ours.map((one, i) => one.cores / one.packets / (theirs[i].cores / theirs[i].packets));
  budgets.push(
    {
      what: `CPU of gateway and SFU over plain mediasoup's, ${viewers} viewers`,
      value: cores(ours) / cores(theirs),
      limit: 1.05,
      unit: '',
    },
    {
      what: `CPU that ${viewers} viewers add over what they add to plain mediasoup`,
      value: (cores(ours) - ownCores) / (cores(theirs) - plainCores),
      limit: 1.05,
      unit: '',
    },
    {
      what: 'frames a second at each viewer',
      value: quantile(
        ours.map(({ framesAViewer }) => framesAViewer),
        0.5,
      ),
      limit: 20,
      unit: 'Hz',
      sense: 'least',
    },
  );
  notes.push(
    `- gateway and SFU: ${round(100 * cores(ours))} % of a core (${list(ours)}); plain mediasoup: ` +
      `${round(100 * cores(theirs))} % (${list(theirs)})`,
    `- the same a packet that viewers received: ${round(quantile(ratios, 0.5))} (${ratios.map(round).join(', ')})`,
    `- before they came: ${round(100 * ownCores)} and ${round(100 * plainCores)} % of a core; what ${viewers} viewers added: ` +
      `${round(100 * (cores(ours) - ownCores))} and ${round(100 * (cores(theirs) - plainCores))} %`,
    `- packets and frames a second at each viewer: ${received(ours, viewers - 1)}; of plain mediasoup's ${received(theirs, viewers)}`,
  );

  const seen = await watchInChromium(ourCrowd);
  budgets.push({
    what: 'frames a second in Chromium among them',
    value: seen.fps,
    limit: 20,
    unit: 'Hz',
    sense: 'least',
  });
  notes.push(
    `- Chromium among ${viewers} viewers: ${round(seen.fps)} fps, ${seen.freezes} freezes, longest wait ${round(seen.longestGapMs)} ms`,
  );
} finally {
  await usage?.stop();
  for (const one of children) one.disconnect();
  await close();
}
await report('fanout', budgets, { processes: usage?.groups() ?? [], notes });

async function come(
  crowds: readonly ChildProcess[],
  base: string,
  room: string,
  count: number,
): Promise<void> {
  await all(crowds, (i) => ({ do: 'watch', base, room, token, ...share(count, i) }));
}

/** What a crowd gets and costs for a while. */
async function phase(crowds: readonly ChildProcess[], count: number, cpu: () => number): Promise<Phase> {
  const [before, cpuBefore, beganMs] = [await all(crowds, () => ({ do: 'count' })), cpu(), performance.now()];
  await sleep(seconds * 1000);
  const [spanS, cpuAfter] = [(performance.now() - beganMs) / 1000, cpu()];
  const after = await all(crowds, () => ({ do: 'count' }));
  const gained = (of: (one: CrowdCount) => number): number =>
    after.reduce((sum, one, i) => sum + of(one) - of(before[i]), 0);
  return {
    cores: (cpuAfter - cpuBefore) / spanS,
    framesAViewer: gained(({ frames }) => frames) / count / spanS,
    packets: gained(({ packets }) => packets) / spanS,
  };
}

async function watchInChromium(crowds: readonly ChildProcess[]) {
  const before = await all(crowds, () => ({ do: 'count' }));
  const browser = await openBrowser(0);
  try {
    const page = await browser.page({ camera: false });
    await page.addInitScript({ path: fileURLToPath(new URL('./page/record-frames.js', import.meta.url)) });
    await page.goto(`${server.base}/watch/demo#token=${token}`);
    await page.evaluate(`lokiCadence('video')`);
    const shown = async (): Promise<number[]> => (await page.evaluate('lokiShownMs')) as number[];
    await until('frames in Chromium', async () => (await shown()).length > 50, LIMIT_MS, 100);
    const fromMs = Date.now();
    await sleep(seconds * 1000);
    const seen = cadence(await shown(), fromMs, Date.now());
    const after = await all(crowds, () => ({ do: 'count' }));
    const decoded = after.reduce((sum, one, i) => sum + one.decoded - before[i].decoded, 0);
    const undecodable = after.reduce((sum, one) => sum + one.undecodable, 0);
    notes.push(
      `- ${DECODERS} viewers decoded ${decoded} frames meanwhile; ${undecodable} frames of the whole run could not be decoded`,
    );
    return seen;
  } finally {
    await browser.close();
  }
}

/** Passes the stream that `source` watches on to plain mediasoup. @returns where that is watched */
async function feed(plain: ChildProcess): Promise<string> {
  const streams: { -readonly [K in keyof PlainStreams]?: PlainStreams[K] } = {};
  source.onPacket = ({ header: { payloadType, ssrc } }, kind) => {
    streams[kind as 'video' | 'audio'] ??= { payloadType, ssrc };
  };
  await until('both streams', () => streams.video !== undefined && streams.audio !== undefined, LIMIT_MS);
  plain.send(streams);
  const [{ rtpPort, base }] = (await once(plain, 'message')) as [PlainSfuReady];
  const socket = createSocket('udp4');
  // The only thing it says are reports and requests for key frames.
  socket.on('message', () => source.requestKeyFrame());
  source.onPacket = (packet) => {
    // They were taken off on the way to this viewer, which asks for none; the avatar's stream has them.
    packet.header.extension = true;
    packet.header.extensionProfile = 0xbede;
    packet.header.extensions = [
      { id: EXTENSIONS.absCaptureTime.id, payload: Buffer.alloc(8) },
      { id: EXTENSIONS.playoutDelay.id, payload: Buffer.alloc(3) },
    ];
    socket.send(packet.serialize(), rtpPort, '127.0.0.1');
  };
  return base;
}

/** CPU seconds a second. */
async function idle(cpu: () => number): Promise<number> {
  const [cpuBefore, beganMs] = [cpu(), performance.now()];
  await sleep(seconds * 1000);
  return (cpu() - cpuBefore) / ((performance.now() - beganMs) / 1000);
}

function received(phases: readonly Phase[], count: number): string {
  const median = (of: (one: Phase) => number): number => quantile(phases.map(of), 0.5);
  return `${round(median(({ packets }) => packets) / count)} and ${round(median(({ framesAViewer }) => framesAViewer))}`;
}

function served(roots: Record<string, number>, groups: readonly string[]): number {
  const seconds = cpuSeconds(roots);
  return groups.reduce((sum, group) => sum + (seconds.get(group) ?? 0), 0);
}

function child(name: string): ChildProcess {
  const file = fileURLToPath(new URL(`./harness/${name}.ts`, import.meta.url));
  const made = fork(file, {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: { ...process.env, ...(MEDIASOUP_WORKER !== null && { MEDIASOUP_WORKER_BIN: MEDIASOUP_WORKER }) },
  });
  made.once('exit', (code) => {
    if (code !== 0) process.stderr.write(`${name} ended with ${code}\n`);
  });
  children.push(made);
  return made;
}

function all(crowds: readonly ChildProcess[], order: (index: number) => CrowdOrder): Promise<CrowdCount[]> {
  return Promise.all(
    crowds.map(async (crowd, index) => {
      crowd.send(order(index));
      const [count] = (await once(crowd, 'message')) as [CrowdCount];
      if (count.error !== null) throw new Error(`viewers: ${count.error}`);
      return count;
    }),
  );
}

function share(count: number, index: number): { viewers: number; decoders: number } {
  const own = Math.floor(count / CROWDS) + (index < count % CROWDS ? 1 : 0);
  return { viewers: own, decoders: index < DECODERS ? 1 : 0 };
}

function list(phases: readonly Phase[]): string {
  return phases.map(({ cores }) => round(100 * cores)).join(', ');
}

function bounded(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!(value >= least && value <= most)) throw new Error(`${option} takes ${least} to ${most}`);
  return value;
}

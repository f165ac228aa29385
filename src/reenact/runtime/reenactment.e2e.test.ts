import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionState, SessionStats } from '../../contract/live-session.ts';
import {
  BUILTIN_AVATAR,
  BUILTIN_DRIVER,
  DRIVER_SSRC,
  isContiguous,
  specOf,
  streamsOf,
  TestPeer,
} from '../live/live-fixture.ts';
import { type FilePlayer, playFile } from '../live/play-file.ts';
import { createReenactment, type SupervisedReenactment } from './supervisor.ts';

const OTHER_AVATAR = fileURLToPath(new URL('../../../models/builtin/avatars/kofi.jpg', import.meta.url));
const RESTART_LIMIT_MS = 2000;

/** A driver out of a file, a session and what comes of it. */
interface Stage {
  readonly sessionId: string;
  readonly peer: TestPeer;
  readonly player: FilePlayer;
  readonly states: SessionState[];
  readonly stats: SessionStats[];
  close(): Promise<void>;
}

let stateDir: string;
let reenactment: SupervisedReenactment;
const open: Stage[] = [];
let opened = 0;

async function start(
  options: { spare?: boolean; maxSessions?: number } = {},
): Promise<SupervisedReenactment> {
  const log = pino({ level: 'warn', base: null }, pino.destination(2));
  return createReenactment({ headPath: null, stateDir, maxUtilisation: 10, log, ...options });
}

async function perform(): Promise<Stage> {
  const sessionId = `session-${++opened}`;
  const spec = specOf('VP8', { sessionId });
  const peer = await TestPeer.open(spec.streams);
  const states: SessionState[] = [];
  const stats: SessionStats[] = [];
  reenactment.on('state', (id, state) => void (id === sessionId && states.push(state)));
  reenactment.on('stats', (one) => void (one.sessionId === sessionId && stats.push(one)));
  peer.connect(await reenactment.open(spec));
  const streams = streamsOf('VP8', DRIVER_SSRC);
  const player = await playFile({ path: BUILTIN_DRIVER, to: peer.address, streams });
  reenactment.attach(sessionId, peer.address, { video: streams.video, audio: streams.audio });
  const stage = {
    sessionId,
    peer,
    player,
    states,
    stats,
    close: async () => {
      await reenactment.close(sessionId);
      await player.stop();
      await peer.close();
    },
  };
  open.push(stage);
  return stage;
}

async function until(what: string, met: () => boolean, limitMs = 30_000): Promise<void> {
  const began = performance.now();
  while (!met()) {
    if (performance.now() - began > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await sleep(5);
  }
}

const now = (): number => performance.timeOrigin + performance.now();
const isLive = ({ stats }: Stage) => stats.at(-1)?.state === 'live';
const pidOf = (name: string): number =>
  reenactment.snapshot().processes.find((process) => process.name === name)?.pid ?? -1;
const spareReady = () =>
  reenactment.snapshot().processes.some(({ name, rssBytes }) => name === 'reenactment-spare' && rssBytes > 0);

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'loki-runtime-'));
  reenactment = await start();
  await until('the spare', spareReady);
});

afterEach(async () => {
  for (const stage of open.splice(0)) await stage.close();
});

afterAll(async () => {
  await reenactment.shutdown();
  await rm(stateDir, { recursive: true, force: true });
});

describe('a reenactment process', () => {
  it.each([
    ['is killed', 'SIGKILL'],
    ['hangs', 'SIGSTOP'],
  ] as const)('that %s is replaced within 2 s, and its session goes on as it was', async (_, signal) => {
    const stage = await perform();
    const { peer, states } = stage;
    await until('a live session', () => isLive(stage));
    await until('the spare', spareReady);
    await until('frames', () => peer.frames.length > 50);
    const [pid, learned] = [pidOf('reenactment-1'), states.filter((state) => state === 'calibrating').length];

    const killedMs = now();
    process.kill(pid, signal);
    await sleep(20);
    const last = { frames: peer.frames.length, video: peer.sequences.video.length };
    await until('new packets', () => peer.frames.length > last.frames, 10_000);
    const [first] = peer.frames.slice(last.frames);
    // biome-ignore lint/suspicious/noConsole: a measurement
    console.log(signal, 'to first frame', first.atMs - killedMs, 'ms');
    await until('a live session', () => states.at(-1) === 'live');
    await sleep(1500);

    expect(first.atMs - killedMs).toBeLessThan(RESTART_LIMIT_MS);
    expect(first.key).toBe(true);
    expect(states).toContain('restarting');
    // The driver is known already: nobody has to be learned again.
    expect(states.slice(states.indexOf('restarting')).includes('calibrating')).toBe(false);
    expect(learned).toBeLessThanOrEqual(1);
    const [old, fresh] = [peer.sequences.video.slice(0, last.video), peer.sequences.video.slice(last.video)];
    expect(isContiguous(old)).toBe(true);
    expect(isContiguous(fresh)).toBe(true);
    const jump = (fresh[0] - old.at(-1)! + 65_536) % 65_536;
    expect(jump).toBeGreaterThan(0);
    expect(jump).toBeLessThan(1500);
    expect(pidOf('reenactment-1')).not.toBe(pid);
  });

  it('changes the avatar while the stream runs, without a gap; a bad one leaves it as it was', async () => {
    const stage = await perform();
    await until('a live session', () => isLive(stage));
    await reenactment.setAvatar(stage.sessionId, OTHER_AVATAR);
    await sleep(1000);
    await expect(reenactment.setAvatar(stage.sessionId, BUILTIN_DRIVER)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
    });
    await sleep(1000);
    expect(isContiguous(stage.peer.sequences.video)).toBe(true);
    expect(stage.states.at(-1)).toBe('live');
    void BUILTIN_AVATAR;
  });
});

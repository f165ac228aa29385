import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
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
import { playFile } from '../live/play-file.ts';
import { createReenactment, type ReenactmentOptions, type SupervisedReenactment } from './supervisor.ts';

const OTHER_AVATAR = fileURLToPath(new URL('../../../models/builtin/avatars/kofi.jpg', import.meta.url));
/** On a machine that is busy with other things; what it takes on a quiet one is load-tests/kill.ts's to prove. */
const RESTART_LIMIT_MS = 10_000;

/** A driver out of a file, a session and what comes of it. */
interface Stage {
  readonly sessionId: string;
  readonly peer: TestPeer;
  /** The session's own. */
  readonly port: number;
  readonly states: SessionState[];
  readonly stats: SessionStats[];
  close(): Promise<void>;
}

let stateDir: string;
let reenactment: SupervisedReenactment;
const open = new Set<Stage>();
let opened = 0;

function start(options: Partial<ReenactmentOptions> = {}): Promise<SupervisedReenactment> {
  const log = pino({ level: 'silent' });
  return createReenactment({ headPath: null, stateDir, maxUtilisation: 100, log, ...options });
}

/** @param driven false: nobody drives, the avatar is sent at rest */
async function perform({ driven = true, avatarPath = BUILTIN_AVATAR } = {}): Promise<Stage> {
  const sessionId = `session-${++opened}`;
  const spec = specOf('VP8', { sessionId, avatarPath, sizePx: 256 });
  const peer = await TestPeer.open(spec.streams);
  const states: SessionState[] = [];
  const stats: SessionStats[] = [];
  reenactment.on('state', (id, state) => void (id === sessionId && states.push(state)));
  reenactment.on('stats', (one) => void (one.sessionId === sessionId && stats.push(one)));
  const address = await reenactment.open(spec);
  peer.connect(address);
  const streams = streamsOf('VP8', DRIVER_SSRC);
  const player = driven ? await playFile({ path: BUILTIN_DRIVER, to: peer.address, streams }) : null;
  reenactment.attach(sessionId, peer.address, driven ? { video: streams.video, audio: streams.audio } : {});
  const stage: Stage = {
    sessionId,
    peer,
    port: address.port,
    states,
    stats,
    close: async () => {
      open.delete(stage);
      await reenactment.close(sessionId);
      await player?.stop();
      await peer.close();
    },
  };
  open.add(stage);
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
const isAlive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
};
/** The reenactment's process that holds the session's port. */
function pidServing({ port }: Stage): number {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = readFileSync('/proc/net/udp', 'latin1').split('\n');
  const inode = sockets
    .find((line) => line.includes(`:${hexPort} 00000000`))
    ?.trim()
    .split(/\s+/)[9];
  const holds = (pid: number) =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
  return reenactment.snapshot().processes.find(({ pid }) => holds(pid))?.pid ?? -1;
}
const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};
const isLive = ({ stats }: Stage) => stats.at(-1)?.state === 'live';
const pidOf = (name: string): number =>
  reenactment.snapshot().processes.find((process) => process.name === name)?.pid ?? -1;
const spareReady = () =>
  reenactment.snapshot().processes.some(({ name, rssBytes }) => name === 'reenactment-spare' && rssBytes > 0);

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'loki-runtime-'));
  reenactment = await start();
  await until('the spare', spareReady, 90_000);
});

afterEach(async () => {
  for (const stage of [...open]) await stage.close();
});

afterAll(async () => {
  await reenactment.shutdown();
  await rm(stateDir, { recursive: true, force: true });
});

describe('a session', () => {
  it('of an avatar that is known opens far sooner than one whose picture was never seen', async ({
    annotate,
  }) => {
    const openMs = async (): Promise<number> => {
      const beganMs = now();
      const stage = await perform({ driven: false });
      const tookMs = now() - beganMs;
      await stage.close();
      return tookMs;
    };
    const firstMs = await openMs();
    const laterMs: number[] = [];
    for (let i = 0; i < 5; i++) laterMs.push(await openMs());
    const [, , medianMs] = laterMs.sort((a, b) => a - b);
    await annotate(`opening: ${Math.round(firstMs)} ms, then ${laterMs.map(Math.round).join(', ')} ms`);
    expect(medianMs).toBeLessThan(firstMs / 5);
  });

  it('changes its avatar while it runs, without a gap; a bad picture leaves it as it was', async () => {
    const stage = await perform();
    await until('a live session', () => isLive(stage), 90_000);
    await reenactment.setAvatar(stage.sessionId, OTHER_AVATAR);
    const before = stage.peer.frames.length;
    await expect(reenactment.setAvatar(stage.sessionId, BUILTIN_DRIVER)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
    });
    await until('frames', () => stage.peer.frames.length > before + 10);
    expect(isContiguous(stage.peer.sequences.video)).toBe(true);
    expect(stage.states.at(-1)).toBe('live');
  });

  it('of a picture that is none is refused, and nothing is left of it', async () => {
    const spec = specOf('VP8', { sessionId: 'bad', avatarPath: '/nowhere/face.jpg' });
    await expect(reenactment.open(spec)).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    expect(reenactment.snapshot().sessions).toBe(0);
  });

  it('leaves no handles and little memory behind, and its process as it was', async () => {
    const pid = pidOf('reenactment-1');
    const handles = () => readdirSync(`/proc/${pid}/fd`).length;
    const rss = () => reenactment.snapshot().processes.find((one) => one.pid === pid)?.rssBytes ?? Number.NaN;
    const cycle = async () => (await perform({ driven: false })).close();
    for (let i = 0; i < 3; i++) await cycle();
    await sleep(500);
    const before = { handles: handles(), rss: rss() };
    for (let i = 0; i < 8; i++) await cycle();
    await sleep(500);
    expect(pidOf('reenactment-1')).toBe(pid);
    expect(handles()).toBeLessThanOrEqual(before.handles + 4);
    expect(rss() - before.rss).toBeLessThan(60e6);
  });
});

describe('a reenactment process', () => {
  it.for([
    ['is killed', 'SIGKILL'],
    ['hangs', 'SIGSTOP'],
  ] as const)('that %s is replaced, and its session goes on as it was', async ([, signal], { annotate }) => {
    const stage = await perform();
    const { peer, states } = stage;
    await until('a live session', () => isLive(stage), 90_000);
    await until('the spare', spareReady, 90_000);
    await until('frames', () => peer.frames.length > 50);
    const [pid, sparePid] = [pidOf('reenactment-1'), pidOf('reenactment-spare')];

    const killedMs = now();
    process.kill(pid, signal);
    await sleep(50);
    const last = { frames: peer.frames.length, video: peer.sequences.video.length };
    await until('new packets', () => peer.frames.length > last.frames);
    const [first] = peer.frames.slice(last.frames);
    await annotate(`${signal} to the first new frame: ${Math.round(first.atMs - killedMs)} ms`);
    for (const { name, rssBytes } of reenactment.snapshot().processes)
      await annotate(`${name}: RSS ${Math.round(rssBytes / 1e6)} MB`);
    await until('a live session', () => states.at(-1) === 'live');
    await until('some frames', () => peer.frames.length > last.frames + 15);

    expect(first.atMs - killedMs).toBeLessThan(RESTART_LIMIT_MS);
    expect(first.key).toBe(true);
    expect(pidOf('reenactment-1')).toBe(sparePid);
    expect(states).toContain('restarting');
    // The driver is known already: nobody has to be learned again.
    expect(states.slice(states.indexOf('restarting'))).not.toContain('calibrating');
    const [old, fresh] = [peer.sequences.video.slice(0, last.video), peer.sequences.video.slice(last.video)];
    expect(isContiguous(old)).toBe(true);
    expect(isContiguous(fresh)).toBe(true);
    const jump = (fresh[0] - old.at(-1)! + 65_536) % 65_536;
    expect(jump).toBeGreaterThan(0);
    expect(jump).toBeLessThan(1500);
  });

  it('that is killed by one session again and again loses that session alone, and rejects what waits', async () => {
    const failed: [string, string][] = [];
    reenactment.on('failed', (sessionId, code) => void failed.push([sessionId, code]));
    const innocent = await perform({ driven: false });
    const poisonous = await perform({ driven: false });
    const running = ({ states }: Stage) => states.length > 0 && states.at(-1) !== 'restarting';
    const isolated = () =>
      reenactment.snapshot().processes.filter(({ name }) => name.startsWith('reenactment-isolated'));
    // Nobody is there whose rest could be learned, so that this waits.
    const { sessionId } = poisonous;
    const waiting = expect(reenactment.calibrate(sessionId)).rejects.toMatchObject({ code: 'WORKER_DIED' });
    for (let death = 1; death <= 2; death++) {
      const pid = pidServing(poisonous);
      expect(pidServing(innocent)).toBe(pid);
      process.kill(pid, 'SIGKILL');
      await until('the death', () => !running(poisonous));
      await until('both again', () => running(innocent) && running(poisonous), 90_000);
      await waiting;
    }
    const innocentPid = pidServing(innocent);
    expect(isolated()).toHaveLength(1);
    expect(pidServing(poisonous)).not.toBe(innocentPid);
    process.kill(pidServing(poisonous), 'SIGKILL');
    await until('the verdict', () => failed.length > 0);
    expect(failed).toEqual([[sessionId, 'SESSION_FAILED']]);
    const { length } = innocent.peer.frames;
    await until('more of the other', () => innocent.peer.frames.length > length + 2);
    expect(pidServing(innocent)).toBe(innocentPid);
    expect(reenactment.snapshot().sessions).toBe(1);
    await innocent.close();
    expect(isolated()).toHaveLength(0);
  });

  it('ends with its parent, however that ends', async () => {
    const supervisor = new URL('./supervisor.ts', import.meta.url).href;
    const script = `
      const { createReenactment } = await import(${JSON.stringify(supervisor)});
      const { pino } = await import('pino');
      const reenactment = await createReenactment({
        headPath: null, stateDir: ${JSON.stringify(stateDir)}, spare: false, log: pino({ level: 'silent' }),
      });
      console.log(reenactment.snapshot().processes[0].pid);`;
    const register = new URL('../track/register-typescript.mjs', import.meta.url).href;
    const parent = spawn(process.execPath, ['--import', register, '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until('the end of the child', () => !isAlive(pid), 15_000);
  });
});

describe('the reenactment', () => {
  it('refuses sessions beyond its limit, counts them, and rejects what is pending when it shuts down', async () => {
    const small = await start({ spare: false, maxSessions: 1 });
    const [{ pid }] = small.snapshot().processes;
    const first = specOf('VP8', { sessionId: 'first', sizePx: 256 });
    await small.open(first);
    const refused = small.open({ ...first, sessionId: 'second' });
    await expect(refused).rejects.toMatchObject({
      code: 'SERVER_BUSY',
      message: expect.stringContaining('at most 1'),
    });
    expect(small.snapshot()).toMatchObject({ sessions: 1, refusals: 1 });
    await small.close('first');
    const pending = expect(small.open(first)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await small.shutdown();
    await pending;
    await expect(small.open(first)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(small.ready).toBe(false);
    await until('the end of the child', () => !isAlive(pid), 15_000);
    await small.shutdown();
  });

  it('says at once that its head model is missing', async () => {
    await expect(start({ spare: false, headPath: '/nowhere/head.bin' })).rejects.toMatchObject({
      code: 'MODEL_MISSING',
    });
  });
});

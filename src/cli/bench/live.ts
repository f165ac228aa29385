import { LIVE_STAGES, type SessionStats, type VideoCodec } from '../../contract/live-session.ts';
import { loadPack, type ModelPack } from '../../reenact/diffusion/pack/load-pack.ts';
import { EngineKeeper } from '../../reenact/diffusion/runtime/engine-keeper.ts';
import { InferenceEngine } from '../../reenact/diffusion/runtime/inference-engine.ts';
import type { ProviderChoice } from '../../reenact/diffusion/runtime/providers.ts';
import { quantile } from '../../reenact/evaluate/statistics.ts';
import type { TestParts } from '../../reenact/live/live-fixture.ts';
import {
  createTestParts,
  DRIVER_SSRC,
  PLAIN_OPTIONS,
  specOf,
  streamsOf,
  TestPeer,
} from '../../reenact/live/live-fixture.ts';
import { createLiveSession } from '../../reenact/live/live-session.ts';
import { SOUND_AHEAD_MS } from '../../reenact/live/picture-delay.ts';
import { playFileInProcess } from '../../reenact/live/play-file-process.ts';
import { drawnByNetworks, type SharedNetworks } from '../../reenact/runtime/avatar-cache.ts';
import { stepLadder } from '../../reenact/runtime/generator-setup.ts';
import { loadRig } from '../../reenact/session.ts';

/** Not counted: the first seconds, in which the driver is learned and the compiler is at work. */
const WARM_UP_MS = 8000;

export interface LiveFigures {
  readonly codec: VideoCodec;
  readonly seconds: number;
  readonly fpsOut: number;
  readonly latencyMs: SessionStats['latencyMs'];
  readonly captureToSendMs: SessionStats['captureToSendMs'];
  /** How far sound leaves from where it should: with the picture of its moment or up to `SOUND_AHEAD_MS` before; 95 %. */
  readonly skewMs: number;
  /** From the driver's first packet to the first frame that it moves, milliseconds. */
  readonly firstMotionMs: number;
  /** Of this process with its tracker, one core is 1; the player is a process of its own. */
  readonly cores: number;
  readonly drops: SessionStats['drops'];
  /** Denoising steps of the last frame; 0 where the geometric generator drew it. */
  readonly steps: number;
}

export interface LiveOptions {
  readonly driver: string;
  readonly avatar: string;
  readonly seconds: number;
  /** Folder of the model pack that draws, as fast as the machine lets it; null for the geometric generator. */
  readonly pack: string | null;
  readonly provider: ProviderChoice;
}

/** Streams the driver through a live session, by UDP on this machine and without an SFU. */
export async function benchLive(options: LiveOptions): Promise<LiveFigures[]> {
  const { pack: folder, provider } = options;
  const { model } = await loadRig();
  const pack = folder === null ? null : await loadPack(folder, model.sha256);
  const networks = pack === null ? null : keepNetworks(pack, provider);
  const parts = await createTestParts(
    networks === null ? undefined : (rig) => drawnByNetworks(networks, model, rig, null),
  );
  try {
    const figures: LiveFigures[] = [];
    for (const codec of ['VP8', 'H264'] as const) figures.push(await benchCodec(parts, codec, options));
    return figures;
  } finally {
    await parts.close();
    await networks?.engines.close();
  }
}

function keepNetworks(pack: ModelPack, provider: ProviderChoice): SharedNetworks & { engines: EngineKeeper } {
  const { name, schedule } = pack.manifest;
  const engines = new EngineKeeper({
    packName: name,
    provider,
    open: (choice) => InferenceEngine.open(pack, { provider: choice, threads: 1 }),
    onNews: ({ kind, detail }) => console.error(`networks ${kind}: ${detail}`),
  });
  return { engines, ladder: stepLadder(schedule.steps, schedule.defaultSteps) };
}

async function benchCodec(
  parts: TestParts,
  codec: VideoCodec,
  { driver, avatar: avatarPath, seconds, pack }: LiveOptions,
): Promise<LiveFigures> {
  const tier = pack === null ? 'geometric' : 'diffusion';
  const spec = specOf(codec, { avatarPath, options: { ...PLAIN_OPTIONS, generator: tier } });
  const session = await createLiveSession(parts, spec);
  const peer = await TestPeer.open(spec.streams);
  let latest: SessionStats | null = null;
  let liveMs: number | null = null;
  session.on('stats', (stats) => {
    latest = stats;
  });
  session.on('state', (state) => {
    if (state === 'live') liveMs ??= performance.timeOrigin + performance.now();
  });
  peer.connect(session.address);
  const streams = streamsOf(codec, DRIVER_SSRC);
  session.attach(peer.address, { video: streams.video, audio: streams.audio });
  const player = await playFileInProcess({ path: driver, to: peer.address, streams });
  await sleep(WARM_UP_MS);
  const fromMs = performance.timeOrigin + performance.now();
  const before = process.cpuUsage();
  await sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  await player.stop();
  const frames = peer.frames.filter(({ atMs }) => atMs >= fromMs);
  const stats = latest as SessionStats | null;
  await session.close();
  await peer.close();
  if (stats === null) throw new Error('the session said nothing');
  return {
    codec,
    seconds,
    fpsOut: frames.length / seconds,
    latencyMs: stats.latencyMs,
    captureToSendMs: stats.captureToSendMs,
    skewMs: skewMs(peer, fromMs),
    firstMotionMs: (liveMs ?? Number.NaN) - (peer.driverCaptures[0] ?? Number.NaN),
    cores: (user + system) / 1e6 / seconds,
    drops: stats.drops,
    steps: stats.inference?.steps ?? 0,
  };
}

function skewMs({ frames, sounds }: TestPeer, fromMs: number): number {
  const delay = (one: { atMs: number; captureTimeMs: number | null }): number =>
    one.atMs - one.captureTimeMs!;
  const skews = sounds
    .filter(({ atMs }) => atMs >= fromMs)
    .map((sound) => {
      const near = frames.filter(({ atMs }) => Math.abs(atMs - sound.atMs) < 500).map(delay);
      const aheadMs = quantile(near, 0.5) - delay(sound);
      return Math.max(-aheadMs, aheadMs - SOUND_AHEAD_MS, 0);
    });
  return quantile(skews.filter(Number.isFinite), 0.95);
}

export function formatLive(figures: readonly LiveFigures[]): string {
  const rows = figures.map((one) => [
    one.codec,
    one.fpsOut.toFixed(1),
    ...LIVE_STAGES.map(
      (stage) => `${one.latencyMs[stage].p50.toFixed(1)}/${one.latencyMs[stage].p95.toFixed(1)}`,
    ),
    one.skewMs.toFixed(0),
    one.firstMotionMs.toFixed(0),
    one.cores.toFixed(2),
    String(one.steps),
  ]);
  const head = ['codec', 'fps', ...LIVE_STAGES, 'skew p95', 'first motion', 'cores', 'steps'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell.padStart(widths[i])).join('  ');
  return [line(head), ...rows.map(line), 'milliseconds, p50/p95 over the last 10 s'].join('\n');
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

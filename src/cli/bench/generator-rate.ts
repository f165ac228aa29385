import { LokiError } from '../../errors.ts';
import { buildAvatar } from '../../reenact/avatar.ts';
import { createClipGenerator } from '../../reenact/diffusion/clip-generator.ts';
import { loadPack, type ModelPack } from '../../reenact/diffusion/pack/load-pack.ts';
import { InferenceEngine } from '../../reenact/diffusion/runtime/inference-engine.ts';
import type { ProviderChoice } from '../../reenact/diffusion/runtime/providers.ts';
import type { HeadCoefficients } from '../../reenact/head/head-model.ts';
import { loadRig } from '../../reenact/session.ts';
import { createFaceTracker } from '../../reenact/track/face-tracker.ts';
import type { GpuCounts } from './null-gpu/null-gpu.ts';
import { sweep } from './sweep.ts';

export interface RateOptions {
  readonly provider: ProviderChoice;
  /** Width and height of the avatar's picture, pixels. */
  readonly size: number;
  /** How many sessions share the device at a time, one case each. */
  readonly sessions: readonly number[];
  readonly steps?: readonly number[];
  /** Frames of each session that count. */
  readonly frames: number;
  /** Reads what the device has been asked for, where that is counted. */
  readonly counts?: () => GpuCounts;
}

/** Frames a second of all sessions together. */
export interface RateRow {
  readonly sessions: number;
  readonly steps: number;
  /** Networks alone: upload, denoiser, decoder and download. */
  readonly networksFps: number;
  /** From coefficients to the avatar's RGBA: warp and raster before the networks, composite after them. */
  readonly wholeFps: number;
  /** What the networks of one frame ask the device for, where that is counted. */
  readonly asked?: GpuCounts;
}

/**
 * How many frames a second sessions get that share one engine, each asking for a frame as soon as it has the last but one.
 *
 * @param onRow told of every row as soon as it is known
 */
export async function benchRates(
  packFolder: string,
  avatarPath: string,
  options: RateOptions,
  onRow: (row: RateRow) => void,
): Promise<RateRow[]> {
  const { provider, size, sessions, frames, steps = [1, 2, 4], counts } = options;
  const rig = await loadRig();
  const pack = await loadPack(packFolder, rig.model.sha256);
  const tracker = await createFaceTracker();
  const rows: RateRow[] = [];
  const maxBatch = Math.max(...sessions);
  const engine = await InferenceEngine.open(pack, { provider, precision: 'auto', threads: 1, maxBatch });
  try {
    if (engine.info.note !== null) throw new LokiError('PROVIDER_FAILED', engine.info.note);
    const avatar = await buildAvatar(rig, tracker, avatarPath, { size });
    const poses = sweep(avatar.rig.reference.coefficients, frames);
    const parts = { model: rig.model, rig: avatar.rig, engine, schedule: 'stream' } as const;
    for (const count of sessions)
      for (const stepCount of steps) {
        const networks = await networkStreams(engine, count, stepCount);
        const generators = await Promise.all(
          Array.from({ length: count }, (_, seed) =>
            createClipGenerator({ ...parts, seed, steps: stepCount }),
          ),
        );
        const whole = generators.map((generator) => async (frame: number) => {
          const stamp = { sequence: frame, ptsMs: frame * 40, captureTimeMs: frame * 40 };
          const coefficients: HeadCoefficients = poses[frame % frames];
          generator.recycle((await generator.generate({ ...stamp, coefficients })).image);
        });
        const before = counts?.();
        const networksFps = await rateOf(networks, pack, frames);
        const after = counts?.();
        const row: RateRow = {
          sessions: count,
          steps: stepCount,
          networksFps,
          wholeFps: await rateOf(whole, pack, frames),
          ...(before && after && { asked: perFrame(before, after, count * (warmUpFrames(pack) + frames)) }),
        };
        rows.push(row);
        onRow(row);
      }
  } finally {
    await engine.close();
    await tracker.close();
  }
  return rows;
}

type NextFrame = (frame: number) => Promise<unknown>;

/** Streams of blank pictures: what the networks see does not change how long they take. */
async function networkStreams(engine: InferenceEngine, count: number, steps: number): Promise<NextFrame[]> {
  const { resolution, mapChannels, mapSize } = engine.pack.layout;
  const portrait = new Uint8Array(resolution ** 2 * 3);
  const identity = await engine.identify(portrait, new Float32Array(mapChannels * mapSize ** 2));
  return Array.from({ length: count }, (_, seed) => {
    const stream = engine.openStream(identity, seed);
    return (frame) => stream.run(1, steps, frame % stream.exchanges.length);
  });
}

/** As live: one frame is warped and laid out while the networks draw another. */
const IN_FLIGHT = 2;

/** Frames a second of all; sessions go together only once each has a whole window of frames behind it. */
async function rateOf(sessions: readonly NextFrame[], pack: ModelPack, frames: number): Promise<number> {
  const run = (from: number, to: number): Promise<unknown> =>
    Promise.all(
      sessions.map(async (next) => {
        const making: Promise<unknown>[] = [];
        for (let frame = from; frame < to; frame++) {
          if (making.length === IN_FLIGHT) await making.shift();
          making.push(next(frame));
        }
        await Promise.all(making);
      }),
    );
  const warmUp = warmUpFrames(pack);
  await run(0, warmUp);
  const beganMs = performance.now();
  await run(warmUp, warmUp + frames);
  return (1000 * sessions.length * frames) / (performance.now() - beganMs);
}

function warmUpFrames(pack: ModelPack): number {
  return pack.manifest.window.frames + 4;
}

function perFrame(before: GpuCounts, after: GpuCounts, frames: number): GpuCounts {
  const each = (name: keyof GpuCounts) => (after[name] - before[name]) / frames;
  return {
    kernels: each('kernels'),
    copies: each('copies'),
    barriers: each('barriers'),
    submissions: each('submissions'),
  };
}

export function formatRate({ sessions, steps, networksFps, wholeFps, asked }: RateRow): string {
  const together = `${sessions} session${sessions === 1 ? '' : 's'}, ${steps} step${steps === 1 ? '' : 's'}`;
  const rates = `networks ${networksFps.toFixed(1)} fps, from coefficients to picture ${wholeFps.toFixed(1)} fps`;
  const frame = Object.entries(asked ?? {}).map(([what, count]) => `${count.toFixed(0)} ${what}`);
  return `${together}: ${rates}${frame.length === 0 ? '' : `; a frame is ${frame.join(', ')}`}`;
}

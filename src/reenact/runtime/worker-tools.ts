import { loadPack } from '../diffusion/pack/load-pack.ts';
import { EngineKeeper, type EngineNews } from '../diffusion/runtime/engine-keeper.ts';
import { InferenceEngine } from '../diffusion/runtime/inference-engine.ts';
import { FrameFitter } from '../fit/frame-fitter.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { HeadModel } from '../head/head-model.ts';
import { createCalibrator } from '../live/calibrator.ts';
import type { LiveAvatar, LiveSessionParts } from '../live/types.ts';
import { loadRig } from '../session.ts';
import { AvatarBuilder } from './avatar-builder.ts';
import { AvatarCache } from './avatar-cache.ts';
import { AvatarStore } from './avatar-store.ts';
import type { GeneratorSetup, ToWorker } from './messages.ts';
import { TrackerPool } from './tracker-pool.ts';

/** What the sessions of a process share. */
export interface WorkerTools {
  readonly parts: LiveSessionParts;
  readonly avatars: AvatarCache;
  readonly builder: AvatarBuilder;
  /** Loads an avatar and runs everything that a frame needs a few times, so that the first real one is not slow. */
  rehearse(avatarPath: string, sizePx: number): Promise<void>;
  /** Idempotent; sessions are closed before. */
  close(): Promise<void>;
}

/** @throws LokiError MODEL_MISSING, MODEL_INVALID, WORKER_DIED */
export async function loadTools(
  init: Extract<ToWorker, { kind: 'init' }>,
  onNews: (news: EngineNews) => void,
): Promise<WorkerTools> {
  const { headPath, avatarFolder } = init;
  const trackers = new TrackerPool();
  const [rig] = await Promise.all([loadRig(headPath ?? undefined), trackers.start()]);
  const basis = { headSha256: rig.model.sha256, codeVersion: init.codeVersion, faceModels: init.faceModels };
  const builder = new AvatarBuilder({ headPath, avatarFolder, basis });
  const engines = init.generator === null ? null : keepEngine(init.generator, rig.model, onNews);
  const avatars = new AvatarCache({
    rig,
    basis,
    builder,
    store: new AvatarStore({ folder: avatarFolder }),
    networks: engines === null ? null : { engines, ladder: init.generator!.ladder },
  });
  const calibrator = createCalibrator(headPath);
  const rehearsed = new Set<string>();
  return {
    avatars,
    builder,
    parts: {
      rig,
      calibrator,
      createTracker: () => trackers.acquire(),
      loadAvatar: (path, sizePx) => avatars.load(path, sizePx),
    },
    rehearse: async (avatarPath, sizePx) => {
      if (rehearsed.has(avatarPath)) return;
      if (rehearsed.size >= MAX_REHEARSED) rehearsed.clear();
      rehearsed.add(avatarPath);
      // A picture that is gone meanwhile is the matter of the session that asks for it.
      const avatar = await avatars.load(avatarPath, sizePx).catch(() => null);
      if (avatar !== null) await playThrough(rig, avatar, init.generator?.eager ?? false);
    },
    close: async () => {
      await Promise.all([trackers.close(), builder.close(), calibrator.close(), engines?.close()]);
    },
  };
}

function keepEngine(
  { folder, packName, provider, precision, threads, eager }: GeneratorSetup,
  { sha256 }: HeadModel,
  onNews: (news: EngineNews) => void,
): EngineKeeper {
  const keeper = new EngineKeeper({
    packName,
    provider,
    open: async (on) =>
      InferenceEngine.open(await loadPack(folder, sha256), { provider: on, precision, threads }),
    onNews,
  });
  if (eager) keeper.want();
  return keeper;
}

async function playThrough(
  rig: LandmarkRig,
  { reference, generator }: LiveAvatar,
  diffusion: boolean,
): Promise<void> {
  if (diffusion) generator.choose?.('diffusion');
  const { landmarks, calibration, coefficients } = reference;
  const fitter = new FrameFitter(rig, calibration);
  for (let sequence = 0; sequence < REHEARSED_FRAMES; sequence++) {
    fitter.fit(landmarks);
    await generator.generate({ sequence, ptsMs: 0, captureTimeMs: 0, coefficients });
    // A session may be taken over in the middle of it.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await generator.close();
}

const REHEARSED_FRAMES = 12;
const MAX_REHEARSED = 100;

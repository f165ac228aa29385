import { createCalibrator } from '../live/calibrator.ts';
import type { LiveSessionParts } from '../live/types.ts';
import { loadRig } from '../session.ts';
import { AvatarBuilder } from './avatar-builder.ts';
import { AvatarCache } from './avatar-cache.ts';
import { AvatarStore } from './avatar-store.ts';
import type { ToWorker } from './messages.ts';
import { TrackerPool } from './tracker-pool.ts';

/** What the sessions of a process share. */
export interface WorkerTools {
  readonly parts: LiveSessionParts;
  readonly avatars: AvatarCache;
  readonly builder: AvatarBuilder;
  /** Idempotent; sessions are closed before. */
  close(): Promise<void>;
}

/** @throws LokiError MODEL_MISSING, MODEL_INVALID, WORKER_DIED */
export async function loadTools(init: Extract<ToWorker, { kind: 'init' }>): Promise<WorkerTools> {
  const { headPath, avatarFolder } = init;
  const trackers = new TrackerPool();
  const [rig] = await Promise.all([loadRig(headPath ?? undefined), trackers.start()]);
  const basis = { headSha256: rig.model.sha256, codeVersion: init.codeVersion, faceModels: init.faceModels };
  const builder = new AvatarBuilder({ headPath, avatarFolder, basis });
  const avatars = new AvatarCache({ rig, basis, builder, store: new AvatarStore({ folder: avatarFolder }) });
  const calibrator = createCalibrator(headPath);
  return {
    avatars,
    builder,
    parts: {
      rig,
      calibrator,
      createTracker: () => trackers.acquire(),
      loadAvatar: (path, sizePx) => avatars.load(path, sizePx),
    },
    close: async () => {
      await Promise.all([trackers.close(), builder.close(), calibrator.close()]);
    },
  };
}

import { dirname, join } from 'node:path';
import { DEFAULT_HEAD_PATH } from '../../reenact/head/default-head.ts';
import { loadRig } from '../../reenact/session.ts';
import { createFaceTracker } from '../../reenact/track/face-tracker.ts';
import { loadLookAssets } from '../../render/look-file.ts';
import type { TrainingStudio } from './render-person.ts';

/** The open head with its looks, and a tracker, which whoever opens the studio closes. */
export async function openStudio(): Promise<TrainingStudio> {
  return {
    rig: await loadRig(),
    assets: await loadLookAssets(join(dirname(DEFAULT_HEAD_PATH), 'look')),
    tracker: await createFaceTracker(),
  };
}

import { join } from 'node:path';
import { openVideo } from '../../reenact/codec/open-video.ts';
import { landmarkJitterIod } from '../../reenact/evaluate/flicker.ts';
import type { Spread } from '../../reenact/evaluate/statistics.ts';
import { createFaceTracker } from '../../reenact/track/face-tracker.ts';
import { defaultJob } from '../default-job.ts';
import { openReenactor } from '../open-reenactor.ts';
import { runAnimate } from '../run-animate.ts';
import { writeLoopedClip } from './clip.ts';

const FRAMES = 100;
/** Frames in which tracker and codec settle. */
const SETTLE_FRAMES = 10;

export interface StillResult {
  readonly frames: number;
  /** RMS distance of each landmark from its mean over the clip, fraction of the inter-ocular distance, over landmarks. */
  readonly jitterIod: Spread;
}

/** Animates a portrait by a clip of one repeated frame, tracks the written video and measures how its landmarks shake. */
export async function stillJitter(
  driverPath: string,
  avatarPath: string,
  folder: string,
): Promise<StillResult> {
  const clip = join(folder, 'still-driver.mp4');
  const video = join(folder, 'still.mp4');
  await writeLoopedClip(clip, driverPath, FRAMES, true);
  await runAnimate(defaultJob(clip, avatarPath, video), openReenactor, new AbortController().signal);
  return { frames: FRAMES, jitterIod: await trackedJitter(video) };
}

async function trackedJitter(path: string): Promise<Spread> {
  const tracker = await createFaceTracker();
  const source = await openVideo(path);
  const seen: Float32Array[] = [];
  for await (const frame of source.frames()) {
    const { face } = await tracker.track(frame);
    if (face !== null && frame.sequence >= SETTLE_FRAMES) seen.push(face.landmarks);
  }
  await source.close();
  await tracker.close();
  return landmarkJitterIod(seen);
}

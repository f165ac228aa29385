import { join } from 'node:path';
import { defaultJob } from '../default-job.ts';
import { openReenactor } from '../open-reenactor.ts';
import { runAnimate } from '../run-animate.ts';
import { writeLoopedClip } from './clip.ts';

const SETTLED_FRAME = 500;
const MB = 1e6;

export interface SoakResult {
  readonly frames: number;
  readonly fps: number;
  /** Resident set at frame 500, at the last frame, and the most in between. */
  readonly settledRssMb: number;
  readonly endRssMb: number;
  readonly peakRssMb: number;
}

/** Runs `animate` over `frames` frames of a looped clip and watches the memory of the process. */
export async function soak(
  driverPath: string,
  avatarPath: string,
  frames: number,
  folder: string,
): Promise<SoakResult> {
  const clip = join(folder, 'soak-driver.mp4');
  await writeLoopedClip(clip, driverPath, frames, false);
  let settledRssMb = Number.NaN;
  let endRssMb = 0;
  let peakRssMb = 0;
  const { fps } = await runAnimate(
    defaultJob(clip, avatarPath, join(folder, 'soak.mp4')),
    openReenactor,
    new AbortController().signal,
    {
      onFrame(done) {
        endRssMb = process.memoryUsage.rss() / MB;
        peakRssMb = Math.max(peakRssMb, endRssMb);
        if (done === SETTLED_FRAME) settledRssMb = endRssMb;
      },
    },
  );
  return { frames, fps, settledRssMb, endRssMb, peakRssMb };
}

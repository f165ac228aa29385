import type { AnimateJob } from './animate-job.ts';

const SIZE_PX = 512;

/** `animate` as it comes, the avatar alone. */
export function defaultJob(driverPath: string, avatarPath: string, video: string): AnimateJob {
  return {
    driverPath,
    avatarPath,
    outputs: { video, comparison: null, coefficients: null, report: null },
    sizePx: SIZE_PX,
    generator: 'geometric',
    pose: 'relative',
    expression: 'absolute',
    gain: {},
    largestFace: false,
    headPath: null,
  };
}

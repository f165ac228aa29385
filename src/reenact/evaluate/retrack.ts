import { FrameFitter } from '../fit/frame-fitter.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { VideoFrame } from '../frame.ts';
import { headRotation } from '../head/head-rotation.ts';
import type { ReferenceIdentity } from '../identity/reference.ts';
import type { FaceTracker } from '../track/types.ts';
import { measureFace } from './face-measures.ts';
import type { AvatarSample } from './motion-log.ts';

/**
 * Looks at an avatar's video as a stranger would: tracks it and fits the portrait's own calibration to each frame,
 * without smoothing, so that what was commanded can be compared with what is seen.
 *
 * @param frames of the written video, in the portrait's crop
 * @returns one sample a frame, null where no face was found
 */
export async function retrack(
  rig: LandmarkRig,
  tracker: FaceTracker,
  reference: ReferenceIdentity,
  frames: AsyncIterable<VideoFrame>,
): Promise<(AvatarSample | null)[]> {
  const fitter = new FrameFitter(rig, reference.calibration);
  const samples: (AvatarSample | null)[] = [];
  tracker.reset();
  for await (const frame of frames) {
    const { face } = await tracker.track(frame);
    if (face === null) fitter.reset();
    samples.push(
      face === null
        ? null
        : { rotation: headRotation(fitter.fit(face).coefficients), measures: measureFace(face) },
    );
  }
  tracker.reset();
  return samples;
}

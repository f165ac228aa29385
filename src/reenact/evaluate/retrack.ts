import { FrameFitter } from '../fit/frame-fitter.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { Calibration, FittedFrame } from '../fit/types.ts';
import type { VideoFrame } from '../frame.ts';
import { headRotation } from '../head/head-rotation.ts';
import type { ReferenceIdentity } from '../identity/reference.ts';
import type { FaceTracker, TrackedFace } from '../track/types.ts';
import { measureFace } from './face-measures.ts';
import type { AvatarSample } from './motion-log.ts';

/** What is seen of a face in one frame; both null where there is none. */
export type SeenFrame =
  | { readonly frame: VideoFrame; readonly face: TrackedFace; readonly fitted: FittedFrame }
  | { readonly frame: VideoFrame; readonly face: null; readonly fitted: null };

/** Tracks frames and fits a person's calibration to each, without smoothing. One frame is held at a time. */
export async function* seeFrames(
  rig: LandmarkRig,
  tracker: FaceTracker,
  calibration: Calibration,
  frames: AsyncIterable<VideoFrame>,
): AsyncGenerator<SeenFrame> {
  const fitter = new FrameFitter(rig, calibration);
  tracker.reset();
  for await (const frame of frames) {
    const { face } = await tracker.track(frame);
    if (face === null) {
      fitter.reset();
      yield { frame, face, fitted: null };
    } else yield { frame, face, fitted: fitter.fit(face) };
  }
  tracker.reset();
}

export function avatarSample({ face, fitted }: SeenFrame): AvatarSample | null {
  return face === null ? null : { rotation: headRotation(fitted.coefficients), measures: measureFace(face) };
}

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
  const samples: (AvatarSample | null)[] = [];
  for await (const seen of seeFrames(rig, tracker, reference.calibration, frames))
    samples.push(avatarSample(seen));
  return samples;
}

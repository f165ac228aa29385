import { LokiError } from '../errors.ts';
import type { LandmarkRig } from './fit/landmark-rig.ts';
import type { RgbaImage } from './frame.ts';
import { generatorOf } from './geometric/generator.ts';
import { buildWarpRig, type WarpRig } from './geometric/rig.ts';
import { learnAnswer } from './identity/learn-answer.ts';
import { loadPortrait, type PortraitOptions } from './identity/portrait.ts';
import type { ReferenceIdentity } from './identity/reference.ts';
import { describeReference } from './session.ts';
import type { FaceTracker } from './track/types.ts';

/** A picture made into somebody who can be moved; plain data but for the rig's scratch. */
export interface Avatar {
  readonly rig: WarpRig;
}

/**
 * Reads a portrait, learns whom it shows and builds what moves it: a few seconds, most of them on the calling thread.
 *
 * @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_TOO_LARGE, NO_FACE, SEVERAL_FACES, FACE_TOO_SMALL
 */
export async function buildAvatar(
  rig: LandmarkRig,
  tracker: FaceTracker,
  path: string,
  options: PortraitOptions,
): Promise<Avatar> {
  const { image } = await loadPortrait(path, tracker, options);
  const reference = await readReference(rig, tracker, image);
  const warpRig = buildWarpRig({ model: rig.model, embedding: rig.embedding, reference });
  const generator = generatorOf(warpRig);
  const answer = await learnAnswer(rig, tracker, generator, reference);
  return { rig: { ...warpRig, reference: { ...reference, answer } } };
}

async function readReference(
  rig: LandmarkRig,
  tracker: FaceTracker,
  image: RgbaImage,
): Promise<ReferenceIdentity> {
  const landmarks = await tracker.trackStill(image);
  if (landmarks === null)
    throw new LokiError('NO_FACE', 'The face in the avatar picture was lost on a second look: use another.');
  return describeReference(rig, image, landmarks);
}

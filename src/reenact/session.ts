import { LokiError } from '../errors.ts';
import { StageClock } from './evaluate/stage-clock.ts';
import { calibrate } from './fit/calibrate.ts';
import { FrameFitter } from './fit/frame-fitter.ts';
import { loadLandmarkEmbedding } from './fit/landmark-embedding.ts';
import { LandmarkRig } from './fit/landmark-rig.ts';
import { LossHandler } from './fit/loss-handler.ts';
import { MotionSmoother } from './fit/motion-smoother.ts';
import type { Calibration } from './fit/types.ts';
import type { RgbaImage, VideoFrame } from './frame.ts';
import type { Generator } from './generator.ts';
import { DEFAULT_HEAD_PATH, embeddingPathOf } from './head/default-head.ts';
import { loadHeadModel } from './head/load-head-model.ts';
import { shapeHead } from './head/shape-head.ts';
import { absorbRest } from './identity/absorb-rest.ts';
import { mouthMatch } from './identity/match-mouth.ts';
import type { ReferenceIdentity } from './identity/reference.ts';
import type { SwapOptions } from './identity/swap-options.ts';
import type { ReenactStages } from './pipeline.ts';
import type { FaceTracker, TrackedFace } from './track/types.ts';

/** What every session on one machine shares: a head model and where the landmarks lie on it. */
export async function loadRig(headPath: string = DEFAULT_HEAD_PATH): Promise<LandmarkRig> {
  const model = await loadHeadModel(headPath);
  return new LandmarkRig(model, await loadLandmarkEmbedding(embeddingPathOf(headPath), model));
}

/** Frames that a driver is learned from; twice as many change the fit by less than its noise and cost two seconds. */
export const CALIBRATION_FRAMES = 16;

/**
 * Learns the driver from some of their frames, the more varied the better.
 *
 * @throws LokiError `NO_FACE` where none of the frames shows one
 */
export async function calibrateDriver(
  rig: LandmarkRig,
  tracker: FaceTracker,
  frames: Iterable<VideoFrame>,
): Promise<Calibration> {
  const faces: TrackedFace[] = [];
  for (const frame of frames) {
    tracker.reset();
    // The first look finds the face; the second has its region from the first's landmarks, as in a stream.
    const { face } = await tracker.track(frame);
    if (face !== null) faces.push((await tracker.track(frame)).face ?? face);
  }
  tracker.reset();
  if (faces.length === 0)
    throw new LokiError('NO_FACE', 'No face was found in the driver video: use one that shows a person.');
  return absorbRest(rig.model, rig.embedding, calibrate(rig, faces));
}

/** Reads a portrait's person off its landmarks; `image` is the square crop that the landmarks were tracked in. */
export function describeReference(
  rig: LandmarkRig,
  image: RgbaImage,
  landmarks: TrackedFace,
): ReferenceIdentity {
  const calibration = absorbRest(rig.model, rig.embedding, calibrate(rig, [landmarks]));
  const { coefficients } = new FrameFitter(rig, calibration).fit(landmarks);
  return { image, calibration, coefficients, landmarks };
}

export interface SessionParts {
  readonly rig: LandmarkRig;
  readonly tracker: Pick<FaceTracker, 'track'>;
  readonly driver: Calibration;
  readonly reference: ReferenceIdentity;
  readonly generator: Generator;
  readonly swapOptions?: Omit<SwapOptions, 'units'>;
}

/** The stages of one driver and one avatar, each at its start. */
export function createStages(parts: SessionParts): ReenactStages & { readonly clock: StageClock } {
  const { rig, driver, reference, generator, tracker } = parts;
  return {
    tracker,
    fitter: new FrameFitter(rig, driver),
    smoother: new MotionSmoother(rig.model),
    loss: new LossHandler(driver.neutral),
    reference,
    driver: {
      neutral: driver.neutral,
      interocularM: driver.interocularM,
      joints: shapeHead(rig.model, driver.beta).joints,
    },
    swapOptions: {
      mouth: mouthMatch(rig, driver, reference),
      ...parts.swapOptions,
      units: rig.model.expressionUnits,
    },
    generator,
    clock: new StageClock(),
  };
}

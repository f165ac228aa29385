import { bufferCount, concatMap, map, type Observable } from 'rxjs';
import type { StageTimer } from './evaluate/stage-clock.ts';
import type { FrameFitter } from './fit/frame-fitter.ts';
import type { LossHandler } from './fit/loss-handler.ts';
import type { MotionSmoother } from './fit/motion-smoother.ts';
import type { FittedFrame } from './fit/types.ts';
import { type FrameStamp, stampOf, type VideoFrame } from './frame.ts';
import type { ChunkGenerator, Generator, MotionFrame } from './generator.ts';
import type { HeadCoefficients } from './head/head-model.ts';
import { tellPicture } from './identity/picture-answer.ts';
import type { ReferenceIdentity } from './identity/reference.ts';
import { swap } from './identity/swap.ts';
import type { SwapDriver, SwapOptions } from './identity/swap-options.ts';
import type { FaceTracker, TrackedFace, TrackResult } from './track/types.ts';

/**
 * Everything that one driver and one avatar need between them; what is stateful is theirs alone. Read anew for every
 * frame, so that a live session can put other stages in place while frames flow.
 */
export interface ReenactStages {
  readonly tracker: Pick<FaceTracker, 'track'>;
  /** Calibrated to the driver. */
  readonly fitter: FrameFitter;
  readonly smoother: MotionSmoother;
  readonly loss: LossHandler;
  readonly reference: ReferenceIdentity;
  /** What stays fixed about the driver. */
  readonly driver: Omit<SwapDriver, 'coefficients'>;
  readonly swapOptions: SwapOptions;
  readonly generator: Generator;
  readonly clock: StageTimer;
  /** The last word on the avatar's motion, behind the swap. */
  adjust?(stamp: FrameStamp, commanded: HeadCoefficients): HeadCoefficients;
}

/** The driver in one frame, as far as anything behind the tracker knows. */
export interface DriverFrame extends FrameStamp {
  /** Null while the face is lost. */
  readonly face: TrackedFace | null;
  readonly fitted: FittedFrame | null;
  /** `[478, 2]` pixels, where the fit has the landmarks. */
  readonly fittedPx: Float32Array | null;
}

/** A frame up to the generator. */
export interface CommandedFrame extends FrameStamp {
  readonly driver: DriverFrame;
  /** The avatar's motion, after smoothing and swap. */
  readonly commanded: HeadCoefficients;
}

export interface ReenactedFrame extends CommandedFrame {
  readonly avatar: VideoFrame;
}

/**
 * From the driver's frames to the avatar's: one out for every one in, in order, under the same stamp. The driver's
 * pixels stop at the tracker.
 *
 * Stages overlap only as far as frames are in flight, which is the source's to bound (`fromPulled`, `latestWins`).
 */
export function reenact(frames: Observable<VideoFrame>, stages: ReenactStages): Observable<ReenactedFrame> {
  return reenactTracked(trackFaces(frames, stages), stages);
}

/** The first half: from pictures to landmarks. */
export function trackFaces(frames: Observable<VideoFrame>, stages: ReenactStages): Observable<TrackResult> {
  return frames.pipe(concatMap((frame) => stages.clock.time('track', () => stages.tracker.track(frame))));
}

/** The second half: from landmarks, whoever found them, to the avatar's picture. */
export function reenactTracked(
  tracked: Observable<TrackResult>,
  stages: ReenactStages,
): Observable<ReenactedFrame> {
  const commanded = tracked.pipe(map((result) => command(result, stages)));
  const { chunk } = stages.generator;
  if (chunk !== undefined) return inChunks(commanded, stages, chunk);
  return oneByOne(commanded, stages);
}

/** Each frame begins as it comes, and leaves in turn: what of it needs no network need not wait for that of the one before. */
function oneByOne(commanded: Observable<CommandedFrame>, stages: ReenactStages): Observable<ReenactedFrame> {
  let beforeMs = Number.NEGATIVE_INFINITY;
  return commanded.pipe(
    map((frame) => {
      const beganMs = performance.now();
      const begun = stages.generator.generate(tell(frame, stages));
      // Who waits for it hears of it; a stream that has ended waits for nothing.
      begun.catch(() => {});
      return { frame, begun, beganMs };
    }),
    concatMap(async ({ frame, begun, beganMs }) => {
      const avatar = await begun;
      const nowMs = performance.now();
      // The time in which it waited for the frame before is that one's.
      stages.clock.record('generate', nowMs - Math.max(beganMs, beforeMs));
      beforeMs = nowMs;
      return { ...frame, avatar };
    }),
  );
}

/** From the landmarks of one frame to the avatar's motion. */
export function command(tracked: TrackResult, stages: Omit<ReenactStages, 'generator'>): CommandedFrame {
  return stages.clock.timeSync('fit', () => commandOf(fitDriver(tracked, stages), stages));
}

/** Several frames at once; the clock shares the time out among them. */
function inChunks(
  commanded: Observable<CommandedFrame>,
  stages: ReenactStages,
  { frames, generate }: ChunkGenerator,
): Observable<ReenactedFrame> {
  return commanded.pipe(
    bufferCount(frames),
    concatMap(async (some) => {
      const startMs = performance.now();
      const avatars = await generate(some.map((frame) => tell(frame, stages)));
      const frameMs = (performance.now() - startMs) / some.length;
      for (const _ of some) stages.clock.record('generate', frameMs);
      return some.map((frame, i) => ({ ...frame, avatar: avatars[i] }));
    }),
    concatMap((some) => some),
  );
}

/** What the generator is told, so that its picture reads as commanded. */
export function tell(
  frame: CommandedFrame,
  { reference, generator }: Pick<ReenactStages, 'reference' | 'generator'>,
): MotionFrame {
  return {
    ...stampOf(frame),
    coefficients: tellPicture(reference, frame.commanded, generator.repaired),
  };
}

function fitDriver(tracked: TrackResult, { fitter }: Pick<ReenactStages, 'fitter'>): DriverFrame {
  const { face } = tracked;
  if (face === null) {
    fitter.reset();
    return { ...stampOf(tracked), face, fitted: null, fittedPx: null };
  }
  const fitted = fitter.fit(face);
  return { ...stampOf(tracked), face, fitted, fittedPx: Float32Array.from(fitter.landmarksPx) };
}

/** Smooths the driver's motion, bridges lost faces and substitutes the avatar's identity. */
function commandOf(driver: DriverFrame, stages: Omit<ReenactStages, 'generator'>): CommandedFrame {
  const { smoother, loss, reference, swapOptions } = stages;
  const calm = driver.fitted === null ? null : smoother.smooth(driver, driver.fitted.coefficients);
  const coefficients = loss.handle(driver, calm);
  const commanded = swap(reference, { ...stages.driver, coefficients }, swapOptions);
  return {
    ...stampOf(driver),
    driver,
    commanded: stages.adjust?.(driver, commanded) ?? commanded,
  };
}

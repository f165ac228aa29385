import { createVideoWriter } from '../../reenact/codec/video-writer.ts';
import { type MotionSample, motionSample, ResidualHistogram } from '../../reenact/evaluate/motion-log.ts';
import { boxAround, type PixelBox } from '../../reenact/evaluate/picture-quality.ts';
import { StageClock, type StageTimes } from '../../reenact/evaluate/stage-clock.ts';
import { OUTER_LIPS } from '../../reenact/fit/landmark-groups.ts';
import type { Generator } from '../../reenact/generator.ts';
import type { HeadCoefficients } from '../../reenact/head/head-model.ts';
import { command, type ReenactStages, tell } from '../../reenact/pipeline.ts';
import type { TrackedFace } from '../../reenact/track/types.ts';
import type { Clip } from './clip.ts';
import { PICTURE_PX } from './studio.ts';

/** Grown by these shares of their longer side, so that chin and nostrils, or hairline and ears, are in. */
const MOUTH_MARGIN = 0.3;
const FACE_MARGIN = 0.05;

/** One frame of the driver, without its pixels. */
export interface DrivenFrame {
  readonly sequence: number;
  readonly commanded: HeadCoefficients;
  /** As each generator was told it, so that its picture reads as commanded. */
  readonly told: readonly HeadCoefficients[];
  /** As fitted, neither smoothed nor swapped; null while the face was lost. */
  readonly fitted: HeadCoefficients | null;
  readonly motion: MotionSample;
  readonly boxes: { readonly mouth: PixelBox; readonly face: PixelBox } | null;
}

export interface DrivenGenerator {
  readonly name: string;
  readonly generator: Generator;
  readonly videoPath: string;
}

export interface DrivenClip {
  readonly frames: readonly DrivenFrame[];
  readonly residuals: ResidualHistogram;
  readonly runs: readonly { readonly fps: number; readonly msPerFrame: StageTimes }[];
}

/**
 * Drives every generator with the same motion, frame by frame, and writes what each of them draws, and the driver's own
 * frames to `echoPath`: what is learned of the frames themselves stays on disk.
 */
export async function drive(
  clip: Clip,
  stages: ReenactStages & { readonly clock: StageClock },
  generators: readonly DrivenGenerator[],
  echoPath: string | null,
): Promise<DrivenClip> {
  const frames: DrivenFrame[] = [];
  const residuals = new ResidualHistogram();
  const clocks = generators.map(() => new StageClock());
  const ownMs = generators.map(() => 0);
  let sharedMs = 0;
  const echo = echoPath === null ? null : await writerOf(echoPath, clip.width, clip.height, clip.fps);
  const writers = await Promise.all(
    generators.map(({ videoPath }, g) =>
      writerOf(videoPath, PICTURE_PX, PICTURE_PX, clip.fps, (ms) => clocks[g].record('encode', ms)),
    ),
  );
  try {
    let pulledMs = performance.now();
    for await (const frame of clip.frames()) {
      const tracked = await stages.clock.time('track', () => stages.tracker.track(frame));
      const commanded = command(tracked, stages);
      sharedMs += performance.now() - pulledMs;
      const { driver } = commanded;
      const told = generators.map(({ generator }) => tell(commanded, { ...stages, generator }));
      for (const [g, { generator }] of generators.entries()) {
        const beganMs = performance.now();
        const drawn = await clocks[g].time('generate', () => generator.generate(told[g]));
        await writers[g].write(drawn);
        ownMs[g] += performance.now() - beganMs;
      }
      await echo?.write(frame);
      frames.push({
        sequence: frame.sequence,
        commanded: commanded.commanded,
        told: told.map(({ coefficients }) => coefficients),
        fitted: driver.fitted?.coefficients ?? null,
        motion: motionSample(frame.sequence, driver, commanded.commanded),
        boxes: driver.face === null ? null : boxesOf(driver.face),
      });
      residuals.add(driver);
      pulledMs = performance.now();
    }
    for (const writer of writers) await writer.finish();
    await echo?.finish();
  } catch (error) {
    for (const writer of writers) await writer.abort();
    await echo?.abort();
    throw error;
  }
  const shared = stages.clock.times();
  return {
    frames,
    residuals,
    runs: generators.map((_, g) => {
      const { generate, encode } = clocks[g].times();
      return {
        fps: (1000 * frames.length) / (sharedMs + ownMs[g]),
        msPerFrame: { ...shared, generate, encode },
      };
    }),
  };
}

function writerOf(
  path: string,
  width: number,
  height: number,
  fps: number,
  onEncoded: (elapsedMs: number) => void = () => {},
): ReturnType<typeof createVideoWriter> {
  return createVideoWriter(path, { width, height, fps, onEncoded });
}

function boxesOf({ landmarks, points }: TrackedFace): NonNullable<DrivenFrame['boxes']> {
  return {
    mouth: boxAround(landmarks, OUTER_LIPS, MOUTH_MARGIN),
    face: boxAround(
      landmarks,
      Array.from({ length: points }, (_, point) => point),
      FACE_MARGIN,
    ),
  };
}

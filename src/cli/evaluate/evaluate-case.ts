import { join } from 'node:path';
import sharp from 'sharp';
import { missedBars } from '../../reenact/evaluate/bars.ts';
import { type ReenactmentReport, summariseMotion } from '../../reenact/evaluate/report.ts';
import type { StageClock } from '../../reenact/evaluate/stage-clock.ts';
import { spread } from '../../reenact/evaluate/statistics.ts';
import type { Calibration } from '../../reenact/fit/types.ts';
import type { VideoFrame } from '../../reenact/frame.ts';
import { headRotation } from '../../reenact/head/head-rotation.ts';
import { eulerFromMatrix } from '../../reenact/head/rotation.ts';
import { loadPortrait } from '../../reenact/identity/portrait.ts';
import type { ReferenceIdentity } from '../../reenact/identity/reference.ts';
import type { SwapOptions } from '../../reenact/identity/swap-options.ts';
import type { ReenactStages } from '../../reenact/pipeline.ts';
import { createStages } from '../../reenact/session.ts';
import { type Clip, openClip } from './clip.ts';
import { type DrivenClip, type DrivenFrame, drive } from './drive.ts';
import { galleryOf } from './gallery.ts';
import type { NamedGenerator } from './generators.ts';
import { Judge, type Judgement } from './judge.ts';
import { stillFlicker } from './still-driver.ts';
import { PICTURE_PX, type Studio } from './studio.ts';
import type { CaseGallery, CaseResult, EvaluationCase, GeneratorResult } from './types.ts';

const DEG = 180 / Math.PI;

export interface CaseOptions {
  readonly generators: readonly NamedGenerator[];
  readonly every: number;
  /** Of the clip at most, from its start. */
  readonly frames: number;
  /** For videos. */
  readonly folder: string;
}

/** Whom a case drives with, and how. */
interface Cast {
  readonly reference: ReferenceIdentity;
  readonly driver: Calibration;
  readonly swapOptions: Omit<SwapOptions, 'units'>;
  readonly clip: Clip;
}

/**
 * Drives one avatar with every generator and measures what comes out, from the written videos.
 * @throws LokiError where driver or portrait cannot be used
 */
export async function evaluateCase(
  studio: Studio,
  pair: EvaluationCase,
  options: CaseOptions,
): Promise<{ result: CaseResult; gallery: CaseGallery }> {
  const avatar = await studio.avatar(pair.portrait.path);
  const { reference } = avatar.rig;
  let decodedMs: (ms: number) => void = () => {};
  const cast = await castOf(studio, pair, reference, options, (ms) => decodedMs(ms));
  const { clip, driver } = cast;
  const stem = join(
    options.folder,
    `${pair.driver.name}-${pair.portrait.name}${pair.kind === 'self' ? '-self' : ''}`,
  );
  const echoPath = `${stem}-driver.mp4`;
  const generators = await Promise.all(
    options.generators.map(async ({ name, open }) => ({
      name,
      generator: await open(studio.rig, avatar),
      videoPath: `${stem}-${name}.mp4`,
    })),
  );
  const stages = (): ReenactStages & { readonly clock: StageClock } =>
    createStages({
      rig: studio.rig,
      tracker: studio.tracker,
      driver,
      reference,
      generator: generators[0].generator,
      swapOptions: cast.swapOptions,
    });
  try {
    const moving = stages();
    decodedMs = (ms) => moving.clock.record('decode', ms);
    studio.tracker.reset();
    const driven = await drive(clip, moving, generators, echoPath);
    decodedMs = () => {};

    const isSelf = pair.kind === 'self';
    const judge = new Judge(studio.rig, studio.tracker, {
      calibration: reference.calibration,
      sizePx: PICTURE_PX,
    });
    const judgements: Judgement[] = [];
    for (const [g, { videoPath }] of generators.entries())
      judgements.push(
        await judge.look(
          videoPath,
          driven.frames,
          {
            motion: ({ commanded }) => commanded,
            place: ({ told }) => told[g],
            pictures: isSelf ? clip.frames() : null,
          },
          options.every,
        ),
      );
    const driverJudge = isSelf
      ? judge
      : new Judge(studio.rig, studio.tracker, {
          calibration: driver,
          sizePx: Math.max(clip.width, clip.height),
        });
    const floor = await driverJudge.look(
      echoPath,
      driven.frames,
      {
        motion: ({ fitted }) => fitted,
        place: ({ fitted }) => fitted,
        pictures: isSelf ? clip.frames() : null,
      },
      options.every,
    );
    const flickers = await stillFlicker(
      (await firstFrame(clip)).image,
      stages(),
      generators.map(({ generator }) => generator),
      studio.tracker,
    );

    const looked = driven.frames.filter(({ sequence }) => sequence % options.every === 0);
    const result: CaseResult = {
      kind: pair.kind,
      driver: pair.driver.name,
      portrait: pair.portrait.name,
      frames: driven.frames.length,
      looked: looked.length,
      expressionFrozenMm: spread(
        looked.map(({ commanded }) =>
          judge.expressionMm(commanded, { ...commanded, psi: reference.coefficients.psi }),
        ),
      ),
      floor: { ...figuresOf(floor), flicker: flickers[generators.length] },
      generators: generators.map(({ name }, g): GeneratorResult => {
        const report = reportOf(driven, looked, judgements[g], reference, driven.runs[g]);
        return {
          generator: name,
          report,
          missed: missedBars(report),
          ...figuresOf(judgements[g]),
          flicker: flickers[g],
        };
      }),
      trajectories: trajectoriesOf(looked, generators, judgements),
    };
    const gallery = await galleryOf(
      echoPath,
      generators,
      judgements,
      looked.map(({ sequence }) => sequence),
    );
    return { result, gallery };
  } finally {
    for (const { generator } of generators) await generator.close();
    await clip.close();
  }
}

async function castOf(
  studio: Studio,
  { kind, driver, portrait }: EvaluationCase,
  reference: ReferenceIdentity,
  { frames }: CaseOptions,
  onDecoded: (elapsedMs: number) => void,
): Promise<Cast> {
  if (kind === 'cross')
    return {
      reference,
      driver: await studio.driver(driver.path),
      swapOptions: {},
      clip: await openClip(driver.path, { limit: frames, onDecoded }),
    };
  const { crop } = await loadPortrait(portrait.path, studio.tracker, {
    size: PICTURE_PX,
    largestFace: true,
  });
  return {
    reference,
    // The person of the portrait, in the portrait's camera: the swap then changes nothing.
    driver: { ...reference.calibration, neutral: reference.coefficients },
    swapOptions: { pose: 'absolute', expression: 'absolute', gain: { translation: 1 } },
    clip: await openClip(driver.path, { limit: frames, crop: { square: crop, size: PICTURE_PX }, onDecoded }),
  };
}

/** Writes the first frame of a clip as a picture, the avatar of a self-reenactment. */
export async function writeFirstFrame(videoPath: string, picturePath: string): Promise<void> {
  const clip = await openClip(videoPath, { limit: 1 });
  try {
    const { width, height, data } = (await firstFrame(clip)).image;
    await sharp(data, { raw: { width, height, channels: 4 } })
      .removeAlpha()
      .png()
      .toFile(picturePath);
  } finally {
    await clip.close();
  }
}

async function firstFrame(clip: Clip): Promise<VideoFrame> {
  for await (const frame of clip.frames()) return frame;
  throw new Error('a clip without frames was opened');
}

function reportOf(
  { residuals }: DrivenClip,
  looked: readonly DrivenFrame[],
  { samples }: Judgement,
  reference: ReferenceIdentity,
  run: DrivenClip['runs'][number],
): ReenactmentReport {
  return {
    ...summariseMotion(
      looked.map(({ motion }) => motion),
      residuals,
      samples,
      headRotation(reference.coefficients),
    ),
    ...run,
    // Node gives the peak of the whole process, in KiB.
    peakRssMb: (process.resourceUsage().maxRSS * 1024) / 1e6,
  };
}

function figuresOf({ headPoseDeg, expressionMm, landmarksIod, picture }: Judgement) {
  return { headPoseDeg, expressionMm, landmarksIod, picture };
}

function trajectoriesOf(
  looked: readonly DrivenFrame[],
  generators: readonly { readonly name: string }[],
  judgements: readonly Judgement[],
): CaseResult['trajectories'] {
  const angles = looked.map(({ commanded }) => eulerFromMatrix(headRotation(commanded)));
  return {
    sequence: looked.map(({ sequence }) => sequence),
    commanded: {
      yaw: angles.map(({ yaw }) => yaw * DEG),
      pitch: angles.map(({ pitch }) => pitch * DEG),
      roll: angles.map(({ roll }) => roll * DEG),
    },
    seen: Object.fromEntries(generators.map(({ name }, g) => [name, judgements[g].trajectory])),
  };
}

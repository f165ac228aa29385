import { openVideo } from '../../reenact/codec/open-video.ts';
import { CommandedLandmarks } from '../../reenact/evaluate/commanded-landmarks.ts';
import { ExpressionMeter } from '../../reenact/evaluate/expression-meter.ts';
import type { AvatarSample } from '../../reenact/evaluate/motion-log.ts';
import { meanSquaredError, psnrDb } from '../../reenact/evaluate/picture-quality.ts';
import { avatarSample, seeFrames } from '../../reenact/evaluate/retrack.ts';
import { quantile, type Spread, spread } from '../../reenact/evaluate/statistics.ts';
import { StructuralSimilarity } from '../../reenact/evaluate/structural-similarity.ts';
import type { LandmarkRig } from '../../reenact/fit/landmark-rig.ts';
import type { Calibration } from '../../reenact/fit/types.ts';
import type { RgbaImage, VideoFrame } from '../../reenact/frame.ts';
import type { HeadCoefficients } from '../../reenact/head/head-model.ts';
import { headRotation } from '../../reenact/head/head-rotation.ts';
import { eulerFromMatrix, geodesicAngle } from '../../reenact/head/rotation.ts';
import { shapeHead } from '../../reenact/head/shape-head.ts';
import type { FaceTracker } from '../../reenact/track/types.ts';
import type { DrivenFrame } from './drive.ts';
import type { FollowFigures, PictureFigures, Quality, Trajectory } from './types.ts';

const DEG = 180 / Math.PI;

/** Whose face a video shows. */
export interface Person {
  readonly calibration: Calibration;
  /** Side of the square picture that the calibration's camera belongs to, pixels. */
  readonly sizePx: number;
}

/** What a video should show, frame by frame. */
export interface Truth {
  /** As it should read; null where it is not known. */
  motion(frame: DrivenFrame): HeadCoefficients | null;
  /** Where the landmarks should be, likewise. */
  place(frame: DrivenFrame): HeadCoefficients | null;
  /** The pictures themselves, in order; null where there are none. */
  readonly pictures: AsyncIterableIterator<VideoFrame> | null;
}

export interface Judgement extends Omit<FollowFigures, 'flicker'> {
  /** Of the frames that were looked at; null where no face was seen. */
  readonly samples: readonly (AvatarSample | null)[];
  readonly headPoseDegOf: readonly (number | null)[];
  readonly trajectory: Trajectory;
}

interface JudgedFrame {
  readonly sample: AvatarSample | null;
  readonly headPoseDeg: number | null;
  readonly expressionMm: number | null;
  readonly landmarksIod: number | null;
  readonly picture: { readonly psnr: number; readonly ssim: number; face: number; mouth: number } | null;
}

/** Measures videos of one person; its buffers serve one after another. */
export class Judge {
  readonly #rig: LandmarkRig;
  readonly #tracker: FaceTracker;
  readonly #person: Person;
  readonly #meter: ExpressionMeter;
  readonly #landmarks: CommandedLandmarks;
  #wanted: Float32Array | undefined;
  #seen: Float32Array | undefined;
  #similarity: StructuralSimilarity | null = null;

  constructor(rig: LandmarkRig, tracker: FaceTracker, person: Person) {
    this.#rig = rig;
    this.#tracker = tracker;
    this.#person = person;
    const { calibration, sizePx } = person;
    this.#meter = new ExpressionMeter(shapeHead(rig.model, calibration.beta), calibration.camera, sizePx);
    this.#landmarks = new CommandedLandmarks(rig, calibration);
  }

  /** L1 distance of two expressions' maps, millimetres. */
  expressionMm(wanted: HeadCoefficients, seen: HeadCoefficients): number {
    this.#wanted = this.#meter.map(wanted, this.#wanted);
    this.#seen = this.#meter.map(seen, this.#seen);
    return this.#meter.distanceMm(this.#wanted, this.#seen);
  }

  /** Looks at one in `every` frames of a video; two of them are in memory at a time. */
  async look(path: string, driven: readonly DrivenFrame[], truth: Truth, every: number): Promise<Judgement> {
    const video = await openVideo(path);
    const judged: JudgedFrame[] = [];
    const targets = new Map<number, VideoFrame>();
    try {
      const frames = chosen(video.frames(), every, async (sequence) => {
        const target = await truth.pictures?.next();
        if (sequence % every === 0 && target?.done === false) targets.set(sequence, target.value);
      });
      for await (const seen of seeFrames(this.#rig, this.#tracker, this.#person.calibration, frames)) {
        const { sequence, image } = seen.frame;
        const wanted = driven[sequence];
        const target = targets.get(sequence)?.image ?? null;
        targets.delete(sequence);
        const motion = truth.motion(wanted);
        const place = truth.place(wanted);
        const sample = avatarSample(seen);
        const { face, fitted } = seen;
        judged.push({
          sample,
          headPoseDeg:
            sample === null || motion === null
              ? null
              : geodesicAngle(headRotation(motion), sample.rotation) * DEG,
          expressionMm:
            fitted === null || motion === null ? null : this.expressionMm(motion, fitted.coefficients),
          landmarksIod: face === null || place === null ? null : this.#landmarks.errorIod(place, face),
          picture: target === null ? null : this.#compare(image, target, wanted),
        });
      }
    } finally {
      await truth.pictures?.return?.();
      await video.close();
    }
    return summarise(judged);
  }

  #compare(image: RgbaImage, target: RgbaImage, { boxes }: DrivenFrame): JudgedFrame['picture'] {
    this.#similarity ??= new StructuralSimilarity(image.width, image.height);
    const psnrIn = (box: NonNullable<DrivenFrame['boxes']>['face'] | undefined): number =>
      box === undefined ? Number.NaN : psnrDb(meanSquaredError(image, target, box));
    return {
      psnr: psnrDb(meanSquaredError(image, target)),
      ssim: this.#similarity.measure(image, target),
      face: psnrIn(boxes?.face),
      mouth: psnrIn(boxes?.mouth),
    };
  }
}

/** One in `every` frames; `onEach` hears of all of them, before. */
async function* chosen(
  frames: AsyncIterable<VideoFrame>,
  every: number,
  onEach: (sequence: number) => Promise<void>,
): AsyncGenerator<VideoFrame> {
  for await (const frame of frames) {
    await onEach(frame.sequence);
    if (frame.sequence % every === 0) yield frame;
  }
}

function summarise(judged: readonly JudgedFrame[]): Judgement {
  const angles = judged.map(({ sample }) => (sample === null ? null : eulerFromMatrix(sample.rotation)));
  const inDegrees = (axis: 'yaw' | 'pitch' | 'roll'): (number | null)[] =>
    angles.map((angle) => (angle === null ? null : angle[axis] * DEG));
  const pictures = judged.flatMap(({ picture }) => picture ?? []);
  return {
    samples: judged.map(({ sample }) => sample),
    headPoseDeg: spreadOf(judged.map(({ headPoseDeg }) => headPoseDeg)),
    headPoseDegOf: judged.map(({ headPoseDeg }) => headPoseDeg),
    expressionMm: spreadOf(judged.map(({ expressionMm }) => expressionMm)),
    landmarksIod: spreadOf(judged.map(({ landmarksIod }) => landmarksIod)),
    picture: pictures.length === 0 ? null : pictureFigures(pictures),
    trajectory: {
      yaw: inDegrees('yaw'),
      pitch: inDegrees('pitch'),
      roll: inDegrees('roll'),
      expressionMm: judged.map(({ expressionMm }) => expressionMm),
      mouthPsnrDb: pictures.length === 0 ? [] : judged.map(({ picture }) => finite(picture?.mouth)),
    },
  };
}

function spreadOf(values: readonly (number | null)[]): Spread {
  return spread(values.filter((value) => value !== null));
}

function pictureFigures(pictures: readonly NonNullable<JudgedFrame['picture']>[]): PictureFigures {
  const of = (figure: 'psnr' | 'ssim' | 'face' | 'mouth'): Quality => {
    const values = pictures.map((picture) => picture[figure]).filter(Number.isFinite);
    return {
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      p5: quantile(values, 0.05),
    };
  };
  return { psnrDb: of('psnr'), ssim: of('ssim'), facePsnrDb: of('face'), mouthPsnrDb: of('mouth') };
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

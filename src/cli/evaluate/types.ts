import type { Flicker } from '../../reenact/evaluate/flicker.ts';
import type { ReenactmentReport } from '../../reenact/evaluate/report.ts';
import type { Spread } from '../../reenact/evaluate/statistics.ts';

export interface NamedPath {
  readonly name: string;
  readonly path: string;
}

/** One driver on one avatar. */
export interface EvaluationCase {
  /**
   * `cross`: somebody else drives, in the default mode. `self`: the person of the portrait drives it, in the portrait's
   * own picture, pose and expression absolute, so that the output should equal the clip.
   */
  readonly kind: 'cross' | 'self';
  readonly driver: NamedPath;
  readonly portrait: NamedPath;
}

/** Over frames: mean, and the 5th percentile, which all but the worst frames reach. */
export interface Quality {
  readonly mean: number;
  readonly p5: number;
}

/** Against the frames that the output should equal. */
export interface PictureFigures {
  readonly psnrDb: Quality;
  readonly ssim: Quality;
  /** In a box around the face's landmarks. */
  readonly facePsnrDb: Quality;
  /** In a box around the lips'. */
  readonly mouthPsnrDb: Quality;
}

/** What is measured of a video whose motion is known. */
export interface FollowFigures {
  /** Angle between the head that is seen and the one that should be, degrees. */
  readonly headPoseDeg: Spread;
  /** L1 distance of the expression maps, millimetres. */
  readonly expressionMm: Spread;
  /** Landmarks of the picture from where the generator was told to have them, median of a frame, fraction of the inter-ocular distance. */
  readonly landmarksIod: Spread;
  /** Null for a driver whose output has no truth. */
  readonly picture: PictureFigures | null;
  readonly flicker: Flicker;
}

export interface GeneratorResult extends FollowFigures {
  readonly generator: string;
  /** The figures of `animate --report`. */
  readonly report: ReenactmentReport;
  /** Bars of that report that are missed, as lines. */
  readonly missed: readonly string[];
}

/** Per frame that was looked at; null where no face was seen. Angles are degrees. */
export interface Trajectory {
  readonly yaw: (number | null)[];
  readonly pitch: (number | null)[];
  readonly roll: (number | null)[];
  readonly expressionMm: (number | null)[];
  /** Empty where there is no truth. */
  readonly mouthPsnrDb: (number | null)[];
}

export interface CaseResult {
  readonly kind: EvaluationCase['kind'];
  readonly driver: string;
  readonly portrait: string;
  /** Frames that were driven, and those that were looked at. */
  readonly frames: number;
  readonly looked: number;
  /** What a portrait that does not move gets of the expression figure: the scale to read it by. */
  readonly expressionFrozenMm: Spread;
  /**
   * What tracker and codec alone make of it: the driver's own frames, encoded and tracked again, against the first
   * tracking. No generator can be expected to do better.
   */
  readonly floor: FollowFigures;
  readonly generators: readonly GeneratorResult[];
  readonly trajectories: {
    readonly sequence: readonly number[];
    readonly commanded: Pick<Trajectory, 'yaw' | 'pitch' | 'roll'>;
    readonly seen: Readonly<Record<string, Trajectory>>;
  };
}

/** A pair that could not be evaluated, and why, in one sentence. */
export interface CaseFailure {
  readonly kind: EvaluationCase['kind'];
  readonly driver: string;
  readonly portrait: string;
  readonly error: string;
}

/** Frames side by side: the driver, then every generator. JPEG in data URIs. */
export interface PictureRow {
  /** Why this frame was chosen. */
  readonly caption: string;
  readonly sequence: number;
  readonly pictures: readonly { readonly label: string; readonly jpeg: string }[];
}

export interface CaseGallery {
  /** Evenly over the clip. */
  readonly strip: readonly PictureRow[];
  readonly worst: readonly PictureRow[];
}

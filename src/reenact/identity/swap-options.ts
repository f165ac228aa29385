import type { ExpressionRegion, ExpressionUnit, HeadCoefficients } from '../head/head-model.ts';
import type { MouthMatch } from './match-mouth.ts';

/** The person in front of the camera, as swap sees one frame of them. */
export interface SwapDriver {
  readonly coefficients: HeadCoefficients;
  /** Rest of the same person (of their calibration). */
  readonly neutral: HeadCoefficients;
  /** Distance between their eye joints, metres. */
  readonly interocularM: number;
  /** `[5, 3]` metres, joints of their shaped head in the rest frame. */
  readonly joints: ArrayLike<number>;
}

/**
 * `absolute` takes the driver's coefficients as they are; `relative` adds the driver's difference from its neutral to
 * the portrait's own.
 */
export type SwapMode = 'absolute' | 'relative';

/**
 * What a gain acts on: expression units by their region (`all` are units that reach over the whole face, as an
 * imported FLAME's do), the jaw (its joint and its units), the turn of the eyeballs, the turn of the head, and its
 * displacement.
 */
export type GainRegion = ExpressionRegion | 'gaze' | 'head' | 'translation';

export const GAIN_REGIONS: readonly GainRegion[] = [
  'brows',
  'eyes',
  'nose',
  'cheeks',
  'mouth',
  'jaw',
  'gaze',
  'head',
  'translation',
  'all',
];

export type Gains = Readonly<Record<GainRegion, number>>;

/** A head that moves as far as the driver's tears the portrait from its shoulders and background. */
const DEFAULT_TRANSLATION_GAIN = 0.4;

export const DEFAULT_GAINS: Gains = {
  brows: 1,
  eyes: 1,
  nose: 1,
  cheeks: 1,
  mouth: 1,
  jaw: 1,
  gaze: 1,
  head: 1,
  translation: DEFAULT_TRANSLATION_GAIN,
  all: 1,
};

export interface SwapOptions {
  /** The head's expression units: which region a coefficient belongs to, its bounds, its mirror image. */
  readonly units: readonly ExpressionUnit[];
  /** Expression and jaw; default `absolute`: a bad neutral then spoils nothing. */
  readonly expression?: SwapMode;
  /** Turn of the head; default `relative`: the avatar rests as its portrait does. */
  readonly pose?: SwapMode;
  /**
   * Turn of the eyeballs in the head; default as `pose`. Relative, a driver at rest gives the portrait's own gaze, and
   * what the fit mistakes in either person's resting gaze cancels.
   */
  readonly gaze?: SwapMode;
  /** Factors on the driver's part; default 1, for `translation` 0.4. */
  readonly gain?: Partial<Gains>;
  /** Opens the avatar's mouth as far as the driver's in their pictures; default: as the coefficients have it. */
  readonly mouth?: MouthMatch;
  /** Show the driver's motion as a mirror would; default false. */
  readonly mirror?: boolean;
}

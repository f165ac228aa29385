import type { LiveOptions } from '../../contract/live-session.ts';
import { uncalibrated } from '../fit/calibrate.ts';
import { FrameFitter } from '../fit/frame-fitter.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import { LossHandler } from '../fit/loss-handler.ts';
import { DEFAULT_SMOOTHING, MotionSmoother, type SmoothingOptions } from '../fit/motion-smoother.ts';
import type { OneEuroOptions } from '../fit/one-euro.ts';
import type { FrameStamp } from '../frame.ts';
import type { Generator, Rgb } from '../generator.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { shapeHead } from '../head/shape-head.ts';
import { mouthMatch } from '../identity/match-mouth.ts';
import { openingShares } from '../identity/opening-shares.ts';
import type { ReferenceIdentity } from '../identity/reference.ts';
import {
  DEFAULT_GAINS,
  GAIN_REGIONS,
  type Gains,
  type SwapDriver,
  type SwapOptions,
} from '../identity/swap-options.ts';
import type { ReenactStages } from '../pipeline.ts';
import type { FaceTracker } from '../track/types.ts';
import { CANONICAL_SIDE_PX } from './canonical-face.ts';
import { PresetOverlay } from './expression-preset.ts';
import type { FrameTraces } from './frame-traces.ts';
import { HandOver } from './hand-over.ts';
import type { LearnedDriver } from './saved-calibration.ts';
import type { LiveAvatar } from './types.ts';

/** A stream that stalls is noticed after 0.2 s; at rest within one second of the last frame all the same. */
const LIVE_LOSS = { holdMs: 80, restAfterMs: 700 };
const MAX_GAIN = 2;
/** Calm enough at 2; 0 is no smoothing at all. */
const MAX_SMOOTHING = 4;
const OPEN: OneEuroOptions = { minCutoffHz: 1000, speedGain: 0, speedCutoffHz: 4 };

/** The stages of a live session, which change under way: driver, avatar and options each replace what hangs on them. */
export class LiveStages implements ReenactStages {
  readonly clock: FrameTraces;
  tracker: Pick<FaceTracker, 'track'> = NO_TRACKER;
  fitter: FrameFitter;
  smoother: MotionSmoother;
  loss: LossHandler;
  reference: ReferenceIdentity;
  driver: Omit<SwapDriver, 'coefficients'>;
  swapOptions: SwapOptions;
  generator: Generator;
  /** Null until a driver has been learned: the avatar rests. */
  learned: LearnedDriver | null = null;
  readonly #rig: LandmarkRig;
  readonly #preset: PresetOverlay;
  readonly #handOver = new HandOver();
  #options: LiveOptions;
  #avatar: LiveAvatar;
  /** See `mouthMatch`. */
  readonly #openingShares: Float32Array;

  constructor(rig: LandmarkRig, avatar: LiveAvatar, options: LiveOptions, clock: FrameTraces) {
    const nobody = uncalibrated(rig, CANONICAL_SIDE_PX, CANONICAL_SIDE_PX);
    this.#rig = rig;
    this.clock = clock;
    this.#options = options;
    this.#preset = new PresetOverlay(rig.model);
    this.#preset.hold(options.hotkey);
    this.fitter = new FrameFitter(rig, nobody);
    this.smoother = new MotionSmoother(rig.model, smoothingOf(options.smoothing));
    this.loss = new LossHandler(nobody.neutral, LIVE_LOSS);
    this.driver = {
      neutral: nobody.neutral,
      interocularM: nobody.interocularM,
      joints: shapeHead(rig.model, nobody.beta).joints,
    };
    this.#avatar = avatar;
    this.reference = avatar.reference;
    this.generator = avatar.generator;
    this.#openingShares = openingShares(rig.model, rig.embedding);
    this.swapOptions = this.#swapOptions();
    this.generator.setBackground(colourOf(options));
    this.generator.choose?.(options.generator);
  }

  get options(): LiveOptions {
    return this.#options;
  }

  /** Another driver, or the same one known better: the motion eases over. */
  setDriver(learned: LearnedDriver): void {
    const { calibration } = learned;
    this.learned = learned;
    this.fitter = new FrameFitter(this.#rig, calibration);
    this.smoother = new MotionSmoother(this.#rig.model, smoothingOf(this.#options.smoothing));
    this.loss = new LossHandler(calibration.neutral, LIVE_LOSS);
    this.driver = {
      neutral: calibration.neutral,
      interocularM: calibration.interocularM,
      joints: shapeHead(this.#rig.model, calibration.beta).joints,
    };
    this.swapOptions = this.#swapOptions();
    this.#handOver.begin();
  }

  /** @returns the avatar that was there, which the caller closes */
  setAvatar(avatar: LiveAvatar): LiveAvatar {
    const before = this.#avatar;
    this.#avatar = avatar;
    this.reference = avatar.reference;
    this.generator = avatar.generator;
    this.generator.setBackground(colourOf(this.#options));
    this.generator.choose?.(this.#options.generator);
    this.swapOptions = this.#swapOptions();
    this.#handOver.reset();
    return before;
  }

  setOptions(options: LiveOptions): void {
    const before = this.#options;
    this.#options = options;
    this.#preset.hold(options.hotkey);
    if (options.smoothing !== before.smoothing)
      this.smoother = new MotionSmoother(this.#rig.model, smoothingOf(options.smoothing));
    if (JSON.stringify(options.background) !== JSON.stringify(before.background))
      this.generator.setBackground(colourOf(options));
    if (options.generator !== before.generator) this.generator.choose?.(options.generator);
    if (JSON.stringify(motionOptions(options)) === JSON.stringify(motionOptions(before))) return;
    this.swapOptions = this.#swapOptions();
    this.#handOver.begin();
  }

  adjust(stamp: FrameStamp, commanded: HeadCoefficients): HeadCoefficients {
    return this.#preset.apply(stamp, this.#handOver.apply(stamp, commanded));
  }

  #swapOptions(): SwapOptions {
    const { model } = this.#rig;
    const { pose, expression, mirror, gain } = this.#options;
    const plain: SwapOptions = {
      units: model.expressionUnits,
      pose,
      expression,
      mirror,
      gain: gainsOf(gain),
    };
    if (this.learned === null) return plain;
    return {
      ...plain,
      mouth: mouthMatch(this.#rig, this.learned.calibration, this.#avatar.reference, this.#openingShares),
    };
  }
}

const NO_TRACKER: Pick<FaceTracker, 'track'> = {
  track: async (frame) => ({
    sequence: frame.sequence,
    ptsMs: frame.ptsMs,
    captureTimeMs: frame.captureTimeMs,
    face: null,
  }),
};

function motionOptions({ mirror, pose, expression, gain }: LiveOptions): unknown {
  return { mirror, pose, expression, gain };
}

/** Names that are no region are left out; 1 is what the swap does by itself. */
function gainsOf(gain: LiveOptions['gain']): Partial<Gains> {
  return Object.fromEntries(
    GAIN_REGIONS.filter((region) => Number.isFinite(gain[region])).map((region) => [
      region,
      DEFAULT_GAINS[region] * Math.min(MAX_GAIN, Math.max(0, gain[region])),
    ]),
  );
}

/** Twice the smoothing is half the cutoff, at rest and in motion. */
function smoothingOf(smoothing: number): SmoothingOptions {
  const factor = Math.min(MAX_SMOOTHING, Math.max(0, Number.isFinite(smoothing) ? smoothing : 1));
  const scaled = (options: OneEuroOptions): OneEuroOptions =>
    factor === 0
      ? OPEN
      : {
          ...options,
          minCutoffHz: options.minCutoffHz / factor,
          speedGain: options.speedGain / factor,
        };
  return {
    rotation: scaled(DEFAULT_SMOOTHING.rotation),
    translation: scaled(DEFAULT_SMOOTHING.translation),
    expression: scaled(DEFAULT_SMOOTHING.expression),
    joints: scaled(DEFAULT_SMOOTHING.joints),
  };
}

function colourOf({ background }: LiveOptions): Rgb | null {
  if (background.kind === 'picture') return null;
  const [, red, green, blue] = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(background.rgb) ?? [];
  return [red, green, blue].map((hex) => Number.parseInt(hex ?? '00', 16)) as unknown as Rgb;
}

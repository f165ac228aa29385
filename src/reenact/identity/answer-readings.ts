import { measureFace } from '../evaluate/face-measures.ts';
import { FrameFitter } from '../fit/frame-fitter.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import type { TrackedFace } from '../track/types.ts';
import { type LidReading, lidUnits, regressLids } from './lid-answer.ts';
import { openingCurve } from './match-mouth.ts';
import { MouthMeter } from './mouth-meter.ts';
import { browsFrom, type PictureAnswer, TURN_FEATURES, turnFeatures, turnFrom } from './picture-answer.ts';
import { type Probe, STRAIGHT } from './probe-faces.ts';
import type { ReferenceIdentity } from './reference.ts';
import { regressAnswer, type TurnReading } from './regress-answer.ts';

/** Fewer than these tell nothing. */
const LEAST_SEEN = 40;
/** Readings further off are the tracker's failures, not the picture's answer. */
const FAILED_RAD = 0.2;

/** What was seen of an avatar's stills, and what is learned from it. */
export class AnswerReadings {
  readonly #own: HeadCoefficients;
  readonly #fitter: FrameFitter;
  readonly #mouth: MouthMeter;
  readonly #lidUnits: ReturnType<typeof lidUnits>;
  readonly #turns: TurnReading[] = [];
  readonly #openings: { told: number; seen: number }[] = [];
  readonly #lids: LidReading[] = [];

  /** @param browHeights `[expressionCount]` of `PictureAnswer` */
  constructor(
    rig: LandmarkRig,
    { calibration, coefficients }: ReferenceIdentity,
    private readonly browHeights: Float64Array,
  ) {
    this.#own = coefficients;
    this.#fitter = new FrameFitter(rig, calibration);
    this.#mouth = new MouthMeter(rig, calibration);
    this.#lidUnits = lidUnits(rig, calibration.interocularM);
  }

  /** @param told to the generator, by the probe */
  add(probe: Probe, told: HeadCoefficients, face: TrackedFace): void {
    if (probe.turnDeg === STRAIGHT) {
      const { mouthGap, lidOpening } = measureFace(face);
      this.#lids.push({ told, seen: lidOpening });
      if (!movesEyes(probe)) this.#openings.push({ told: this.#mouth.gap(told), seen: mouthGap });
    }
    if (!movesEyes(probe)) this.#addTurn(told, face);
  }

  #addTurn(told: HeadCoefficients, face: TrackedFace): void {
    const own = this.#own;
    this.#fitter.reset();
    const { coefficients: read } = this.#fitter.fit(face);
    const turn = turnFrom(own, told);
    const further = turnFrom(own, read).map((angle, axis) => angle - turn[axis]);
    if (Math.hypot(...further) > FAILED_RAD) return;
    const state = {
      turn,
      jawRad: told.theta[6] - own.theta[6],
      browIod: browsFrom(this.browHeights, own, told),
    };
    this.#turns.push({ features: turnFeatures(state, new Float64Array(TURN_FEATURES)), further });
  }

  /** An answer that turns nothing where too little was seen. */
  answer(): PictureAnswer {
    const enough = this.#turns.length >= LEAST_SEEN;
    return {
      turn: enough ? regressAnswer(this.#turns) : new Float64Array(3 * TURN_FEATURES),
      browHeights: this.browHeights,
      opening: openingCurve(this.#openings),
      lids: enough ? regressLids(this.#lidUnits, this.#own, this.#lids) : null,
    };
  }
}

/** Such a picture says nothing of turns and mouths that others don't. */
function movesEyes({ lids, gazeRad }: Probe): boolean {
  return lids !== undefined || gazeRad !== undefined;
}

import type { FrameStamp } from '../frame.ts';
import type { HeadCoefficients, HeadModel } from '../head/head-model.ts';
import { logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';
import { lowPassShare, OneEuroBank, type OneEuroOptions } from './one-euro.ts';

export interface SmoothingOptions {
  /** Head rotation; speeds in radians a second. */
  readonly rotation: OneEuroOptions;
  /** Head translation; speeds in metres a second. */
  readonly translation: OneEuroOptions;
  /** Expression units, blinks apart; speeds in units a second. */
  readonly expression: OneEuroOptions;
  /** Jaw and gaze; speeds in radians a second. */
  readonly joints: OneEuroOptions;
}

/**
 * Calm at rest, and behind by less than a frame from half a radian, half a unit or 5 cm a second on (a first-order
 * low pass trails a steady motion by 1 / 2π·cutoff).
 */
export const DEFAULT_SMOOTHING: SmoothingOptions = {
  rotation: { minCutoffHz: 2, speedGain: 16, speedCutoffHz: 4 },
  translation: { minCutoffHz: 3, speedGain: 120, speedCutoffHz: 4 },
  expression: { minCutoffHz: 6, speedGain: 12, speedCutoffHz: 4 },
  joints: { minCutoffHz: 6, speedGain: 40, speedCutoffHz: 4 },
};

/** Frames further apart than this have nothing to do with each other. */
const LONGEST_GAP_MS = 500;
const SHORTEST_STEP_S = 1e-3;

/**
 * Takes the jitter out of fitted motion: One-Euro on the head's rotation (as one turn, not three angles), its
 * translation and every channel. Blinks pass untouched: they are over before a filter has opened.
 */
export class MotionSmoother {
  private readonly translation: OneEuroBank;
  private readonly expression: OneEuroBank;
  private readonly joints: OneEuroBank;
  private readonly passes: Uint8Array;
  private readonly options: SmoothingOptions;
  private rotation: Float64Array = new Float64Array(9);
  private turnSpeed = new Float64Array(3);
  private lastPtsMs: number | null = null;

  constructor(model: HeadModel, options: Partial<SmoothingOptions> = {}) {
    this.options = { ...DEFAULT_SMOOTHING, ...options };
    this.translation = new OneEuroBank(3, this.options.translation);
    this.expression = new OneEuroBank(model.expressionCount, this.options.expression);
    this.joints = new OneEuroBank(12, this.options.joints);
    this.passes = Uint8Array.from(model.expressionUnits, ({ name }) => (name.includes('blink') ? 1 : 0));
  }

  /** The calmed coefficients of a frame; frames come in order of `ptsMs`. */
  smooth({ ptsMs }: FrameStamp, coefficients: HeadCoefficients): HeadCoefficients {
    const gapMs = this.lastPtsMs === null ? Number.POSITIVE_INFINITY : ptsMs - this.lastPtsMs;
    if (gapMs > LONGEST_GAP_MS || gapMs < 0) this.reset();
    const first = this.lastPtsMs === null;
    this.lastPtsMs = ptsMs;
    const seconds = Math.max(SHORTEST_STEP_S, gapMs / 1000);
    const { psi, theta, translation } = coefficients;
    this.turnTowards(theta, seconds, first);
    this.translation.step(translation, 0, seconds);
    this.expression.step(psi, 0, seconds);
    this.joints.step(theta, 3, seconds);
    const smoothTheta = new Float32Array(15);
    smoothTheta.set(logRotation(this.rotation));
    smoothTheta.set(this.joints.values, 3);
    return {
      psi: psi.map((value, unit) => (this.passes[unit] === 1 ? value : this.expression.values[unit])),
      theta: smoothTheta,
      translation: Float32Array.from(this.translation.values),
    };
  }

  reset(): void {
    this.lastPtsMs = null;
    this.translation.reset();
    this.expression.reset();
    this.joints.reset();
    this.turnSpeed.fill(0);
  }

  /** One-Euro on SO(3): the low pass goes a share of the way along the turn to the new rotation. */
  private turnTowards(theta: Float32Array, seconds: number, first: boolean): void {
    const target = rodrigues(theta);
    if (first) {
      this.rotation = target;
      return;
    }
    const { rotation: options } = this.options;
    const turn = logRotation(multiply(target, transpose(this.rotation)));
    const speedShare = lowPassShare(options.speedCutoffHz, seconds);
    let squared = 0;
    for (let axis = 0; axis < 3; axis++) {
      this.turnSpeed[axis] += speedShare * (turn[axis] / seconds - this.turnSpeed[axis]);
      squared += this.turnSpeed[axis] ** 2;
    }
    const share = lowPassShare(options.minCutoffHz + options.speedGain * Math.sqrt(squared), seconds);
    for (let axis = 0; axis < 3; axis++) turn[axis] *= share;
    this.rotation = multiply(rodrigues(turn), this.rotation);
  }
}

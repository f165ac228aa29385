import type { ExpressionPreset } from '../../contract/expression-presets.ts';
import type { FrameStamp } from '../frame.ts';
import type { HeadCoefficients, HeadModel } from '../head/head-model.ts';

/** What a preset does: coefficients by unit (without its side where both sides do it), jaw opening in radians. */
interface PresetMotion {
  readonly units: Readonly<Record<string, number>>;
  readonly jawRad?: number;
}

const PRESETS: Readonly<Record<ExpressionPreset, PresetMotion>> = {
  smile: { units: { smile: 0.8, 'corner-up': 0.35, 'cheek-raise': 0.5, 'lid-lower-up': 0.25 } },
  laugh: {
    units: { smile: 0.9, 'corner-up': 0.4, 'cheek-raise': 0.8, 'upper-lip-raise': 0.35, squeeze: 0.2 },
    jawRad: 0.26,
  },
  surprise: {
    units: { 'brow-up': 0.9, 'brow-inner-up': 0.4, 'eye-wide': 0.9, 'lips-funnel': 0.25 },
    jawRad: 0.28,
  },
  angry: {
    units: {
      'brow-down': 1,
      'brow-inner-down': 0.6,
      'brow-inner-in': 0.7,
      'nose-sneer': 0.35,
      'lid-lower-up': 0.4,
      'corner-down': 0.5,
      'lower-lip-up': 0.3,
    },
  },
  sad: {
    units: {
      'brow-inner-up': 0.9,
      'brow-outer-down': 0.3,
      'corner-down': 0.7,
      'chin-raise': 0.35,
      'lower-lip-up': 0.2,
    },
  },
  doubt: {
    units: {
      'brow-up-left': 0.9,
      'brow-outer-up-left': 0.5,
      'brow-down-right': 0.6,
      'eye-slit-right': 0.3,
      'mouth-right': 0.4,
      'corner-back-left': 0.3,
    },
  },
  kiss: { units: { 'lips-pucker': 0.8, 'lips-purse': 0.7, 'lower-lip-up': 0.4, 'upper-lip-down': 0.3 } },
  wink: { units: { 'blink-left': 1, 'cheek-raise-left': 0.6, 'corner-up-left': 0.5, 'smile-left': 0.35 } },
  puff: { units: { 'cheek-puff': 1.15, 'lips-purse': 0.4 } },
};

/** From nothing to all of it, milliseconds. */
const EASE_MS = 220;

/** Holds an expression on top of the avatar's own motion, and eases from one to the next. */
export class PresetOverlay {
  readonly #model: HeadModel;
  /** `[expressionCount]` and jaw: where it goes, whence it came, and where it is. */
  #to: Float32Array;
  #from: Float32Array;
  #now: Float32Array;
  #name: string | null = null;
  #sinceMs: number | null = null;
  #settled = true;

  constructor(model: HeadModel) {
    this.#model = model;
    this.#to = new Float32Array(model.expressionCount + 1);
    this.#from = this.#to.slice();
    this.#now = this.#to.slice();
  }

  /** @param name a preset; null and names that are none end the one that is held */
  hold(name: string | null): void {
    if (name === this.#name) return;
    this.#name = name;
    this.#from = this.#now.slice();
    this.#to = presetTargets(this.#model, name);
    this.#sinceMs = null;
    this.#settled = false;
  }

  apply({ ptsMs }: FrameStamp, coefficients: HeadCoefficients): HeadCoefficients {
    if (!this.#settled) {
      this.#sinceMs ??= ptsMs;
      const x = Math.max(0, Math.min(1, (ptsMs - this.#sinceMs) / EASE_MS));
      const share = x * x * (3 - 2 * x);
      for (let i = 0; i < this.#now.length; i++)
        this.#now[i] = this.#from[i] + share * (this.#to[i] - this.#from[i]);
      this.#settled = x >= 1;
    } else if (this.#name === null) return coefficients;
    const units = this.#model.expressionUnits;
    const theta = coefficients.theta.slice();
    // A mouth that is open already opens no further for a preset.
    theta[6] = Math.max(theta[6], this.#now[units.length]);
    return {
      psi: coefficients.psi.map((value, unit) => Math.min(units[unit].max, value + this.#now[unit])),
      theta,
      translation: coefficients.translation,
    };
  }
}

function presetTargets({ expressionUnits }: HeadModel, name: string | null): Float32Array {
  const targets = new Float32Array(expressionUnits.length + 1);
  if (name === null || !Object.hasOwn(PRESETS, name)) return targets;
  const { units, jawRad = 0 } = PRESETS[name as ExpressionPreset];
  expressionUnits.forEach((unit, i) => {
    targets[i] = units[unit.name] ?? units[unit.name.replace(/-(left|right)$/, '')] ?? 0;
  });
  targets[expressionUnits.length] = jawRad;
  return targets;
}

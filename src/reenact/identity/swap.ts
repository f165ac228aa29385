import type { HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { logRotation, type Matrix3, multiply, rodrigues, transpose } from '../head/rotation.ts';
import { matchMouth } from './match-mouth.ts';
import type { ReferenceIdentity } from './reference.ts';
import { mirrorCoefficients } from './swap-mirror.ts';
import {
  DEFAULT_GAINS,
  type Gains,
  type SwapDriver,
  type SwapMode,
  type SwapOptions,
} from './swap-options.ts';
import { swapTranslation } from './swap-translation.ts';

const NECK = 3;
const JAW = 6;
const EYES = 9;
/** Farther than this an eyeball shows no iris: radians about x (down, up) and y (aside). */
const GAZE_LIMIT_RAD = [0.5, 0.75] as const;

/**
 * Identity swap by substitution of coefficients (Navard and Lim, "Loki", arXiv 2605.24176, Fig. 3): identity and
 * camera stay the reference's, expression ψ and pose θ become the driver's. No learned part, no state.
 *
 * The coefficients returned belong to `reference.calibration` (its beta, its camera). With H = R_global · R_neck the
 * head's rotation ({@link headRotation}), `d` the driver, `n` its neutral, `r` the reference and g the gain of `head`:
 *
 *     pose relative:  H = (H_d H_nᵀ)^g · H_r      the driver's turn from its neutral, on top of the portrait's own
 *     pose absolute:  H = (H_d H_rᵀ)^g · H_r      the driver's own rotation where g = 1
 *     output:         R_global = R_global,r,      R_neck = R_globalᵀ · H
 *
 * so the turn happens in the neck joint and the shoulders stay. A rotation's power scales its angle.
 * Expression and jaw: g·ψ_d, or relative ψ_r + g (ψ_d − ψ_n), within the bounds of each unit; gaze likewise by its own
 * mode. Translation: {@link swapTranslation}, always relative. The mouth opens as {@link matchMouth} has it.
 */
export function swap(
  reference: Pick<ReferenceIdentity, 'coefficients' | 'calibration'>,
  driver: SwapDriver,
  options: SwapOptions,
): HeadCoefficients {
  const { units, expression = 'absolute', pose = 'relative', gaze = pose, mirror = false } = options;
  const gain: Gains = { ...DEFAULT_GAINS, ...options.gain };
  const own = reference.coefficients;
  const now = mirror ? mirrorCoefficients(driver.coefficients, units) : driver.coefficients;
  const rest = mirror ? mirrorCoefficients(driver.neutral, units) : driver.neutral;

  const theta = Float32Array.from(own.theta);
  const neck = multiply(transpose(rodrigues(own.theta)), swapRotation(own, now, rest, pose, gain.head));
  theta.set(logRotation(neck), NECK);
  for (let i = JAW; i < EYES; i++)
    theta[i] = substitute(expression, gain.jaw, own.theta[i], now.theta[i], rest.theta[i]);
  // A driver who rests with the mouth open must not push a closed jaw through the upper lip.
  if (expression === 'relative') theta[JAW] = Math.max(Math.min(0, own.theta[JAW]), theta[JAW]);
  for (let i = EYES; i < 15; i++) {
    const limit = GAZE_LIMIT_RAD[i % 3] ?? 0;
    theta[i] = clamp(substitute(gaze, gain.gaze, own.theta[i], now.theta[i], rest.theta[i]), -limit, limit);
  }
  const swapped = {
    psi: swapExpression(units, gain, expression, own.psi, now.psi, rest.psi),
    theta,
    translation: swapTranslation(
      { coefficients: own, interocularM: reference.calibration.interocularM },
      driver,
      gain.translation,
      mirror,
    ),
  };
  if (options.mouth === undefined) return swapped;
  const { driver: driverMouth, avatar } = options.mouth;
  const wanted = substitute(
    expression,
    gain.jaw,
    avatar.gap(own),
    driverMouth.gap(driver.coefficients),
    driverMouth.gap(driver.neutral),
  );
  return matchMouth(options.mouth, swapped, Math.max(0, wanted));
}

/** Rotation of the avatar's head in the camera frame. */
function swapRotation(
  own: HeadCoefficients,
  now: HeadCoefficients,
  rest: HeadCoefficients,
  mode: SwapMode,
  gain: number,
): Matrix3 {
  const origin = headRotation(mode === 'relative' ? rest : own);
  const turn = multiply(headRotation(now), transpose(origin));
  if (gain === 1) return multiply(turn, headRotation(own));
  const scaled = logRotation(turn).map((value) => value * gain);
  return multiply(rodrigues(scaled), headRotation(own));
}

function swapExpression(
  units: SwapOptions['units'],
  gain: Gains,
  mode: SwapMode,
  own: Float32Array,
  now: Float32Array,
  rest: Float32Array,
): Float32Array {
  const psi = new Float32Array(units.length);
  for (let c = 0; c < psi.length; c++) {
    const { region, min, max } = units[c];
    psi[c] = clamp(substitute(mode, gain[region], own[c], now[c], rest[c]), min, max);
  }
  return psi;
}

function substitute(mode: SwapMode, gain: number, own: number, now: number, rest: number): number {
  return mode === 'absolute' ? gain * now : own + gain * (now - rest);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

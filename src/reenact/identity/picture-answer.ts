import type { HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';
import { type LidAnswer, tellLids } from './lid-answer.ts';
import type { OpeningCurve } from './match-mouth.ts';

/**
 * How an avatar's picture answers to what its generator is told, as the tracker reads it. A warped picture reads as
 * turned less than it is (its shading stays, the far side brings no new surface), and the tracker takes an opening
 * jaw and a raised brow partly for a nod, each picture's in its own way.
 */
export interface PictureAnswer {
  /** `[3, TURN_FEATURES]` radians that the head is read further about the camera's x, y and z than it was told. */
  readonly turn: Float64Array;
  /** `[expressionCount]` how far each unit raises the brows, inter-ocular distances. */
  readonly browHeights: Float64Array;
  /** How wide its mouth is read; null where that could not be seen. */
  readonly opening: OpeningCurve | null;
  /** How its eyes are read; null where its lids could not be seen to move. */
  readonly lids: LidAnswer | null;
}

export const TURN_FEATURES = 9;
/** Turns about x, y and z beyond which the answer stays what it is there: nobody looked further. */
const SEEN_TURN_RAD = [0.3, 0.4, 0.3];
/** A mouth that opens wider is taken no further for a nod: what the lips do then counts as much, either way. */
const SEEN_JAW_RAD = 0.2;
const SEEN_BROW_IOD = 0.15;
/** The tracker sees the mouth open or shut, rather than how far, by this angle of the jaw. */
const OPEN_JAW_RAD = 0.1;
const FIXED_POINT_ROUNDS = 5;
/**
 * Networks give a warped picture the shading and the far side that it lacks: it reads as turned about y by so much further
 * than the warp (between 0.050 and 0.057 on the built-in avatars), as far as was looked.
 */
const REPAIRED_SHARE = 0.055;
const SEEN_REPAIRED_RAD = (36 * Math.PI) / 180;

/** A state of the face as far as the answer depends on it. */
export interface ToldFace {
  /** `[3]` from the portrait's own rotation, axis-angle in the camera frame. */
  readonly turn: ArrayLike<number>;
  /** Since the portrait. */
  readonly jawRad: number;
  /** How much higher the brows stand than in the portrait. */
  readonly browIod: number;
}

/**
 * What the answer depends on: 1, the turn, the squares of its nod and turn, the jaw's opening, whether it is open at
 * all, and the brows.
 */
export function turnFeatures({ turn, jawRad, browIod }: ToldFace, out: Float64Array): Float64Array {
  out[0] = 1;
  for (let axis = 0; axis < 3; axis++) out[1 + axis] = within(SEEN_TURN_RAD[axis], turn[axis]);
  out[4] = out[1] * out[1];
  out[5] = out[2] * out[2];
  out[6] = within(SEEN_JAW_RAD, jawRad);
  out[7] = within(1, jawRad / OPEN_JAW_RAD);
  out[8] = within(SEEN_BROW_IOD, browIod);
  return out;
}

function within(limit: number, value: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** How much higher the brows of `now` stand than those of `portrait`, inter-ocular distances. */
export function browsFrom(
  heights: ArrayLike<number>,
  portrait: Pick<HeadCoefficients, 'psi'>,
  now: Pick<HeadCoefficients, 'psi'>,
): number {
  let raised = 0;
  for (let unit = 0; unit < heights.length; unit++)
    raised += heights[unit] * (now.psi[unit] - portrait.psi[unit]);
  return raised;
}

/** The rotation of the head from the portrait's own, axis-angle in the camera frame. */
export function turnFrom(
  portrait: Pick<HeadCoefficients, 'theta'>,
  now: Pick<HeadCoefficients, 'theta'>,
): Float64Array {
  return logRotation(multiply(headRotation(now), transpose(headRotation(portrait))));
}

/** A portrait, and how its picture answers; absent where nobody looked. */
interface Answering {
  readonly coefficients: HeadCoefficients;
  readonly answer?: PictureAnswer;
}

const features = new Float64Array(TURN_FEATURES);

/**
 * What to tell the generator so that its picture reads as `commanded`: the same motion with another turn of the neck.
 * The turn x solves x + answer(x) = commanded turn, by iteration: the answer's slope is far below 1.
 *
 * @param repaired how much of the picture networks have repaired, 0..1
 */
export function tellTurn(
  { answer, coefficients: portrait }: Answering,
  commanded: HeadCoefficients,
  repaired = 0,
): HeadCoefficients {
  if (answer === undefined) return commanded;
  const { turn, browHeights } = answer;
  const wanted = turnFrom(portrait, commanded);
  const jawRad = commanded.theta[6] - portrait.theta[6];
  const browIod = browsFrom(browHeights, portrait, commanded);
  const told = Float64Array.from(wanted);
  for (let round = 0; round < FIXED_POINT_ROUNDS; round++) {
    turnFeatures({ turn: told, jawRad, browIod }, features);
    for (let axis = 0; axis < 3; axis++) {
      let further = axis === 1 ? repaired * repairedFurther(told[1]) : 0;
      for (let f = 0; f < TURN_FEATURES; f++) further += turn[axis * TURN_FEATURES + f] * features[f];
      told[axis] = wanted[axis] - further;
    }
  }
  const theta = Float32Array.from(commanded.theta);
  const head = multiply(rodrigues(told), headRotation(portrait));
  theta.set(logRotation(multiply(transpose(rodrigues(theta)), head)), 3);
  return { ...commanded, theta };
}

/** Radians that a repaired picture is read further about y than its warp, which was told to turn by `turnRad`. */
function repairedFurther(turnRad: number): number {
  return REPAIRED_SHARE * within(SEEN_REPAIRED_RAD, turnRad);
}

/**
 * What to tell the generator so that head and lids of its picture read as `commanded`.
 *
 * @param repaired as of {@link tellTurn}
 */
export function tellPicture(
  portrait: Answering,
  commanded: HeadCoefficients,
  repaired = 0,
): HeadCoefficients {
  const told = tellTurn(portrait, commanded, repaired);
  const lids = portrait.answer?.lids ?? null;
  return lids === null ? told : tellLids(lids, portrait.coefficients, told);
}

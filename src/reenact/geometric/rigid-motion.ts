import type { HeadCoefficients } from '../head/head-model.ts';
import { jointTransforms, TRANSFORM_SIZE } from '../head/joint-transforms.ts';
import { logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';

const JOINTS = 5;
export const BODY_JOINT = 0;
export const HEAD_JOINT = 1;

/** How the rigid parts of a head have moved since the portrait, in the camera frame. */
export class RigidMotion {
  /** `[5, 3, 4]` row-major: a point of joint j's part goes from p to M_j (p, 1). */
  readonly matrices = new Float64Array(JOINTS * TRANSFORM_SIZE);
  readonly #inverse = new Float64Array(JOINTS * TRANSFORM_SIZE);
  readonly #current = new Float64Array(JOINTS * TRANSFORM_SIZE);
  readonly #rotations = new Float64Array(JOINTS * 9);

  /** @param reference the portrait's own coefficients */
  constructor(
    readonly joints: Float32Array,
    reference: HeadCoefficients,
  ) {
    const posed = jointTransforms(joints, reference.theta);
    for (let at = 0; at < posed.length; at += TRANSFORM_SIZE)
      for (let row = 0; row < 3; row++) {
        let shift = 0;
        for (let k = 0; k < 3; k++) {
          this.#inverse[at + row * 4 + k] = posed[at + k * 4 + row];
          shift += posed[at + k * 4 + row] * (posed[at + k * 4 + 3] + reference.translation[k]);
        }
        this.#inverse[at + row * 4 + 3] = -shift;
      }
  }

  /** Angle that the head has turned by. */
  get headTurnRad(): number {
    const m = HEAD_JOINT * TRANSFORM_SIZE;
    const trace = this.matrices[m] + this.matrices[m + 5] + this.matrices[m + 10];
    return Math.acos(Math.min(1, Math.max(-1, (trace - 1) / 2)));
  }

  /** Sets `matrices` to the motion from the portrait to `coefficients`. */
  move(coefficients: HeadCoefficients): void {
    const current = jointTransforms(this.joints, coefficients.theta, this.#rotations, this.#current);
    for (let at = 0; at < current.length; at += TRANSFORM_SIZE)
      for (let row = 0; row < 3; row++)
        for (let column = 0; column < 4; column++) {
          let sum = column === 3 ? current[at + row * 4 + 3] + coefficients.translation[row] : 0;
          for (let k = 0; k < 3; k++) sum += current[at + row * 4 + k] * this.#inverse[at + k * 4 + column];
          this.matrices[at + row * 4 + column] = sum;
        }
  }
}

/** Turn from the portrait up to which the warp follows exactly, and the one that it never passes. */
const EXACT_TURN_RAD = (38 * Math.PI) / 180;
const GREATEST_TURN_RAD = (50 * Math.PI) / 180;

/**
 * Holds back turns that one picture can't show: beyond 38° from the portrait's own rotation the head follows less and
 * less, and never beyond 50°. Writes the neck's axis-angle into `theta`; smaller turns are left exactly as they are.
 */
export function limitTurn(theta: Float32Array, reference: HeadCoefficients): void {
  const global = rodrigues(theta, 0);
  const total = multiply(global, rodrigues(theta, 3));
  const own = multiply(rodrigues(reference.theta, 0), rodrigues(reference.theta, 3));
  const turn = logRotation(multiply(total, transpose(own)));
  const angle = Math.hypot(turn[0], turn[1], turn[2]);
  if (angle <= EXACT_TURN_RAD) return;
  const room = GREATEST_TURN_RAD - EXACT_TURN_RAD;
  const held = EXACT_TURN_RAD + room * Math.tanh((angle - EXACT_TURN_RAD) / room);
  const kept = rodrigues(turn.map((component) => (component * held) / angle));
  theta.set(logRotation(multiply(transpose(global), multiply(kept, own))), 3);
}

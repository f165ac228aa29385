import type { FrameStamp } from '../frame.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';

/** How long the difference takes to go, milliseconds. */
const EASE_MS = 500;

interface Difference {
  readonly psi: Float32Array;
  /** `[15]` axis-angle, joint by joint, in front of the new rotation. */
  readonly theta: Float32Array;
  readonly translation: Float32Array;
  readonly sinceMs: number;
}

/**
 * Hides the jump where what makes the motion is replaced (another calibration, other options): the difference to the
 * motion before is kept and fades, while the new motion goes on underneath (inertialisation; Bollo, "Inertialization",
 * GDC 2018).
 */
export class HandOver {
  #last: HeadCoefficients | null = null;
  #due = false;
  #difference: Difference | null = null;

  /** The next frame comes from elsewhere. */
  begin(): void {
    this.#due = true;
  }

  /** Forget the motion so far: the next frame is of another avatar, or the first. */
  reset(): void {
    this.#last = null;
    this.#due = false;
    this.#difference = null;
  }

  apply({ ptsMs }: FrameStamp, coefficients: HeadCoefficients): HeadCoefficients {
    if (this.#due && this.#last !== null) this.#difference = differenceOf(this.#last, coefficients, ptsMs);
    this.#due = false;
    this.#last = this.#faded(ptsMs, coefficients);
    return this.#last;
  }

  #faded(ptsMs: number, coefficients: HeadCoefficients): HeadCoefficients {
    if (this.#difference === null) return coefficients;
    const { psi, theta, translation, sinceMs } = this.#difference;
    const x = Math.max(0, Math.min(1, (ptsMs - sinceMs) / EASE_MS));
    if (x >= 1) {
      this.#difference = null;
      return coefficients;
    }
    const share = 1 - x * x * (3 - 2 * x);
    const turned = new Float32Array(15);
    for (let joint = 0; joint < 15; joint += 3) {
      const turn = rodrigues([share * theta[joint], share * theta[joint + 1], share * theta[joint + 2]]);
      turned.set(logRotation(multiply(turn, rodrigues(coefficients.theta, joint))), joint);
    }
    return {
      psi: coefficients.psi.map((value, unit) => value + share * psi[unit]),
      theta: turned,
      translation: coefficients.translation.map((value, axis) => value + share * translation[axis]),
    };
  }
}

function differenceOf(from: HeadCoefficients, to: HeadCoefficients, sinceMs: number): Difference {
  const theta = new Float32Array(15);
  for (let joint = 0; joint < 15; joint += 3)
    theta.set(
      logRotation(multiply(rodrigues(from.theta, joint), transpose(rodrigues(to.theta, joint)))),
      joint,
    );
  return {
    psi: from.psi.map((value, unit) => value - to.psi[unit]),
    theta,
    translation: from.translation.map((value, axis) => value - to.translation[axis]),
    sinceMs,
  };
}

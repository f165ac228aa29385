import { isOutline } from '../fit/landmark-groups.ts';
import { interocularDistancePx } from '../fit/observation.ts';
import type { FittedFrame } from '../fit/types.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import type { TrackedFace } from '../track/types.ts';
import { type FaceMeasures, measureFace } from './face-measures.ts';

/** What one frame of the driver did, what was asked of the avatar, and how well the fit explained the frame. */
export interface MotionSample {
  readonly sequence: number;
  /** False while the face was lost: the avatar was held or easing to rest. */
  readonly tracked: boolean;
  /** `[3, 3]` row-major, head to camera frame; null while the face was lost. */
  readonly driverRotation: ArrayLike<number> | null;
  /** `[3, 3]` row-major rotation of the avatar's head that the generator was given. */
  readonly commandedRotation: ArrayLike<number>;
  readonly driver: FaceMeasures | null;
  /** Residual of each landmark but oval and jaw line, fraction of the inter-ocular distance; null without a face. */
  readonly residualsIod: ArrayLike<number> | null;
  /** RMS residual of the frame's worst landmark group. */
  readonly worstGroupIod: number | null;
}

/** The driver in one frame, as the pipeline has it; all null while the face was lost. */
export interface JudgedDriver {
  readonly face: TrackedFace | null;
  readonly fitted: FittedFrame | null;
  /** `[478, 2]` pixels, where the fit has the landmarks. */
  readonly fittedPx: ArrayLike<number> | null;
}

/** @param commanded the avatar's coefficients */
export function motionSample(
  sequence: number,
  { face, fitted, fittedPx }: JudgedDriver,
  commanded: HeadCoefficients,
): MotionSample {
  return {
    sequence,
    tracked: face !== null,
    driverRotation: fitted === null ? null : headRotation(fitted.coefficients),
    commandedRotation: headRotation(commanded),
    driver: face === null ? null : measureFace(face),
    residualsIod: face === null || fittedPx === null ? null : residualsIod(face, fittedPx),
    worstGroupIod: fitted === null ? null : fitted.worstGroupIod,
  };
}

/** Distance of each tracked landmark but oval and jaw line from its fit. */
function residualsIod({ landmarks, points }: TrackedFace, fittedPx: ArrayLike<number>): Float32Array {
  const iodPx = interocularDistancePx(landmarks);
  const residuals = new Float32Array(points);
  let count = 0;
  for (let landmark = 0; landmark < points; landmark++) {
    if (isOutline(landmark)) continue;
    const dx = landmarks[landmark * 3] - fittedPx[landmark * 2];
    const dy = landmarks[landmark * 3 + 1] - fittedPx[landmark * 2 + 1];
    residuals[count++] = Math.hypot(dx, dy) / iodPx;
  }
  return residuals.subarray(0, count);
}

/** What the re-tracked video shows in one frame; null where no face was found in it. */
export interface AvatarSample {
  /** `[3, 3]` row-major. */
  readonly rotation: ArrayLike<number>;
  readonly measures: FaceMeasures;
}

/** Counts of residuals in bins of 0.02 % of the inter-ocular distance up to 40 %: quantiles in bounded memory. */
export class ResidualHistogram {
  static readonly #binIod = 0.0002;
  readonly #bins = new Uint32Array(2000);
  #count = 0;

  add(residuals: ArrayLike<number>): void {
    for (let i = 0; i < residuals.length; i++) {
      const bin = Math.min(this.#bins.length - 1, Math.floor(residuals[i] / ResidualHistogram.#binIod));
      this.#bins[bin]++;
      this.#count++;
    }
  }

  /** The `q`-quantile, to half a bin; NaN when nothing was added. */
  quantile(q: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = q * this.#count;
    for (let bin = 0; bin < this.#bins.length; bin++) {
      left -= this.#bins[bin];
      if (left <= 0) return (bin + 0.5) * ResidualHistogram.#binIod;
    }
    return this.#bins.length * ResidualHistogram.#binIod;
  }
}

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
  { face, fitted }: JudgedDriver,
  commanded: HeadCoefficients,
): MotionSample {
  return {
    sequence,
    tracked: face !== null,
    driverRotation: fitted === null ? null : headRotation(fitted.coefficients),
    commandedRotation: headRotation(commanded),
    driver: face === null ? null : measureFace(face),
    worstGroupIod: fitted === null ? null : fitted.worstGroupIod,
  };
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

  /** Adds the distance of each tracked landmark, face oval and jaw line aside, from its fit. */
  add({ face, fittedPx }: JudgedDriver): void {
    if (face === null || fittedPx === null) return;
    const { landmarks, points } = face;
    const iodPx = interocularDistancePx(landmarks);
    for (let landmark = 0; landmark < points; landmark++) {
      if (isOutline(landmark)) continue;
      const dx = landmarks[landmark * 3] - fittedPx[landmark * 2];
      const dy = landmarks[landmark * 3 + 1] - fittedPx[landmark * 2 + 1];
      const bin = Math.floor(Math.hypot(dx, dy) / iodPx / ResidualHistogram.#binIod);
      this.#bins[Math.min(this.#bins.length - 1, bin)]++;
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

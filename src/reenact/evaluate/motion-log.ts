import type { FaceMeasures } from './face-measures.ts';

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

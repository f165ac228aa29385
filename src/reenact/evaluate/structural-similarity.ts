import type { RgbaImage } from '../frame.ts';

/** Taps and standard deviation of the window, pixels. */
export const SSIM_TAPS = 11;
export const SSIM_SIGMA_PX = 1.5;
/** (K₁ L)² and (K₂ L)² with K₁ = 0.01, K₂ = 0.03, L = 255. */
export const SSIM_C1 = (0.01 * 255) ** 2;
export const SSIM_C2 = (0.03 * 255) ** 2;

/** Means, squares and product of the two pictures. */
const MOMENTS = 5;

/**
 * Structural similarity (Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to
 * structural similarity", IEEE TIP 2004, eq. 13): on luma (Rec. 601), under a Gaussian window of 11 × 11 taps, mean
 * over the positions at which the window lies wholly inside. Buffers are made once for a size.
 */
export class StructuralSimilarity {
  readonly #width: number;
  readonly #height: number;
  readonly #inner: number;
  readonly #window = gaussianWindow();
  readonly #a: Float32Array;
  readonly #b: Float32Array;
  /** `[5, height, width - 10]` window sums across: a, b, a², b², ab. */
  readonly #across: readonly Float32Array[];

  /** @throws RangeError for a picture smaller than the window */
  constructor(width: number, height: number) {
    if (width < SSIM_TAPS || height < SSIM_TAPS)
      throw new RangeError(`a picture of ${width}x${height} is smaller than the window of ${SSIM_TAPS}`);
    this.#width = width;
    this.#height = height;
    this.#inner = width - SSIM_TAPS + 1;
    this.#a = new Float32Array(width * height);
    this.#b = new Float32Array(width * height);
    this.#across = Array.from({ length: MOMENTS }, () => new Float32Array(height * this.#inner));
  }

  /** -1 to 1, 1 for equal pictures. */
  measure(a: RgbaImage, b: RgbaImage): number {
    this.#luma(a, this.#a);
    this.#luma(b, this.#b);
    this.#filterAcross();
    return this.#filterDown();
  }

  #luma({ width, height, data }: RgbaImage, out: Float32Array): void {
    if (width !== this.#width || height !== this.#height)
      throw new RangeError(`picture of ${width}x${height}, not ${this.#width}x${this.#height}`);
    for (let pixel = 0, at = 0; pixel < out.length; pixel++, at += 4)
      out[pixel] = 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
  }

  #filterAcross(): void {
    const [sumA, sumB, sumAA, sumBB, sumAB] = this.#across;
    const window = this.#window;
    for (let y = 0, out = 0; y < this.#height; y++) {
      const row = y * this.#width;
      for (let x = 0; x < this.#inner; x++, out++) {
        let a = 0;
        let b = 0;
        let aa = 0;
        let bb = 0;
        let ab = 0;
        for (let tap = 0; tap < SSIM_TAPS; tap++) {
          const weight = window[tap];
          const valueA = this.#a[row + x + tap];
          const valueB = this.#b[row + x + tap];
          a += weight * valueA;
          b += weight * valueB;
          aa += weight * valueA * valueA;
          bb += weight * valueB * valueB;
          ab += weight * valueA * valueB;
        }
        sumA[out] = a;
        sumB[out] = b;
        sumAA[out] = aa;
        sumBB[out] = bb;
        sumAB[out] = ab;
      }
    }
  }

  #filterDown(): number {
    const inner = this.#inner;
    const rows = this.#height - SSIM_TAPS + 1;
    const window = this.#window;
    const moment = new Float64Array(MOMENTS);
    let total = 0;
    for (let at = 0; at < rows * inner; at++) {
      for (let m = 0; m < MOMENTS; m++) {
        const across = this.#across[m];
        let sum = 0;
        for (let tap = 0, from = at; tap < SSIM_TAPS; tap++, from += inner) sum += window[tap] * across[from];
        moment[m] = sum;
      }
      const [a, b, aa, bb, ab] = moment;
      total +=
        ((2 * a * b + SSIM_C1) * (2 * (ab - a * b) + SSIM_C2)) /
        ((a * a + b * b + SSIM_C1) * (aa - a * a + (bb - b * b) + SSIM_C2));
    }
    return total / (rows * inner);
  }
}

/** `[11]`, sums to 1. */
function gaussianWindow(): Float64Array {
  const middle = (SSIM_TAPS - 1) / 2;
  const taps = Float64Array.from({ length: SSIM_TAPS }, (_, tap) =>
    Math.exp(-((tap - middle) ** 2) / (2 * SSIM_SIGMA_PX ** 2)),
  );
  const sum = taps.reduce((all, tap) => all + tap);
  return taps.map((tap) => tap / sum);
}

import type { RgbaImage } from '../reenact/frame.ts';

/** For each output column (or row): where its inputs start, and their weights, `taps` each. */
interface Taps {
  readonly taps: number;
  readonly starts: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Scales pictures of one size to another with a tent filter that is as wide as an output pixel, or bilinear where the
 * picture grows. Opaque: alpha becomes 255.
 */
export class PictureScaler {
  readonly width: number;
  readonly height: number;
  readonly #sourceWidth: number;
  readonly #sourceHeight: number;
  readonly #columns: Taps;
  readonly #rows: Taps;
  /** `[sourceHeight, width, 3]`, scaled across but not yet down. */
  readonly #across: Float32Array;

  constructor(sourceWidth: number, sourceHeight: number, width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#sourceWidth = sourceWidth;
    this.#sourceHeight = sourceHeight;
    this.#columns = tent(sourceWidth, width);
    this.#rows = tent(sourceHeight, height);
    this.#across = new Float32Array(sourceHeight * width * 3);
  }

  /** Writes the scaled picture into `target` with its left edge at column `left` and its top at row 0. */
  into(image: RgbaImage, target: Uint8Array, targetWidth: number, left: number): void {
    if (image.width !== this.#sourceWidth || image.height !== this.#sourceHeight) {
      throw new RangeError(
        `picture of ${image.width}x${image.height}, not ${this.#sourceWidth}x${this.#sourceHeight}`,
      );
    }
    this.#scaleAcross(image.data);
    this.#scaleDown(target, targetWidth, left);
  }

  #scaleAcross(data: Uint8Array): void {
    const { taps, starts, weights } = this.#columns;
    const across = this.#across;
    let out = 0;
    for (let y = 0; y < this.#sourceHeight; y++) {
      const row = y * this.#sourceWidth * 4;
      for (let x = 0; x < this.width; x++) {
        let r = 0;
        let g = 0;
        let b = 0;
        let at = row + starts[x] * 4;
        for (let tap = x * taps; tap < (x + 1) * taps; tap++, at += 4) {
          const weight = weights[tap];
          r += weight * data[at];
          g += weight * data[at + 1];
          b += weight * data[at + 2];
        }
        across[out++] = r;
        across[out++] = g;
        across[out++] = b;
      }
    }
  }

  #scaleDown(target: Uint8Array, targetWidth: number, left: number): void {
    const { taps, starts, weights } = this.#rows;
    const across = this.#across;
    const stride = this.width * 3;
    for (let y = 0; y < this.height; y++) {
      let out = (y * targetWidth + left) * 4;
      const from = starts[y] * stride;
      for (let i = 0; i < stride; i += 3, out += 4) {
        let r = 0.5;
        let g = 0.5;
        let b = 0.5;
        let at = from + i;
        for (let tap = y * taps; tap < (y + 1) * taps; tap++, at += stride) {
          const weight = weights[tap];
          r += weight * across[at];
          g += weight * across[at + 1];
          b += weight * across[at + 2];
        }
        target[out] = r;
        target[out + 1] = g;
        target[out + 2] = b;
        target[out + 3] = 255;
      }
    }
  }
}

function tent(source: number, size: number): Taps {
  const step = source / size;
  const radius = Math.max(1, step);
  const taps = Math.min(source, Math.ceil(radius * 2) + 1);
  const starts = new Int32Array(size);
  const weights = new Float32Array(size * taps);
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * step - 0.5;
    const start = Math.min(Math.max(0, Math.floor(centre - radius) + 1), source - taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      // Beyond the edge the outermost pixel is repeated: its distance counts from where the centre is held.
      const held = Math.min(Math.max(centre, 0), source - 1);
      const weight = Math.max(0, 1 - Math.abs(start + tap - held) / radius);
      weights[i * taps + tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap++) weights[i * taps + tap] /= sum;
    starts[i] = start;
  }
  return { taps, starts, weights };
}

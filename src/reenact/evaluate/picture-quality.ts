import type { RgbaImage } from '../frame.ts';

/** Pixels from the top left corner; `right` and `bottom` are the first that lie outside. */
export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Of pictures that are equal, or so nearly that eight bits cannot tell: keeps means finite. */
const MOST_DB = 60;

/**
 * Mean squared difference of two pictures of one size, over red, green and blue of the pixels in `box`, 8-bit units.
 *
 * @param box cut to the picture; the whole picture by default
 * @returns NaN where the box lies outside
 */
export function meanSquaredError(a: RgbaImage, b: RgbaImage, box?: PixelBox): number {
  const { width, height } = a;
  if (b.width !== width || b.height !== height)
    throw new RangeError(`pictures of ${width}x${height} and ${b.width}x${b.height}`);
  const left = Math.max(0, box?.left ?? 0);
  const top = Math.max(0, box?.top ?? 0);
  const right = Math.min(width, box?.right ?? width);
  const bottom = Math.min(height, box?.bottom ?? height);
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    const end = (y * width + right) * 4;
    for (let at = (y * width + left) * 4; at < end; at += 4) {
      const red = a.data[at] - b.data[at];
      const green = a.data[at + 1] - b.data[at + 1];
      const blue = a.data[at + 2] - b.data[at + 2];
      sum += red * red + green * green + blue * blue;
    }
  }
  const values = 3 * Math.max(0, right - left) * Math.max(0, bottom - top);
  return values === 0 ? Number.NaN : sum / values;
}

/** Peak signal-to-noise ratio of 8-bit pictures, 10 log₁₀(255² / MSE), at most 60 dB. */
export function psnrDb(meanSquared: number): number {
  return meanSquared === 0 ? MOST_DB : Math.min(MOST_DB, 10 * Math.log10(255 ** 2 / meanSquared));
}

/**
 * The box around some landmarks, grown on every side by a share of its longer one.
 *
 * @param landmarks `[points, 3]` pixels
 */
export function boxAround(landmarks: ArrayLike<number>, points: readonly number[], grow: number): PixelBox {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    left = Math.min(left, landmarks[point * 3]);
    right = Math.max(right, landmarks[point * 3]);
    top = Math.min(top, landmarks[point * 3 + 1]);
    bottom = Math.max(bottom, landmarks[point * 3 + 1]);
  }
  const margin = grow * Math.max(right - left, bottom - top);
  return {
    left: Math.floor(left - margin),
    top: Math.floor(top - margin),
    right: Math.ceil(right + margin),
    bottom: Math.ceil(bottom + margin),
  };
}

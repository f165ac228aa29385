import type { RgbaImage } from '../frame.ts';
import type { Rgb } from '../generator.ts';

/** A flat colour behind a person, and how much of each pixel the person covers. */
export interface Backdrop {
  readonly rgb: Rgb;
  /** `[size, size]` 0..1. */
  readonly opacity: Float32Array;
}

/** A colour that differs from `rgb` by half the range or more in every channel. */
export function contrastTo(rgb: Rgb): Rgb {
  const [red, green, blue] = rgb.map((level) => (level < 128 ? 255 : 0));
  return [red, green, blue];
}

/**
 * How much the person covers, from the same person before two colours: what differs between the two pictures is what
 * shows through (Smith and Blinn, "Blue screen matting", 1996, theorem 4). Of the three channels the mean.
 */
export function backdropOf(before: RgbaImage, rgb: Rgb, beforeOther: RgbaImage, other: Rgb): Backdrop {
  const opacity = new Float32Array(before.width * before.height);
  const [a, b] = [before.data, beforeOther.data];
  for (let p = 0; p < opacity.length; p++) {
    let through = 0;
    for (let k = 0; k < 3; k++) through += (a[p * 4 + k] - b[p * 4 + k]) / (rgb[k] - other[k]);
    opacity[p] = Math.min(1, Math.max(0, 1 - through / 3));
  }
  return { rgb, opacity };
}

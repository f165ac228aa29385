/** A small picture cut out of the portrait, with room for what the portrait hides. */
export interface Patch {
  /** Portrait position of the patch's top left corner, pixels. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]` 0..255. */
  readonly rgb: Float32Array;
}

/** Copies a window of the portrait, its edges repeated beyond the picture. */
export function cutPatch(
  portrait: Float32Array,
  size: number,
  left: number,
  top: number,
  width: number,
  height: number,
): Patch {
  const rgb = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const sy = Math.min(size - 1, Math.max(0, top + y));
    for (let x = 0; x < width; x++) {
      const sx = Math.min(size - 1, Math.max(0, left + x));
      for (let k = 0; k < 3; k++) rgb[(y * width + x) * 3 + k] = portrait[(sy * size + sx) * 3 + k];
    }
  }
  return { left, top, width, height, rgb };
}

/**
 * Bilinear sample at portrait position (x, y), clamped to the patch.
 *
 * @param out `[3]` written
 */
export function samplePatch(
  { left, top, width, height, rgb }: Patch,
  x: number,
  y: number,
  out: Float64Array,
): void {
  let sx = x - left - 0.5;
  let sy = y - top - 0.5;
  if (sx < 0) sx = 0;
  else if (sx > width - 1.001) sx = width - 1.001;
  if (sy < 0) sy = 0;
  else if (sy > height - 1.001) sy = height - 1.001;
  const x0 = sx | 0;
  const y0 = sy | 0;
  const fx = sx - x0;
  const fy = sy - y0;
  const a = (y0 * width + x0) * 3;
  const b = a + width * 3;
  const w00 = (1 - fx) * (1 - fy);
  const w10 = fx * (1 - fy);
  const w01 = (1 - fx) * fy;
  const w11 = fx * fy;
  for (let k = 0; k < 3; k++)
    out[k] = w00 * rgb[a + k] + w10 * rgb[a + 3 + k] + w01 * rgb[b + k] + w11 * rgb[b + 3 + k];
}

/** The window of a coverage mask's data at pixel (x, y); 0 outside it. */
export function coverageAt(
  mask: { left: number; top: number; right: number; bottom: number; data: Float32Array },
  x: number,
  y: number,
): number {
  if (x < mask.left || x >= mask.right || y < mask.top || y >= mask.bottom) return 0;
  return mask.data[(y - mask.top) * (mask.right - mask.left) + x - mask.left];
}

/** `color` over an opaque pixel. */
export function mixPixel(below: number, color: Float64Array, alpha: number): number {
  const red = below & 255;
  const green = (below >>> 8) & 255;
  const blue = (below >>> 16) & 255;
  return (
    (0xff000000 |
      ((blue + alpha * (color[2] - blue) + 0.5) << 16) |
      ((green + alpha * (color[1] - green) + 0.5) << 8) |
      (red + alpha * (color[0] - red) + 0.5)) >>>
    0
  );
}

import type { RgbaImage } from '../reenact/frame.ts';
import { fbm3, noise3 } from './noise.ts';

const SECTORS = 8;

/** Factor on the brightness of every pixel of a painting. */
export interface Canvas {
  readonly width: number;
  /** `[height, width]`. */
  readonly weave: Float64Array;
}

/**
 * Paint strokes from a picture: the generalised Kuwahara filter (Papari, Petkov and Campisi, IEEE TIP 2007): every
 * pixel takes the mean of the calmest of eight sectors around it; then the weave of a canvas and a varnish.
 * @param radius Pixels; 1/128 of the picture is a fine brush.
 * @param canvas Of {@link weaveCanvas}, where it is at hand.
 * @param origin Where the picture's top left corner lies on the canvas, pixels.
 */
export function paintOver(
  image: RgbaImage,
  radius: number,
  seed: number,
  canvas: Canvas = weaveCanvas(image.width, image.height, seed),
  origin: { readonly x: number; readonly y: number } = { x: 0, y: 0 },
): RgbaImage {
  const { width, height } = image;
  const sector = sectorWeights(radius);
  const side = 2 * radius + 1;
  const strokes = new Uint8Array(image.data.length);
  const sums = new Float64Array(SECTORS * 5);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sums.fill(0);
      for (let dy = -radius; dy <= radius; dy++) {
        const py = Math.min(height - 1, Math.max(0, y + dy));
        for (let dx = -radius; dx <= radius; dx++) {
          const k = sector[(dy + radius) * side + dx + radius];
          if (k < 0) continue;
          const p = (py * width + Math.min(width - 1, Math.max(0, x + dx))) * 4;
          const r = image.data[p];
          const g = image.data[p + 1];
          const b = image.data[p + 2];
          const s = k * 5;
          sums[s] += r;
          sums[s + 1] += g;
          sums[s + 2] += b;
          sums[s + 3] += r * r + g * g + b * b;
          sums[s + 4]++;
        }
      }
      let r = 0;
      let g = 0;
      let b = 0;
      let total = 0;
      for (let s = 0; s < sums.length; s += 5) {
        const n = sums[s + 4];
        const mr = sums[s] / n;
        const mg = sums[s + 1] / n;
        const mb = sums[s + 2] / n;
        const variance = sums[s + 3] / n - mr * mr - mg * mg - mb * mb;
        const weight = 1 / (1 + Math.max(0, variance) / 3) ** 4;
        r += weight * mr;
        g += weight * mg;
        b += weight * mb;
        total += weight;
      }
      const weave = canvas.weave[(origin.y + y) * canvas.width + origin.x + x];
      const at = (y * width + x) * 4;
      // Old varnish: a little yellow.
      strokes[at] = Math.min(255, (r / total) * weave * 1.01);
      strokes[at + 1] = Math.min(255, (g / total) * weave);
      strokes[at + 2] = Math.min(255, (b / total) * weave * 0.95);
      strokes[at + 3] = 255;
    }
  }
  return { width, height, data: strokes };
}

/** The weave of a canvas and the thickness of the paint on it. */
export function weaveCanvas(width: number, height: number, seed: number): Canvas {
  const weave = new Float64Array(width * height);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++)
      weave[at] =
        1 +
        0.02 * Math.sin(x * 2.1) * Math.sin(y * 2.1) +
        0.045 * fbm3(x / 26, y / 7, 0, 2, seed) +
        0.02 * noise3(x / 3, y / 3, 1, seed);
  return { width, weave };
}

/** `[side, side]` sector 0..7 of each offset within the disc, -1 outside it. */
function sectorWeights(radius: number): Int8Array {
  const side = 2 * radius + 1;
  const out = new Int8Array(side * side).fill(-1);
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      if (dx * dx + dy * dy > radius * radius) continue;
      const angle = Math.atan2(dy, dx) + Math.PI;
      out[(dy + radius) * side + dx + radius] = Math.floor((angle / (2 * Math.PI)) * SECTORS) % SECTORS;
    }
  }
  return out;
}

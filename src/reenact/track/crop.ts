import type { RgbaImage } from '../frame.ts';
import type { Roi } from './roi.ts';

export interface CropOptions {
  /** Tensor value of 8-bit value v: `v * gain + offset`. */
  readonly gain: number;
  readonly offset: number;
  /** What lies outside the picture: its nearest pixel, or black. */
  readonly border: 'replicate' | 'black';
  /** Most samples averaged along each axis where the picture is reduced; bounds the cost of large regions. */
  readonly maxSamples: number;
}

/** Samples lie at most this many pixels apart, so that reducing a large region does not alias. */
const MAX_SAMPLE_SPACING_PX = 1.5;

/**
 * Rotated square of a picture, resampled to `size` × `size` (ImageToTensorCalculator): bilinear, averaged over
 * several samples an output pixel where the region is larger than the output. Pixel centres are at half
 * integers on both sides.
 *
 * @param out `[size, size, 3]`, overwritten.
 */
export function cropToTensor(
  image: RgbaImage,
  roi: Roi,
  size: number,
  out: Float32Array,
  options: CropOptions,
): void {
  const step = roi.sizePx / size;
  const samples = Math.max(1, Math.min(options.maxSamples, Math.ceil(step / MAX_SAMPLE_SPACING_PX)));
  // Unit steps of the output along a row and a column, in pixels of the picture.
  const rowX = Math.cos(roi.rotationRad) * step;
  const rowY = Math.sin(roi.rotationRad) * step;
  const cornerX = roi.centreX - ((rowX - rowY) * size) / 2 - 0.5;
  const cornerY = roi.centreY - ((rowY + rowX) * size) / 2 - 0.5;
  const gain = options.gain / (samples * samples);
  for (let j = 0; j < size; j++) {
    const row = out.subarray(j * size * 3, (j + 1) * size * 3);
    row.fill(options.offset);
    for (let sj = 0; sj < samples; sj++) {
      const v = j + (sj + 0.5) / samples;
      for (let si = 0; si < samples; si++) {
        const u = (si + 0.5) / samples;
        const x = cornerX + u * rowX - v * rowY;
        const y = cornerY + u * rowY + v * rowX;
        const inside =
          isInterior(image, x, y) && isInterior(image, x + (size - 1) * rowX, y + (size - 1) * rowY);
        if (inside) addRowInside(image, x, y, rowX, rowY, gain, row);
        else if (options.border === 'replicate') addRowReplicated(image, x, y, rowX, rowY, gain, row);
        else addRowOnBlack(image, x, y, rowX, rowY, gain, row);
      }
    }
  }
}

function isInterior(image: RgbaImage, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < image.width - 1 && y < image.height - 1;
}

/** Adds a row of samples none of which needs a pixel outside the picture: the hot path. */
function addRowInside(
  image: RgbaImage,
  startX: number,
  startY: number,
  stepX: number,
  stepY: number,
  gain: number,
  row: Float32Array,
): void {
  const data = image.data;
  const stride = image.width * 4;
  for (let o = 0, i = 0; o < row.length; o += 3, i++) {
    const x = startX + i * stepX;
    const y = startY + i * stepY;
    const column = x | 0;
    const line = y | 0;
    const fx = x - column;
    const fy = y - line;
    const p = line * stride + column * 4;
    const q = p + stride;
    const w11 = fx * fy * gain;
    const w10 = fy * gain - w11;
    const w01 = fx * gain - w11;
    const w00 = gain - w10 - w01 - w11;
    row[o] += data[p] * w00 + data[p + 4] * w01 + data[q] * w10 + data[q + 4] * w11;
    row[o + 1] += data[p + 1] * w00 + data[p + 5] * w01 + data[q + 1] * w10 + data[q + 5] * w11;
    row[o + 2] += data[p + 2] * w00 + data[p + 6] * w01 + data[q + 2] * w10 + data[q + 6] * w11;
  }
}

function addRowReplicated(
  image: RgbaImage,
  startX: number,
  startY: number,
  stepX: number,
  stepY: number,
  gain: number,
  row: Float32Array,
): void {
  const { data, width, height } = image;
  for (let o = 0, i = 0; o < row.length; o += 3, i++) {
    const x = Math.min(width - 1, Math.max(0, startX + i * stepX));
    const y = Math.min(height - 1, Math.max(0, startY + i * stepY));
    const column = Math.min(width - 2, x | 0);
    const line = Math.min(height - 2, y | 0);
    addSample(data, width, height, Math.max(0, column), Math.max(0, line), x, y, gain, row, o);
  }
}

function addRowOnBlack(
  image: RgbaImage,
  startX: number,
  startY: number,
  stepX: number,
  stepY: number,
  gain: number,
  row: Float32Array,
): void {
  const { data, width, height } = image;
  for (let o = 0, i = 0; o < row.length; o += 3, i++) {
    const x = startX + i * stepX;
    const y = startY + i * stepY;
    if (x <= -1 || y <= -1 || x >= width || y >= height) continue;
    addSample(data, width, height, Math.floor(x), Math.floor(y), x, y, gain, row, o);
  }
}

/** One bilinear sample from the four pixels at (column, line), skipping those outside the picture. */
function addSample(
  data: Uint8Array,
  width: number,
  height: number,
  column: number,
  line: number,
  x: number,
  y: number,
  gain: number,
  row: Float32Array,
  o: number,
): void {
  for (let dy = 0; dy < 2; dy++) {
    const py = line + dy;
    if (py < 0 || py >= height) continue;
    const wy = (dy === 0 ? 1 - (y - line) : y - line) * gain;
    for (let dx = 0; dx < 2; dx++) {
      const px = column + dx;
      if (px < 0 || px >= width) continue;
      const weight = (dx === 0 ? 1 - (x - column) : x - column) * wy;
      const p = (py * width + px) * 4;
      row[o] += data[p] * weight;
      row[o + 1] += data[p + 1] * weight;
      row[o + 2] += data[p + 2] * weight;
    }
  }
}

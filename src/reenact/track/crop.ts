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
const MAX_SAMPLE_SPACING_PX = 2;
/** The four bilinear weights of a sample are integers of this sum: two channels fit in one 32-bit word. */
const WEIGHT_SUM = 256;
/** Positions inside the picture are counted in 1/65536 px, 32-bit words; those beyond its reach go the slower way. */
const FINE = 65536;
const MAX_FINE_PX = 32767;

/**
 * Rotated square of a picture, resampled to `size` × `size` (MediaPipe's ImageToTensorCalculator): bilinear,
 * averaged over several samples an output pixel where the region is larger than the output. Pixel centres are at
 * half integers on both sides.
 *
 * @param out `[3, size, size]`: planes of red, green and blue; overwritten.
 */
export function cropToTensor(
  image: RgbaImage,
  roi: Roi,
  size: number,
  out: Float32Array,
  options: CropOptions,
): void {
  const { width, height } = image;
  const step = roi.sizePx / size;
  const samples = Math.max(1, Math.min(options.maxSamples, Math.ceil(step / MAX_SAMPLE_SPACING_PX)));
  // Unit steps of the output along a row, in pixels of the picture; along a column they are (-stepY, stepX).
  const stepX = Math.cos(roi.rotationRad) * step;
  const stepY = Math.sin(roi.rotationRad) * step;
  const cornerX = roi.centreX - ((stepX - stepY) * size) / 2 - 0.5;
  const cornerY = roi.centreY - ((stepY + stepX) * size) / 2 - 0.5;
  const gain = options.gain / (samples * samples * WEIGHT_SUM);
  const row: SampledRow = {
    pixels: pixelsOf(image),
    width,
    height,
    stepX,
    stepY,
    gain,
    out,
    planeSize: size * size,
    startX: 0,
    startY: 0,
    firstPixel: 0,
    from: 0,
    to: size,
  };
  out.fill(options.offset);
  for (let j = 0; j < size; j++) {
    for (let k = 0; k < samples * samples; k++) {
      const u = ((k % samples) + 0.5) / samples;
      const v = j + (Math.floor(k / samples) + 0.5) / samples;
      const x = cornerX + u * stepX - v * stepY;
      const y = cornerY + u * stepY + v * stepX;
      row.startX = x;
      row.startY = y;
      row.firstPixel = j * size;
      if (options.border === 'black') {
        row.from = Math.max(0, firstInside(x, stepX, width), firstInside(y, stepY, height));
        row.to = Math.min(size, firstBeyond(x, stepX, width), firstBeyond(y, stepY, height));
      }
      if (!addInnerRow(row)) addRow(row);
    }
  }
}

/** One row of samples; the picture and the output are the same for all of a crop. */
interface SampledRow {
  readonly pixels: Uint32Array;
  readonly width: number;
  readonly height: number;
  /** From sample to sample, pixels of the picture. */
  readonly stepX: number;
  readonly stepY: number;
  /** Tensor value of an 8-bit value times `WEIGHT_SUM`. */
  readonly gain: number;
  readonly out: Float32Array;
  readonly planeSize: number;
  /** Position of sample 0, pixels of the picture. */
  startX: number;
  startY: number;
  /** Of the row in `out`. */
  firstPixel: number;
  /** Samples `from` to `to` are added. */
  from: number;
  to: number;
}

/** The picture as words 0xAABBGGRR (every machine that Node runs on is little-endian). */
function pixelsOf({ data, width, height }: RgbaImage): Uint32Array {
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, width * height);
}

/** First i ≥ … for which `start + i * step` lies in `[-0.5, length - 0.5)`. */
function firstInside(start: number, step: number, length: number): number {
  if (step > 0) return Math.ceil((-0.5 - start) / step);
  if (step < 0) return Math.floor((length - 0.5 - start) / step) + 1;
  return start >= -0.5 && start < length - 0.5 ? 0 : Number.POSITIVE_INFINITY;
}

/** First i after those. */
function firstBeyond(start: number, step: number, length: number): number {
  if (step > 0) return Math.ceil((length - 0.5 - start) / step);
  if (step < 0) return Math.floor((-0.5 - start) / step) + 1;
  return Number.POSITIVE_INFINITY;
}

/**
 * {@link addRow} for rows that lie inside the picture, as nearly all do: nothing to clamp, so positions are whole numbers
 * of 1/65536 px that grow by whole steps. False, and nothing done, for other rows.
 */
function addInnerRow(row: SampledRow): boolean {
  const { pixels, width, height, startX, startY, stepX, stepY, gain, out, firstPixel, planeSize, from, to } =
    row;
  const fineStepX = Math.round(FINE * stepX);
  const fineStepY = Math.round(FINE * stepY);
  // Half of a weight's unit more, so that weights are rounded, not cut.
  let x = Math.round(FINE * (startX + from * stepX)) + FINE / WEIGHT_SUM / 2;
  let y = Math.round(FINE * (startY + from * stepY)) + FINE / WEIGHT_SUM / 2;
  const lastX = x + (to - 1 - from) * fineStepX;
  const lastY = y + (to - 1 - from) * fineStepY;
  const [endX, endY] = [FINE * Math.min(MAX_FINE_PX, width - 1), FINE * Math.min(MAX_FINE_PX, height - 1)];
  const inside =
    Math.min(x, lastX) >= 0 &&
    Math.max(x, lastX) < endX &&
    Math.min(y, lastY) >= 0 &&
    Math.max(y, lastY) < endY;
  if (!inside) return false;
  for (let o = firstPixel + from; o < firstPixel + to; o++) {
    const fx = (x >> 8) & 255;
    const fy = (y >> 8) & 255;
    const p = Math.imul(y >> 16, width) + (x >> 16);
    x = (x + fineStepX) | 0;
    y = (y + fineStepY) | 0;
    const w11 = (fx * fy) >> 8;
    const w01 = fx - w11;
    const w10 = fy - w11;
    const w00 = WEIGHT_SUM - fx - w10;
    const a = pixels[p];
    const b = pixels[p + 1];
    const c = pixels[p + width];
    const d = pixels[p + width + 1];
    const redBlue =
      Math.imul(a & 0xff00ff, w00) +
      Math.imul(b & 0xff00ff, w01) +
      Math.imul(c & 0xff00ff, w10) +
      Math.imul(d & 0xff00ff, w11);
    const green =
      Math.imul((a >>> 8) & 255, w00) +
      Math.imul((b >>> 8) & 255, w01) +
      Math.imul((c >>> 8) & 255, w10) +
      Math.imul((d >>> 8) & 255, w11);
    out[o] += (redBlue & 0xffff) * gain;
    out[o + planeSize] += green * gain;
    out[o + 2 * planeSize] += (redBlue >>> 16) * gain;
  }
  return true;
}

/** Adds the samples of one row, at (startX + i · stepX, startY + i · stepY), to the output's row. */
function addRow(row: SampledRow): void {
  const { pixels, width, height, startX, startY, stepX, stepY, gain, out, firstPixel, planeSize, from, to } =
    row;
  const maxX = WEIGHT_SUM * (width - 1);
  const maxY = WEIGHT_SUM * (height - 1);
  const right = width > 1 ? 1 : 0;
  const below = height > 1 ? width : 0;
  for (let i = from; i < to; i++) {
    // Position in 1/256 px, inside the picture; the last column and row are reached with full weight.
    const x = Math.min(maxX, Math.max(0, WEIGHT_SUM * (startX + i * stepX) + 0.5)) | 0;
    const y = Math.min(maxY, Math.max(0, WEIGHT_SUM * (startY + i * stepY) + 0.5)) | 0;
    const fx = x === maxX && right !== 0 ? WEIGHT_SUM : x & 255;
    const fy = y === maxY && below !== 0 ? WEIGHT_SUM : y & 255;
    const p = ((y - fy) >> 8) * width + ((x - fx) >> 8);
    const w11 = (fx * fy) >> 8;
    const w01 = fx - w11;
    const w10 = fy - w11;
    const w00 = WEIGHT_SUM - fx - w10;
    const a = pixels[p];
    const b = pixels[p + right];
    const c = pixels[p + below];
    const d = pixels[p + right + below];
    const redBlue =
      Math.imul(a & 0xff00ff, w00) +
      Math.imul(b & 0xff00ff, w01) +
      Math.imul(c & 0xff00ff, w10) +
      Math.imul(d & 0xff00ff, w11);
    const green =
      ((a >>> 8) & 255) * w00 + ((b >>> 8) & 255) * w01 + ((c >>> 8) & 255) * w10 + ((d >>> 8) & 255) * w11;
    const o = firstPixel + i;
    out[o] += (redBlue & 0xffff) * gain;
    out[o + planeSize] += green * gain;
    out[o + 2 * planeSize] += (redBlue >>> 16) * gain;
  }
}

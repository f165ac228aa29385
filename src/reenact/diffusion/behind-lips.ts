import type { CoverageMask } from '../geometric/polygon.ts';
import type { FaceWindow } from './face-window.ts';

/**
 * How far around a place changes are averaged behind the lips, in pixels of a window of 256, on either side and twice: about a
 * tooth's height.
 */
const RADIUS_PX = 6;
const RADIUS_OF = 256;
const PASSES = 2;
/** Of the values that are averaged, red, green and blue come first, then how much they count. */
const VALUES = 4;

/** What shows between the lips of a frame: a part of the picture, and how much of each pixel it is. */
export interface LipOpening {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  /** `[rows, columns]` 0..1. */
  readonly cover: Float32Array;
}

/** A copy, since the mask is another frame's soon. Null where the lips are closed. */
export function lipOpening({ left, top, right, bottom, data }: CoverageMask): LipOpening | null {
  const [columns, rows] = [right - left, bottom - top];
  if (columns <= 0 || rows <= 0) return null;
  return { left, top, columns, rows, cover: data.slice(0, columns * rows) };
}

/**
 * Smooths what is to be added behind the lips, in place. A portrait with a closed mouth says nothing of its teeth, and what
 * networks make of that is the mean of all teeth: fog. The warp's interior is sharp, so that it keeps its detail, and
 * the networks say how bright and of what colour it is.
 *
 * @param changes `[size, size, 3]` of the window from `at` on
 */
export function smoothBehindLips(
  changes: Float32Array,
  at: number,
  size: number,
  window: FaceWindow,
  opening: LipOpening,
): void {
  const scale = size / window.side;
  const [x0, x1] = span(opening.left - window.x, opening.columns, scale, size);
  const [y0, y1] = span(opening.top - window.y, opening.rows, scale, size);
  const [width, height] = [x1 - x0, y1 - y0];
  if (width <= 0 || height <= 0) return;
  const sums = new Float32Array(width * height * VALUES);
  for (let y = y0, i = 0; y < y1; y++)
    for (let x = x0; x < x1; x++, i += VALUES) {
      const cover = coverOf(opening, window.x + (x + 0.5) / scale, window.y + (y + 0.5) / scale);
      const from = at + (y * size + x) * 3;
      for (let k = 0; k < 3; k++) sums[i + k] = cover * changes[from + k];
      sums[i + 3] = cover;
    }
  const covers = Float32Array.from({ length: width * height }, (_, i) => sums[i * VALUES + 3]);
  const radius = Math.max(1, Math.round((RADIUS_PX * size) / RADIUS_OF));
  for (let pass = 0; pass < PASSES; pass++) {
    for (let y = 0; y < height; y++) boxSums(sums, y * width * VALUES, width, VALUES, radius);
    for (let x = 0; x < width; x++) boxSums(sums, x * VALUES, height, width * VALUES, radius);
  }
  for (let y = y0, i = 0; y < y1; y++)
    for (let x = x0; x < x1; x++, i++) {
      const cover = covers[i];
      if (cover === 0) continue;
      const to = at + (y * size + x) * 3;
      for (let k = 0; k < 3; k++)
        changes[to + k] += cover * (sums[i * VALUES + k] / sums[i * VALUES + 3] - changes[to + k]);
    }
}

/** Which pixels of a window of `size` a part of the picture touches: first, and one beyond the last. */
function span(from: number, length: number, scale: number, size: number): [number, number] {
  return [Math.max(0, Math.floor(from * scale)), Math.min(size, Math.ceil((from + length) * scale))];
}

/** The cover at a place of the picture. */
function coverOf({ left, top, columns, rows, cover }: LipOpening, x: number, y: number): number {
  const [column, row] = [Math.floor(x) - left, Math.floor(y) - top];
  const inside = column >= 0 && row >= 0 && column < columns && row < rows;
  return inside ? Math.min(1, cover[row * columns + column]) : 0;
}

let line = new Float64Array(0);

/** Replaces the values of a line by the sums of their surroundings, `radius` on either side. */
function boxSums(values: Float32Array, at: number, count: number, step: number, radius: number): void {
  if (line.length < count) line = new Float64Array(count);
  for (let k = 0; k < VALUES; k++) {
    for (let i = 0; i < count; i++) line[i] = values[at + i * step + k];
    let sum = 0;
    for (let i = 0; i < Math.min(radius, count); i++) sum += line[i];
    for (let i = 0; i < count; i++) {
      if (i + radius < count) sum += line[i + radius];
      if (i > radius) sum -= line[i - radius - 1];
      values[at + i * step + k] = sum;
    }
  }
}

import type { CoverageMask } from '../geometric/polygon.ts';
import type { FaceWindow } from './face-window.ts';

/**
 * How far around a place changes are averaged behind the lips, in pixels of a window of 256, on either side and twice: about a
 * tooth's height.
 */
const RADIUS_PX = 6;
const RADIUS_OF = 256;
const PASSES = 2;
/** How far it goes: the mean of both guesses is nearer to the truth than either, by every figure, and has teeth. */
const SHARE = 0.5;
/** Where this much less than all of the surroundings is open, the lips' edge is near, and nothing is changed. */
const NEAR = 4;
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
 * Smooths what is to be added behind the lips and fades it at their edges, by half; in place. A portrait with a closed mouth
 * says nothing of its teeth, nor exactly where its lips will part, and what networks make of that is the mean of all that may be: fog.
 * The warp is sharp there, so that it keeps its detail, and the networks say how bright and of what colour the interior is.
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
  const radius = Math.max(1, Math.round((RADIUS_PX * size) / RADIUS_OF));
  const [x0, x1] = span(opening.left - window.x, opening.columns, scale, size, radius * PASSES);
  const [y0, y1] = span(opening.top - window.y, opening.rows, scale, size, radius * PASSES);
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
  for (let pass = 0; pass < PASSES; pass++) {
    for (let y = 0; y < height; y++) boxSums(sums, y * width * VALUES, width, VALUES, radius);
    for (let x = 0; x < width; x++) boxSums(sums, x * VALUES, height, width * VALUES, radius);
  }
  const whole = NEAR / (2 * radius + 1) ** (2 * PASSES);
  for (let y = y0, i = 0; y < y1; y++)
    for (let x = x0; x < x1; x++, i++) {
      const count = sums[i * VALUES + 3];
      if (count === 0) continue;
      const cover = covers[i];
      const away = Math.min(1 - cover, Math.max(0, 1 - count * whole));
      const kept = 1 - SHARE + SHARE * away;
      const to = at + (y * size + x) * 3;
      for (let k = 0; k < 3; k++)
        changes[to + k] = kept * changes[to + k] + SHARE * cover * (sums[i * VALUES + k] / count);
    }
}

/** Which pixels of a window of `size` a part of the picture and `margin` around touch: first, and one beyond the last. */
function span(from: number, length: number, scale: number, size: number, margin: number): [number, number] {
  const last = Math.ceil((from + length) * scale) + margin;
  return [Math.max(0, Math.floor(from * scale) - margin), Math.min(size, last)];
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

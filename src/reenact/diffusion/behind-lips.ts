import type { CoverageMask } from '../geometric/polygon.ts';
import type { FaceWindow } from './face-window.ts';
import { lipsKernel } from './kernel/lips-kernel.ts';

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
  const kernel = lipsKernel(height * size * 3, width * height);
  writeCovers(opening, window, scale, x0, y0, width, height, kernel.covers);
  const rows = changes.subarray(at + y0 * size * 3, at + y1 * size * 3);
  const whole = NEAR / (2 * radius + 1) ** (2 * PASSES);
  kernel.smooth(rows, { size, left: x0, width, height }, { radius, passes: PASSES, whole, share: SHARE });
}

/** Which pixels of a window of `size` a part of the picture and `margin` around touch: first, and one beyond the last. */
function span(from: number, length: number, scale: number, size: number, margin: number): [number, number] {
  const last = Math.ceil((from + length) * scale) + margin;
  return [Math.max(0, Math.floor(from * scale) - margin), Math.min(size, last)];
}

/** The cover of every pixel of a part of the window. @param out `[height, width]` */
function writeCovers(
  { left, top, columns, rows, cover }: LipOpening,
  window: FaceWindow,
  scale: number,
  x0: number,
  y0: number,
  width: number,
  height: number,
  out: Float32Array,
): void {
  const column = Int32Array.from(
    { length: width },
    (_, x) => Math.floor(window.x + (x0 + x + 0.5) / scale) - left,
  );
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(window.y + (y0 + y + 0.5) / scale) - top;
    const from = row >= 0 && row < rows ? row * columns : -1;
    for (let x = 0; x < width; x++, i++)
      out[i] = from >= 0 && column[x] >= 0 && column[x] < columns ? Math.min(1, cover[from + column[x]]) : 0;
  }
}

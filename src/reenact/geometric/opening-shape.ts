import type { Opening } from './openings.ts';
import { smoothLine } from './polygon.ts';

/** Pieces that the spline makes of each pair of neighbouring landmarks. */
const STEPS = 4;

/**
 * The two lines of an opening in one frame, smoothed, and the closed outline between them.
 */
export class OpeningShape {
  /** Points of each line, both corners included. */
  readonly lineCount: number;
  /** `[lineCount, 2]` pixels, from the screen's left to its right. */
  readonly upper: Float32Array;
  readonly lower: Float32Array;
  /** `[2 lineCount - 2, 2]` clockwise on the screen. */
  readonly outline: Float32Array;
  readonly #opening: Opening;
  readonly #points: Float32Array;

  constructor(opening: Opening) {
    const count = opening.upper.length;
    this.#opening = opening;
    this.#points = new Float32Array(count * 2);
    this.lineCount = (count - 1) * STEPS + 1;
    this.upper = new Float32Array(this.lineCount * 2);
    this.lower = new Float32Array(this.lineCount * 2);
    this.outline = new Float32Array((this.lineCount * 2 - 2) * 2);
  }

  get outlineCount(): number {
    return this.lineCount * 2 - 2;
  }

  /** Width between the corners, pixels. */
  get widthPx(): number {
    const end = this.lineCount * 2 - 2;
    return Math.hypot(this.upper[end] - this.upper[0], this.upper[end + 1] - this.upper[1]);
  }

  /** Greatest distance from the upper line down to the lower, pixels; negative where they have crossed. */
  get gapPx(): number {
    let greatest = Number.NEGATIVE_INFINITY;
    for (let i = 2; i < this.lineCount * 2 - 2; i += 2)
      greatest = Math.max(greatest, this.lower[i + 1] - this.upper[i + 1]);
    return greatest;
  }

  /**
   * @param landmarks `[478, 3]` x and y in pixels
   * @param closeBy `[landmarks of a line, 2]` taken from the distance of the lines, half from each; pixels
   */
  set(landmarks: Float32Array, closeBy: Float32Array | null = null): void {
    this.#line(this.#opening.upper, landmarks, closeBy, 0.5, this.upper);
    this.#line(this.#opening.lower, landmarks, closeBy, -0.5, this.lower);
    const { lineCount, upper, lower, outline } = this;
    outline.set(upper);
    for (let i = lineCount - 2, o = lineCount * 2; i > 0; i--, o += 2) {
      outline[o] = lower[i * 2];
      outline[o + 1] = lower[i * 2 + 1];
    }
  }

  #line(
    line: readonly number[],
    landmarks: Float32Array,
    closeBy: Float32Array | null,
    share: number,
    out: Float32Array,
  ): void {
    const points = this.#points;
    for (let i = 0; i < line.length; i++) {
      points[i * 2] = landmarks[line[i] * 3];
      points[i * 2 + 1] = landmarks[line[i] * 3 + 1];
      if (closeBy !== null) {
        points[i * 2] += share * closeBy[i * 2];
        points[i * 2 + 1] += share * closeBy[i * 2 + 1];
      }
    }
    smoothLine(points, 0, line.length, STEPS, out, 0);
    out[this.lineCount * 2 - 2] = points[line.length * 2 - 2];
    out[this.lineCount * 2 - 1] = points[line.length * 2 - 1];
  }
}

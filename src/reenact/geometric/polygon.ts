/** Coverage of a polygon over a window of the picture, reused from frame to frame. */
export class CoverageMask {
  /** Window in the picture, pixels; empty where `right <= left`. */
  left = 0;
  top = 0;
  right = 0;
  bottom = 0;
  /** `[bottom - top, right - left]` 0..1. */
  readonly data: Float32Array;
  readonly #crossings = new Float32Array(64);
  readonly #directions = new Int8Array(64);

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Float32Array(width * height);
  }

  /** Covers nothing. */
  clear(): void {
    this.right = this.left;
    this.bottom = this.top;
  }

  /**
   * Area of each pixel inside the polygon: exact along rows, four sub-rows a pixel. Only what the outline goes
   * around clockwise on the screen counts: where lips or lids cross over, nothing is open.
   *
   * @param points `[count, 2]` pixels, closed
   * @param margin pixels that the window is wider on every side
   */
  fill(points: Float32Array, count: number, margin = 1): void {
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      left = Math.min(left, points[i * 2]);
      right = Math.max(right, points[i * 2]);
      top = Math.min(top, points[i * 2 + 1]);
      bottom = Math.max(bottom, points[i * 2 + 1]);
    }
    this.left = Math.max(0, Math.floor(left) - margin);
    this.top = Math.max(0, Math.floor(top) - margin);
    this.right = Math.min(this.width, Math.ceil(right) + margin);
    this.bottom = Math.min(this.height, Math.ceil(bottom) + margin);
    if (!(this.right > this.left && this.bottom > this.top)) {
      this.clear();
      return;
    }
    const columns = this.right - this.left;
    this.data.fill(0, 0, columns * (this.bottom - this.top));
    for (let row = this.top; row < this.bottom; row++)
      for (let sub = 0; sub < SUB_ROWS; sub++)
        this.#fillSubRow(points, count, row + (sub + 0.5) / SUB_ROWS, (row - this.top) * columns);
  }

  #fillSubRow(points: Float32Array, count: number, y: number, at: number): void {
    const crossings = this.#crossings;
    const directions = this.#directions;
    let found = 0;
    for (let i = 0; i < count && found < crossings.length; i++) {
      const j = i + 1 === count ? 0 : i + 1;
      const y0 = points[i * 2 + 1];
      const y1 = points[j * 2 + 1];
      if (y0 <= y === y1 <= y) continue;
      const x = points[i * 2] + ((y - y0) / (y1 - y0)) * (points[j * 2] - points[i * 2]);
      let k = found++;
      while (k > 0 && crossings[k - 1] > x) {
        crossings[k] = crossings[k - 1];
        directions[k] = directions[k - 1];
        k--;
      }
      crossings[k] = x;
      // An edge going up the screen opens the inside of a clockwise outline.
      directions[k] = y1 < y0 ? 1 : -1;
    }
    let winding = 0;
    for (let k = 0; k + 1 < found; k++) {
      winding += directions[k];
      if (winding > 0) this.#addSpan(crossings[k], crossings[k + 1], at);
    }
  }

  #addSpan(from: number, to: number, at: number): void {
    const start = Math.max(this.left, from) - this.left;
    const end = Math.min(this.right, to) - this.left;
    if (!(end > start)) return;
    const first = Math.floor(start);
    const last = Math.min(this.right - this.left - 1, Math.floor(end));
    if (first === last) {
      this.data[at + first] += (end - start) / SUB_ROWS;
      return;
    }
    this.data[at + first] += (first + 1 - start) / SUB_ROWS;
    for (let i = first + 1; i < last; i++) this.data[at + i] += 1 / SUB_ROWS;
    this.data[at + last] += (end - last) / SUB_ROWS;
  }
}

const SUB_ROWS = 4;

/**
 * Smooths a line by a Catmull-Rom spline through its points; its two ends stay.
 *
 * @param points `[count, 2]`, from `at`
 * @param out receives `[(count - 1) * steps, 2]` from `outAt`: every point but the last
 */
export function smoothLine(
  points: Float32Array,
  at: number,
  count: number,
  steps: number,
  out: Float32Array,
  outAt: number,
): void {
  for (let i = 0; i < count - 1; i++) {
    const from = (at + i) * 2;
    const before = i > 0 ? from - 2 : from;
    const after = i + 2 < count ? from + 4 : from + 2;
    for (let s = 0; s < steps; s++)
      for (let axis = 0; axis < 2; axis++)
        out[(outAt + i * steps + s) * 2 + axis] = catmullRom(
          points[before + axis],
          points[from + axis],
          points[from + 2 + axis],
          points[after + axis],
          s / steps,
        );
  }
}

function catmullRom(before: number, from: number, to: number, after: number, t: number): number {
  const a = -before + 3 * from - 3 * to + after;
  const b = 2 * before - 5 * from + 4 * to - after;
  return from + 0.5 * t * (to - before + t * (b + t * a));
}

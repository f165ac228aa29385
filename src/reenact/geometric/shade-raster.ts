/** A small z-buffered picture of shaded triangles, several samples a pixel, reused from frame to frame. */
export class ShadeRaster {
  /** Window in the picture, pixels. */
  left = 0;
  top = 0;
  columns = 0;
  rows = 0;
  /** `[rows, columns, 4]` red, green, blue (0..255, premultiplied) and coverage (0..1). */
  readonly pixels: Float32Array;
  readonly #nearness: Float32Array;
  readonly #samples: Float32Array;
  readonly #line: Float32Array;

  /** @param capacity pixels of the largest window */
  constructor(readonly capacity: number) {
    this.pixels = new Float32Array(capacity * 4);
    this.#line = new Float32Array(capacity);
    this.#nearness = new Float32Array(capacity * SAMPLES * SAMPLES);
    this.#samples = new Float32Array(capacity * SAMPLES * SAMPLES * 3);
  }

  /** Empties the window; one larger than the capacity loses its last rows. */
  begin(left: number, top: number, right: number, bottom: number): void {
    this.left = left;
    this.top = top;
    this.columns = Math.min(this.capacity, Math.max(0, right - left));
    this.rows =
      this.columns === 0 ? 0 : Math.min(Math.floor(this.capacity / this.columns), Math.max(0, bottom - top));
    this.#nearness.fill(Number.NEGATIVE_INFINITY, 0, this.columns * this.rows * SAMPLES * SAMPLES);
  }

  /**
   * @param x and y: `[n]` pixels of the picture
   * @param points `[n, 3]` camera frame; only Z counts
   * @param colors `[n, 3]` 0..255
   * @param triangles `[m, 3]` counter-clockwise from outside; others are not drawn
   */
  draw(
    x: Float32Array,
    y: Float32Array,
    points: Float32Array,
    colors: Float32Array,
    triangles: Uint32Array,
  ): void {
    const width = this.columns * SAMPLES;
    const height = this.rows * SAMPLES;
    const nearness = this.#nearness;
    const samples = this.#samples;
    for (let t = 0; t < triangles.length; t += 3) {
      const a = triangles[t];
      const b = triangles[t + 1];
      const c = triangles[t + 2];
      const ax = (x[a] - this.left) * SAMPLES;
      const ay = (y[a] - this.top) * SAMPLES;
      const bx = (x[b] - this.left) * SAMPLES;
      const by = (y[b] - this.top) * SAMPLES;
      const cx = (x[c] - this.left) * SAMPLES;
      const cy = (y[c] - this.top) * SAMPLES;
      const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
      if (!(area < -1e-6)) continue;
      const firstY = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
      const lastY = Math.min(height - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
      const firstX = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
      const lastX = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
      if (firstX > lastX || firstY > lastY) continue;
      const za = points[a * 3 + 2];
      const zb = points[b * 3 + 2];
      const zc = points[c * 3 + 2];
      const redA = colors[a * 3];
      const redB = colors[b * 3];
      const redC = colors[c * 3];
      const greenA = colors[a * 3 + 1];
      const greenB = colors[b * 3 + 1];
      const greenC = colors[c * 3 + 1];
      const blueA = colors[a * 3 + 2];
      const blueB = colors[b * 3 + 2];
      const blueC = colors[c * 3 + 2];
      for (let sy = firstY; sy <= lastY; sy++)
        for (let sx = firstX; sx <= lastX; sx++) {
          const px = sx + 0.5;
          const py = sy + 0.5;
          const areaA = (bx - px) * (cy - py) - (cx - px) * (by - py);
          const areaB = (cx - px) * (ay - py) - (ax - px) * (cy - py);
          // Most samples of the box lie outside: no division for them.
          if (areaA > 0 || areaB > 0) continue;
          const wa = areaA / area;
          const wb = areaB / area;
          const wc = 1 - wa - wb;
          if (wc < 0) continue;
          const z = wa * za + wb * zb + wc * zc;
          const s = sy * width + sx;
          if (z <= nearness[s]) continue;
          nearness[s] = z;
          samples[s * 3] = wa * redA + wb * redB + wc * redC;
          samples[s * 3 + 1] = wa * greenA + wb * greenB + wc * greenC;
          samples[s * 3 + 2] = wa * blueA + wb * blueB + wc * blueC;
        }
    }
  }

  /**
   * Averages the samples into `pixels`, and those with their neighbours.
   *
   * @param softPx pixels to either side that are averaged along rows
   */
  end(softPx: number): void {
    const width = this.columns * SAMPLES;
    const share = 1 / (SAMPLES * SAMPLES);
    const { pixels } = this;
    for (let row = 0; row < this.rows; row++)
      for (let column = 0; column < this.columns; column++) {
        let red = 0;
        let green = 0;
        let blue = 0;
        let covered = 0;
        for (let j = 0; j < SAMPLES; j++)
          for (let i = 0; i < SAMPLES; i++) {
            const s = (row * SAMPLES + j) * width + column * SAMPLES + i;
            if (this.#nearness[s] === Number.NEGATIVE_INFINITY) continue;
            red += this.#samples[s * 3];
            green += this.#samples[s * 3 + 1];
            blue += this.#samples[s * 3 + 2];
            covered++;
          }
        const p = (row * this.columns + column) * 4;
        pixels[p] = red * share;
        pixels[p + 1] = green * share;
        pixels[p + 2] = blue * share;
        pixels[p + 3] = covered * share;
      }
    for (let row = 0; row < this.rows; row++) this.#soften(row * this.columns * 4, softPx);
  }

  #soften(start: number, softPx: number): void {
    const { pixels, columns } = this;
    const line = this.#line;
    const share = 1 / (2 * softPx + 1);
    for (let k = 0; k < 4; k++) {
      for (let i = 0; i < columns; i++) line[i] = pixels[start + i * 4 + k];
      let sum = 0;
      for (let i = -softPx; i < softPx; i++) sum += line[clamp(i, columns)];
      for (let i = 0; i < columns; i++) {
        sum += line[clamp(i + softPx, columns)];
        pixels[start + i * 4 + k] = sum * share;
        sum -= line[clamp(i - softPx, columns)];
      }
    }
  }
}

function clamp(i: number, count: number): number {
  return i < 0 ? 0 : i >= count ? count - 1 : i;
}

/** Samples a pixel on each axis. */
const SAMPLES = 2;

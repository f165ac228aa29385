/** How much of the surroundings of a place may change, from which on a change counts a little, and wholly. */
const LEAST_SHARE = 0.6;
const FULL_SHARE = 1;
/** The surroundings: so many pixels of the driver map on either side. */
const RADIUS = 2;

/**
 * Where the networks may change the picture: well inside the head's outline, and off the hair that lies over it and the eyes. Where hair
 * and cheeks end the warp is off by a few pixels that cannot be known, and the mean of all that may be there is a blur.
 */
export class HeadShare {
  readonly #sums: Float32Array;
  readonly #size: number;
  /** One more than the map has: the last is repeated. */
  readonly #row: Float64Array;
  #columns: Columns | null = null;
  /** `[size, size]` 0..1, of the last {@link read}. */
  readonly share: Float32Array;

  /** @param size side of the driver map */
  constructor(size: number) {
    this.#size = size;
    this.#row = new Float64Array(size + 1);
    this.#sums = new Float32Array((size + 1) ** 2);
    this.share = new Float32Array(size * size);
  }

  /** @param changeables `[n, size, size]` how much of each pixel may change; that of `frame` is read */
  read(changeables: Float32Array, frame: number): void {
    const size = this.#size;
    const from = frame * size * size;
    const sums = this.#sums;
    const row = size + 1;
    for (let y = 0; y < size; y++) {
      let along = 0;
      for (let x = 0; x < size; x++) {
        along += changeables[from + y * size + x];
        sums[(y + 1) * row + x + 1] = sums[y * row + x + 1] + along;
      }
    }
    for (let y = 0; y < size; y++) {
      const top = Math.max(0, y - RADIUS);
      const bottom = Math.min(size, y + RADIUS + 1);
      for (let x = 0; x < size; x++) {
        const left = Math.max(0, x - RADIUS);
        const right = Math.min(size, x + RADIUS + 1);
        const covered =
          sums[bottom * row + right] -
          sums[top * row + right] -
          sums[bottom * row + left] +
          sums[top * row + left];
        const share = covered / ((bottom - top) * (right - left));
        this.share[y * size + x] = Math.min(
          1,
          Math.max(0, (share - LEAST_SHARE) / (FULL_SHARE - LEAST_SHARE)),
        );
      }
    }
  }

  /**
   * One row of the share at a picture's resolution, bilinear.
   *
   * @param out `[resolution]`
   */
  writeRow(y: number, resolution: number, out: Float32Array): void {
    const size = this.#size;
    const { share } = this;
    const { before, part } = this.#columnsAt(resolution);
    const top = before[y];
    const fy = part[y];
    const upper = top * size;
    const lower = Math.min(size - 1, top + 1) * size;
    // First between the rows: the map has fewer columns than the picture.
    const row = this.#row;
    let most = 0;
    for (let x = 0; x < size; x++) {
      row[x] = share[upper + x] + (share[lower + x] - share[upper + x]) * fy;
      if (row[x] > most) most = row[x];
    }
    if (most === 0) {
      out.fill(0);
      return;
    }
    row[size] = row[size - 1];
    for (let x = 0; x < resolution; x++) {
      const left = before[x];
      out[x] = row[left] + (row[left + 1] - row[left]) * part[x];
    }
  }

  /** Where a picture's columns, and likewise its rows, lie in the map. */
  #columnsAt(resolution: number): Columns {
    if (this.#columns?.before.length === resolution) return this.#columns;
    this.#columns = bilinearColumns(this.#size, resolution);
    return this.#columns;
  }
}

/** `[resolution]` the map's pixel before each place, and how far beyond its centre it lies. */
interface Columns {
  readonly before: Int32Array;
  readonly part: Float64Array;
}

/** Where the columns, or rows, of a picture of `resolution` lie in a map of `size`. */
export function bilinearColumns(size: number, resolution: number): Columns {
  const before = new Int32Array(resolution);
  const part = new Float64Array(resolution);
  for (let x = 0; x < resolution; x++) {
    const place = Math.min(size - 1, Math.max(0, ((x + 0.5) * size) / resolution - 0.5));
    before[x] = Math.floor(place);
    part[x] = place - before[x];
  }
  return { before, part };
}

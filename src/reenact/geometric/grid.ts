/**
 * A grid over the portrait whose lines stand close together where the picture moves in detail and far apart
 * elsewhere: a product of two sets of lines, so that there are no hanging vertices and hence no cracks.
 */
export interface WarpGrid {
  readonly columns: number;
  readonly rows: number;
  /** `[columns]`, `[rows]` pixels, ascending. */
  readonly xs: Float32Array;
  readonly ys: Float32Array;
}

export interface GridFocus {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface GridSpacing {
  /** Greatest distance of two lines inside the focus, pixels. */
  readonly finePx: number;
  /** Greatest distance outside it, reached gradually. */
  readonly coarsePx: number;
}

/** A square grid whose lines run from `low` to `high`, pixels. */
export function buildGrid(low: number, high: number, focus: GridFocus, spacing: GridSpacing): WarpGrid {
  const xs = lines(low, high, focus.left, focus.right, spacing);
  const ys = lines(low, high, focus.top, focus.bottom, spacing);
  return { columns: xs.length, rows: ys.length, xs, ys };
}

/** Distance grows by a quarter from line to line until it is coarse. */
const GROWTH = 1.25;

const THINNEST = 1e-3;

function lines(low: number, high: number, from: number, to: number, spacing: GridSpacing): Float32Array {
  const { finePx, coarsePx } = spacing;
  const start = Math.min(Math.max(low, from), high);
  const end = Math.min(Math.max(start, to), high);
  const inside = Math.max(1, Math.ceil((end - start) / finePx));
  const result: number[] = outward(start - low, finePx, coarsePx).map((distance) => start - distance);
  result.reverse();
  for (let i = 0; i <= inside; i++) result.push(start + ((end - start) * i) / inside);
  for (const distance of outward(high - end, finePx, coarsePx)) result.push(end + distance);
  // A focus that ends at the edge, or is empty, would leave cells too thin to count.
  const last = result.length - 1;
  const thin = THINNEST * finePx;
  return Float32Array.from(
    result.filter(
      (at, i) => i === 0 || i === last || (at - result[i - 1] > thin && result[last] - at > thin),
    ),
  );
}

/** Distances of the lines beyond the focus, ascending; the last is exactly `length`. */
function outward(length: number, finePx: number, coarsePx: number): number[] {
  if (length < 1e-6) return [];
  const distances: number[] = [];
  let step = finePx;
  let at = 0;
  while (at < length) {
    step = Math.min(coarsePx, step * GROWTH);
    at += step;
    distances.push(at);
  }
  const scale = length / at;
  return distances.map((distance, i) => (i === distances.length - 1 ? length : distance * scale));
}

/** `[2 (columns - 1) (rows - 1), 3]` vertex indices, clockwise on the screen, of the cells that `keep` accepts. */
export function gridTriangles(grid: WarpGrid, keep: (column: number, row: number) => boolean): Uint32Array {
  const { columns, rows } = grid;
  const triangles: number[] = [];
  for (let row = 0; row < rows - 1; row++)
    for (let column = 0; column < columns - 1; column++) {
      if (!keep(column, row)) continue;
      const a = row * columns + column;
      const b = a + 1;
      const c = a + columns;
      const d = c + 1;
      triangles.push(a, b, d, a, d, c);
    }
  return Uint32Array.from(triangles);
}

/** Values at the grid's vertices, bilinearly at every pixel's centre. */
export function sampleGrid({ columns, xs, ys }: WarpGrid, values: Float32Array, size: number): Float32Array {
  const out = new Float32Array(size * size);
  let row = 0;
  for (let y = 0; y < size; y++) {
    while (ys[row + 1] < y + 0.5) row++;
    const fy = (y + 0.5 - ys[row]) / (ys[row + 1] - ys[row]);
    let column = 0;
    for (let x = 0; x < size; x++) {
      while (xs[column + 1] < x + 0.5) column++;
      const fx = (x + 0.5 - xs[column]) / (xs[column + 1] - xs[column]);
      const i = row * columns + column;
      const above = values[i] + (values[i + 1] - values[i]) * fx;
      const below = values[i + columns] + (values[i + columns + 1] - values[i + columns]) * fx;
      out[y * size + x] = above + (below - above) * fy;
    }
  }
  return out;
}

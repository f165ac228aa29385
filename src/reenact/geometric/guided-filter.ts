/**
 * Colour guided filter (He, Sun and Tang, "Guided image filtering", ECCV 2010, eq. 14-16): `input` follows the edges
 * of the picture. Its linear model is fitted on every second pixel of every second row (He and Sun, "Fast guided
 * filter", 2015) and applied to all.
 *
 * @param rgb `[height, width, 3]` guide, 0..255
 * @param input `[height, width]`
 * @param radiusPx window's half side
 * @param epsilon regularisation, squared guide units
 */
export function guidedFilter(
  rgb: Float32Array,
  input: Float32Array,
  width: number,
  height: number,
  radiusPx: number,
  epsilon: number,
): Float32Array {
  const columns = (width + 1) >> 1;
  const rows = (height + 1) >> 1;
  const count = columns * rows;
  const guide = [0, 1, 2].map(() => new Float32Array(count));
  const seen = new Float32Array(count);
  for (let row = 0, q = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, q++) {
      const p = 2 * row * width + 2 * column;
      for (let k = 0; k < 3; k++) guide[k][q] = rgb[p * 3 + k];
      seen[q] = input[p];
    }
  const model = linearModel(guide, seen, columns, rows, Math.max(1, Math.round(radiusPx / 2)), epsilon);

  const out = new Float32Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    const above = (y >> 1) * columns;
    const below = Math.min(rows - 1, (y + 1) >> 1) * columns;
    for (let x = 0; x < width; x++, p++) {
      const left = x >> 1;
      const right = Math.min(columns - 1, (x + 1) >> 1);
      let sum = 0;
      for (let k = 0; k < 4; k++) {
        const term = model[k];
        const share = term[above + left] + term[above + right] + term[below + left] + term[below + right];
        sum += 0.25 * share * (k < 3 ? rgb[p * 3 + k] : 1);
      }
      out[p] = Math.min(1, Math.max(0, sum));
    }
  }
  return out;
}

/** Slopes of `input` on the three channels of the guide and its offset, each the mean of the windows around a pixel. */
function linearModel(
  guide: readonly Float32Array[],
  input: Float32Array,
  width: number,
  height: number,
  radius: number,
  epsilon: number,
): Float32Array[] {
  const count = width * height;
  const box = (field: Float32Array): Float32Array => boxMean(field, width, height, radius);
  const product = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, p) => value * b[p]);

  const mean = guide.map(box);
  const meanInput = box(input);
  const cross = guide.map((g) => box(product(g, input)));
  const pairs: Float32Array[] = [];
  for (let i = 0; i < 3; i++) for (let j = i; j < 3; j++) pairs.push(box(product(guide[i], guide[j])));

  const terms = [0, 1, 2, 3].map(() => new Float32Array(count));
  for (let p = 0; p < count; p++) {
    const r = mean[0][p];
    const g = mean[1][p];
    const b = mean[2][p];
    const rr = pairs[0][p] - r * r + epsilon;
    const rg = pairs[1][p] - r * g;
    const rb = pairs[2][p] - r * b;
    const gg = pairs[3][p] - g * g + epsilon;
    const gb = pairs[4][p] - g * b;
    const bb = pairs[5][p] - b * b + epsilon;
    const cr = cross[0][p] - r * meanInput[p];
    const cg = cross[1][p] - g * meanInput[p];
    const cb = cross[2][p] - b * meanInput[p];
    const m0 = gg * bb - gb * gb;
    const m1 = rb * gb - rg * bb;
    const m2 = rg * gb - rb * gg;
    const determinant = rr * m0 + rg * m1 + rb * m2;
    const ar = (m0 * cr + m1 * cg + m2 * cb) / determinant;
    const ag = (m1 * cr + (rr * bb - rb * rb) * cg + (rb * rg - rr * gb) * cb) / determinant;
    const ab = (m2 * cr + (rb * rg - rr * gb) * cg + (rr * gg - rg * rg) * cb) / determinant;
    terms[0][p] = ar;
    terms[1][p] = ag;
    terms[2][p] = ab;
    terms[3][p] = meanInput[p] - ar * r - ag * g - ab * b;
  }
  return terms.map(box);
}

/** Mean over a square window that is cut at the picture's edges. */
export function boxMean(
  field: ArrayLike<number>,
  width: number,
  height: number,
  radiusPx: number,
): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(field.length);
  for (let y = 0; y < height; y++) meanAlong(field, rows, y * width, width, radiusPx);
  // Down the columns all at once, row by row: one column after the other would miss the cache at every pixel.
  const out = new Float32Array(field.length);
  const sums = new Float64Array(width);
  let count = 0;
  for (let y = -radiusPx; y < height; y++) {
    const enters = y + radiusPx;
    const leaves = y - radiusPx - 1;
    if (enters < height) {
      for (let x = 0, p = enters * width; x < width; x++, p++) sums[x] += rows[p];
      count++;
    }
    if (leaves >= 0) {
      for (let x = 0, p = leaves * width; x < width; x++, p++) sums[x] -= rows[p];
      count--;
    }
    if (y >= 0) for (let x = 0, p = y * width; x < width; x++, p++) out[p] = sums[x] / count;
  }
  return out;
}

function meanAlong(
  field: ArrayLike<number>,
  out: Float32Array,
  start: number,
  length: number,
  radius: number,
): void {
  let sum = 0;
  let count = 0;
  for (let i = -radius; i < length; i++) {
    if (i + radius < length) {
      sum += field[start + i + radius];
      count++;
    }
    if (i - radius - 1 >= 0) {
      sum -= field[start + i - radius - 1];
      count--;
    }
    if (i >= 0) out[start + i] = sum / count;
  }
}

/**
 * Solves A x = b for a symmetric positive definite A by Cholesky's A = L Lᵀ, in place.
 *
 * @param a `[n, stride]` row-major, lower triangle read and overwritten by L
 * @param b `[n]` overwritten by x
 * @returns false where A is not positive definite (a and b are then spoilt)
 */
export function solveCholesky(a: Float64Array, b: Float64Array, n: number, stride: number): boolean {
  if (!factorise(a, n, stride)) return false;
  substitute(a, b, n, stride);
  return true;
}

/**
 * A = L Lᵀ in place; false where A is not positive definite. The diagonal is left holding 1 / L_kk: a division a row
 * instead of one an element.
 *
 * Two rows by two columns at a time: each number that is read serves two products, and the four sums do not wait for
 * each other.
 */
export function factorise(a: Float64Array, n: number, stride: number): boolean {
  let row = 0;
  for (; row + 1 < n; row += 2) {
    const r0 = row * stride;
    const r1 = r0 + stride;
    let d0 = 0;
    let d1 = 0;
    let across = 0;
    for (let column = 0; column < row; column += 2) {
      const c0 = column * stride;
      const c1 = c0 + stride;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      for (let k = 0; k < column; k++) {
        const x0 = a[(r0 + k) | 0];
        const x1 = a[(r1 + k) | 0];
        const y0 = a[(c0 + k) | 0];
        const y1 = a[(c1 + k) | 0];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
      }
      const between = a[c1 + column];
      const l00 = (a[r0 + column] - s00) * a[c0 + column];
      const l10 = (a[r1 + column] - s10) * a[c0 + column];
      const l01 = (a[r0 + column + 1] - s01 - l00 * between) * a[c1 + column + 1];
      const l11 = (a[r1 + column + 1] - s11 - l10 * between) * a[c1 + column + 1];
      a[r0 + column] = l00;
      a[r1 + column] = l10;
      a[r0 + column + 1] = l01;
      a[r1 + column + 1] = l11;
      d0 += l00 * l00 + l01 * l01;
      d1 += l10 * l10 + l11 * l11;
      across += l00 * l10 + l01 * l11;
    }
    const first = a[r0 + row] - d0;
    if (!(first > 0)) return false;
    a[r0 + row] = 1 / Math.sqrt(first);
    const below = (a[r1 + row] - across) * a[r0 + row];
    a[r1 + row] = below;
    const second = a[r1 + row + 1] - d1 - below * below;
    if (!(second > 0)) return false;
    a[r1 + row + 1] = 1 / Math.sqrt(second);
  }
  return row === n || factoriseRow(a, row, stride);
}

function factoriseRow(a: Float64Array, row: number, stride: number): boolean {
  const rowAt = row * stride;
  let diagonal = a[rowAt + row];
  for (let column = 0; column < row; column++) {
    let sum = a[rowAt + column];
    for (let k = 0; k < column; k++) sum -= a[rowAt + k] * a[column * stride + k];
    const element = sum * a[column * stride + column];
    a[rowAt + column] = element;
    diagonal -= element * element;
  }
  if (!(diagonal > 0)) return false;
  a[rowAt + row] = 1 / Math.sqrt(diagonal);
  return true;
}

/** Solves L Lᵀ x = b in place, L as `factorise` leaves it (inverted diagonal). */
export function substitute(l: Float64Array, b: Float64Array, n: number, stride: number): void {
  forward(l, b, n, stride, 0);
  backward(l, b, n, stride);
}

/** Solves L x = b in place for the `n` numbers of `b` from `at`. */
export function forward(l: Float64Array, b: Float64Array, n: number, stride: number, at: number): void {
  for (let row = 0; row < n; row++) {
    let sum = b[at + row];
    for (let k = 0; k < row; k++) sum -= l[row * stride + k] * b[at + k];
    b[at + row] = sum * l[row * stride + row];
  }
}

/** Solves Lᵀ x = b in place. */
export function backward(l: Float64Array, b: Float64Array, n: number, stride: number): void {
  for (let row = n - 1; row >= 0; row--) {
    const x = b[row] * l[row * stride + row];
    b[row] = x;
    for (let k = 0; k < row; k++) b[k] -= l[row * stride + k] * x;
  }
}

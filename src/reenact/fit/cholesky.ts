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

/** A = L Lᵀ in place; false where A is not positive definite. */
export function factorise(a: Float64Array, n: number, stride: number): boolean {
  for (let row = 0; row < n; row++) {
    const rowAt = row * stride;
    for (let column = 0; column < row; column++) {
      const columnAt = column * stride;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let k = 0;
      // Four sums run side by side: one would wait for itself at every addition.
      for (const end = column - 3; k < end; k += 4) {
        s0 += a[rowAt + k] * a[columnAt + k];
        s1 += a[rowAt + k + 1] * a[columnAt + k + 1];
        s2 += a[rowAt + k + 2] * a[columnAt + k + 2];
        s3 += a[rowAt + k + 3] * a[columnAt + k + 3];
      }
      for (; k < column; k++) s0 += a[rowAt + k] * a[columnAt + k];
      // The diagonal holds 1 / L_kk: a division a row instead of one an element.
      a[rowAt + column] = (a[rowAt + column] - (s0 + s1) - (s2 + s3)) * a[columnAt + column];
    }
    let diagonal = a[rowAt + row];
    for (let k = 0; k < row; k++) diagonal -= a[rowAt + k] * a[rowAt + k];
    if (!(diagonal > 0)) return false;
    a[rowAt + row] = 1 / Math.sqrt(diagonal);
  }
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

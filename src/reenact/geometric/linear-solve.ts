/** A square matrix taken apart by Gaussian elimination with partial pivoting. */
export interface Factorised {
  readonly size: number;
  /** `[size, size]` L below the diagonal (unit diagonal), U on and above it, rows permuted. */
  readonly lu: Float64Array;
  /** `[size]` which row of the matrix stands in each row of `lu`. */
  readonly rows: Uint32Array;
}

/** @param matrix `[size, size]` row-major; overwritten */
export function factorise(matrix: Float64Array, size: number): Factorised {
  const rows = Uint32Array.from({ length: size }, (_, i) => i);
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let i = k + 1; i < size; i++)
      if (Math.abs(matrix[i * size + k]) > Math.abs(matrix[pivot * size + k])) pivot = i;
    if (pivot !== k) {
      for (let j = 0; j < size; j++) {
        const keep = matrix[k * size + j];
        matrix[k * size + j] = matrix[pivot * size + j];
        matrix[pivot * size + j] = keep;
      }
      const keep = rows[k];
      rows[k] = rows[pivot];
      rows[pivot] = keep;
    }
    const inverse = 1 / matrix[k * size + k];
    for (let i = k + 1; i < size; i++) {
      const factor = matrix[i * size + k] * inverse;
      matrix[i * size + k] = factor;
      if (factor !== 0)
        for (let j = k + 1; j < size; j++) matrix[i * size + j] -= factor * matrix[k * size + j];
    }
  }
  return { size, lu: matrix, rows };
}

/** Solves matrix · x = right. */
export function solveFactorised({ size, lu, rows }: Factorised, right: Float64Array): Float64Array {
  const x = Float64Array.from({ length: size }, (_, i) => right[rows[i]]);
  for (let i = 1; i < size; i++) for (let j = 0; j < i; j++) x[i] -= lu[i * size + j] * x[j];
  for (let i = size - 1; i >= 0; i--) {
    for (let j = i + 1; j < size; j++) x[i] -= lu[i * size + j] * x[j];
    x[i] /= lu[i * size + i];
  }
  return x;
}

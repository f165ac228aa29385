import { type Factorised, factorise, solveFactorised } from './linear-solve.ts';

/**
 * Smoothed biharmonic spline in space: Σ w_i φ(|p − c_i|) + linear terms, φ(r) = −r, that passes the closer to each
 * centre's value the less its smoothing is (Wahba, "Spline Models for Observational Data", 1990).
 */
export interface SurfaceSpline {
  /** `[n, 3]`. */
  readonly centres: Float64Array;
  readonly unit: number;
  readonly system: Factorised;
}

/**
 * @param centres `[n, 3]`, no two at the same place
 * @param smoothing `[n]`
 * @param unit length that distances are measured in
 */
export function buildSpline(
  centres: Float64Array,
  smoothing: ArrayLike<number>,
  unit: number,
): SurfaceSpline {
  const count = centres.length / 3;
  const size = count + 4;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const dx = centres[i * 3] - centres[j * 3];
      const dy = centres[i * 3 + 1] - centres[j * 3 + 1];
      const dz = centres[i * 3 + 2] - centres[j * 3 + 2];
      matrix[i * size + j] = -Math.sqrt(dx * dx + dy * dy + dz * dz) / unit;
    }
    matrix[i * size + i] += smoothing[i];
    for (let k = 0; k < 4; k++) {
      const term = k === 0 ? 1 : centres[i * 3 + k - 1] / unit;
      matrix[i * size + count + k] = term;
      matrix[(count + k) * size + i] = term;
    }
  }
  return { centres, unit, system: factorise(matrix, size) };
}

/**
 * Adds the spline through `values` to every point of `out`.
 *
 * @param values `[n, 3]` at the centres
 * @param places `[m, 3]` where each point lies in the spline's space
 * @param share `[m]` how much of the spline each point takes
 * @param out `[m, 3]`
 */
export function addSpline(
  { centres, unit, system }: SurfaceSpline,
  values: Float64Array,
  places: Float32Array,
  share: Float32Array,
  out: Float32Array,
): void {
  const count = centres.length / 3;
  const weights = [0, 1, 2].map((axis) => {
    const right = new Float64Array(count + 4);
    for (let i = 0; i < count; i++) right[i] = values[i * 3 + axis];
    return solveFactorised(system, right);
  });
  const [wx, wy, wz] = weights;
  for (let p = 0; p < share.length; p++) {
    if (share[p] === 0) continue;
    const x = places[p * 3];
    const y = places[p * 3 + 1];
    const z = places[p * 3 + 2];
    let [sx, sy, sz] = [0, 0, 0];
    for (let i = 0, c = 0; i < count; i++, c += 3) {
      const dx = x - centres[c];
      const dy = y - centres[c + 1];
      const dz = z - centres[c + 2];
      const r = Math.sqrt(dx * dx + dy * dy + dz * dz);
      sx -= wx[i] * r;
      sy -= wy[i] * r;
      sz -= wz[i] * r;
    }
    const sums = [sx, sy, sz];
    for (let axis = 0; axis < 3; axis++) {
      const w = weights[axis];
      const linear = w[count] + (w[count + 1] * x + w[count + 2] * y + w[count + 3] * z) / unit;
      out[p * 3 + axis] += share[p] * (sums[axis] / unit + linear);
    }
  }
}

/** Median and 95th percentile of a sample. */
export interface Spread {
  readonly median: number;
  readonly p95: number;
}

/** The `q`-quantile (0..1) by linear interpolation between order statistics; NaN for an empty sample. */
export function quantile(values: ArrayLike<number>, q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

export function spread(values: ArrayLike<number>): Spread {
  return { median: quantile(values, 0.5), p95: quantile(values, 0.95) };
}

/** Variation under this, relative to the values' size, is rounding. */
const ROUNDING = 1e-12;

/** Pearson's correlation; null where either side does not vary. */
export function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  const { varX, varY, covariance } = moments(x, y);
  return varX > 0 && varY > 0 ? covariance / Math.sqrt(varX * varY) : null;
}

/** Least-squares slope of `y` on `x`; null where `x` does not vary. */
export function slope(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  const { varX, covariance } = moments(x, y);
  return varX > 0 ? covariance / varX : null;
}

function moments(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): { varX: number; varY: number; covariance: number } {
  if (x.length !== y.length) throw new RangeError(`samples of ${x.length} and ${y.length} values`);
  const n = x.length;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < n; i++) {
    meanX += x[i] / n;
    meanY += y[i] / n;
  }
  let varX = 0;
  let varY = 0;
  let covariance = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i] - meanX;
    const dy = y[i] - meanY;
    varX += dx * dx;
    varY += dy * dy;
    covariance += dx * dy;
  }
  return {
    varX: varX > n * (ROUNDING * meanX) ** 2 ? varX : 0,
    varY: varY > n * (ROUNDING * meanY) ** 2 ? varY : 0,
    covariance,
  };
}

/** Isotropic mixture over colour and place: colours of a region, and roughly where each is found. */
export interface Mixture {
  readonly count: number;
  /** `[count, 5]` red, green, blue (0..255), x and y scaled to weigh like colour. */
  readonly means: Float64Array;
  /** `[count]` log weight less the log normaliser. */
  readonly logWeights: Float64Array;
  /** `[count]` 1 / (2 σ²). */
  readonly precisions: Float64Array;
}

const COMPONENTS = 7;
const ITERATIONS = 8;
const DIMENSIONS = 5;
/** Going once across the picture counts as much as this colour difference, unless told otherwise. */
const PLACE_WEIGHT = 70;
const LEAST_SIGMA = 9;
/** Log density of any colour whatever: one that a mixture has not met speaks neither for nor against it. */
const FOREIGN = -17;

/**
 * Weighted k-means, started spread out (farthest first), then one deviation a cluster.
 *
 * @param colors `[rows, columns, 3]` 0..255
 * @param weights `[rows, columns]` how far each pixel belongs
 */
export function fitMixture(
  colors: Float32Array,
  columns: number,
  weights: ArrayLike<number>,
  placeWeight = PLACE_WEIGHT,
): Mixture {
  const pixels = weights.length;
  const means = spreadOut(colors, columns, weights, placeWeight);
  const mass = new Float64Array(COMPONENTS);
  const spread = new Float64Array(COMPONENTS);
  const feature = new Float64Array(DIMENSIONS);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const sums = new Float64Array(COMPONENTS * DIMENSIONS);
    mass.fill(1e-6);
    spread.fill(0);
    for (let p = 0; p < pixels; p++) {
      const weight = weights[p];
      if (weight < 0.05) continue;
      featureOf(colors, columns, p, pixels, placeWeight, feature);
      const [nearest, squared] = nearestMean(means, feature);
      mass[nearest] += weight;
      spread[nearest] += weight * squared;
      for (let k = 0; k < DIMENSIONS; k++) sums[nearest * DIMENSIONS + k] += weight * feature[k];
    }
    for (let c = 0; c < COMPONENTS; c++)
      if (mass[c] > 1e-3)
        for (let k = 0; k < DIMENSIONS; k++) means[c * DIMENSIONS + k] = sums[c * DIMENSIONS + k] / mass[c];
  }
  const total = mass.reduce((sum, m) => sum + m, 0);
  const logWeights = new Float64Array(COMPONENTS);
  const precisions = new Float64Array(COMPONENTS);
  for (let c = 0; c < COMPONENTS; c++) {
    const sigma = Math.max(LEAST_SIGMA, Math.sqrt(spread[c] / mass[c] / DIMENSIONS));
    precisions[c] = 1 / (2 * sigma * sigma);
    logWeights[c] = Math.log(mass[c] / total) - DIMENSIONS * Math.log(sigma);
  }
  return { count: COMPONENTS, means, logWeights, precisions };
}

/** Log density of pixel `p`, up to a constant that is the same for all mixtures. */
export function logDensity(
  mixture: Mixture,
  colors: Float32Array,
  columns: number,
  p: number,
  placeWeight = PLACE_WEIGHT,
): number {
  const log = ownLogDensity(mixture, colors, columns, p, placeWeight);
  return log > FOREIGN
    ? log + Math.log1p(Math.exp(FOREIGN - log))
    : FOREIGN + Math.log1p(Math.exp(log - FOREIGN));
}

/** The same for a choice between two mixtures that nothing else can be of: foreign colours go to the closer one. */
export function ownLogDensity(
  mixture: Mixture,
  colors: Float32Array,
  columns: number,
  p: number,
  placeWeight: number,
): number {
  const { count, means, logWeights, precisions } = mixture;
  featureOf(colors, columns, p, colors.length / 3, placeWeight, scratch);
  let greatest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let c = 0; c < count; c++) {
    let squared = 0;
    for (let k = 0; k < DIMENSIONS; k++) squared += (scratch[k] - means[c * DIMENSIONS + k]) ** 2;
    const log = logWeights[c] - squared * precisions[c];
    if (log > greatest) {
      sum = sum * Math.exp(greatest - log) + 1;
      greatest = log;
    } else sum += Math.exp(log - greatest);
  }
  return greatest + Math.log(sum);
}

const scratch = new Float64Array(DIMENSIONS);

function featureOf(
  colors: Float32Array,
  columns: number,
  p: number,
  pixels: number,
  placeWeight: number,
  out: Float64Array,
): void {
  const row = (p / columns) | 0;
  out[0] = colors[p * 3];
  out[1] = colors[p * 3 + 1];
  out[2] = colors[p * 3 + 2];
  out[3] = (placeWeight * (p - row * columns)) / columns;
  out[4] = (placeWeight * row * columns) / pixels;
}

function nearestMean(means: Float64Array, feature: Float64Array): [number, number] {
  let nearest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let c = 0; c < COMPONENTS; c++) {
    let squared = 0;
    for (let k = 0; k < DIMENSIONS; k++) squared += (feature[k] - means[c * DIMENSIONS + k]) ** 2;
    if (squared < least) {
      least = squared;
      nearest = c;
    }
  }
  return [nearest, least];
}

function spreadOut(
  colors: Float32Array,
  columns: number,
  weights: ArrayLike<number>,
  placeWeight: number,
): Float64Array {
  const pixels = weights.length;
  const means = new Float64Array(COMPONENTS * DIMENSIONS);
  const distance = new Float64Array(pixels).fill(Number.POSITIVE_INFINITY);
  const feature = new Float64Array(DIMENSIONS);
  let chosen = 0;
  for (let p = 1; p < pixels; p++) if (weights[p] > weights[chosen]) chosen = p;
  for (let c = 0; c < COMPONENTS; c++) {
    featureOf(colors, columns, chosen, pixels, placeWeight, feature);
    means.set(feature, c * DIMENSIONS);
    let greatest = -1;
    const mean = Float64Array.from(feature);
    for (let p = 0; p < pixels; p++) {
      featureOf(colors, columns, p, pixels, placeWeight, feature);
      let squared = 0;
      for (let k = 0; k < DIMENSIONS; k++) squared += (feature[k] - mean[k]) ** 2;
      if (squared < distance[p]) distance[p] = squared;
      const pull = distance[p] * (weights[p] > 0.5 ? weights[p] : 0);
      if (pull > greatest) {
        greatest = pull;
        chosen = p;
      }
    }
  }
  return means;
}

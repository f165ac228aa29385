import { distanceTo } from './distance.ts';
import { guidedFilter } from './guided-filter.ts';
import { fitMixture, logDensity, type Mixture } from './mixture.ts';
import { smoothstep } from './numeric.ts';
import { headSilhouette, radiusTowards } from './silhouette.ts';

/** What is known of the picture before its colours are looked at. */
export interface MatteHints {
  /** `[height, width]` 1 where the posed head model (head, neck and shoulders) covers the picture. */
  readonly covered: Uint8Array;
  /** `[height, width]` 1 inside the face's outline: certainly person. */
  readonly face: ArrayLike<number>;
  /** Row of the chin, pixels: below it the person widens into shoulders. */
  readonly chinY: number;
  /** Middle of the face between the eyes, pixels. */
  readonly faceX: number;
  readonly faceY: number;
  /** Inter-ocular distance, pixels. */
  readonly iodPx: number;
}

/** The longer side of the picture at which the person is told from the background. */
const WORKING_SIZE = 144;
const ROUNDS = 3;
/** Sweeps of the random walk in the last round, and in those before, which only teach the mixtures. */
const SWEEPS = 200;
const ROUGH_SWEEPS = 60;
/** How far from between the eyes hair, hats and veils reach at most, interocular distances. */
const SILHOUETTE_REACH = 3.6;
/** Half the width of the band around the silhouette in which strands are told from background by colour. */
const STRAND_BAND = 0.1;
/** Where the model covers the picture outside the face: skulls and shoulders differ. */
const COVERED_PRIOR = 0.85;
const LEAST_BACKGROUND_PRIOR = 0.4;
/** How much one pixel's own colour counts against agreeing with its neighbours. */
const DATA_WEIGHT = 0.035;
/** Colour distance (Euclidean RGB, 0..255) at which two neighbours stop being one thing. */
const EDGE_CONTRAST = 12;
/** Exponent that spreads dark tones: dark hair before a dark wall differs by few levels. */
const TONE = 0.6;
/** Log-likelihood ratio beyond which colour says no more. */
const MOST_CERTAIN = 3;

/**
 * Opacity of the person (head, hair, veil, hat, neck, body), 0..1, without a network: colour mixtures of person and
 * background seeded by the head model (Rother et al., "GrabCut", SIGGRAPH 2004), smoothed by a random walk that
 * stops at edges (Grady, "Random walks for image segmentation", PAMI 2006), refined by a guided filter (He et al.,
 * ECCV 2010).
 *
 * @param rgb `[height, width, 3]` 0..255
 */
export function personMatte(
  rgb: Float32Array,
  width: number,
  height: number,
  hints: MatteHints,
): Float32Array {
  const step = Math.max(1, Math.ceil(Math.max(width, height) / WORKING_SIZE));
  const columns = Math.ceil(width / step);
  const rows = Math.ceil(height / step);
  const colors = shrink(rgb, width, height, 3, step).map((level) => 255 * (level / 255) ** TONE);
  const covered = shrink(hints.covered, width, height, 1, step);
  const face = shrink(hints.face, width, height, 1, step);
  const prior = priorOf(covered, face, columns, rows, step, hints);

  let person: Float32Array = Float32Array.from(prior);
  for (let round = 0; round < ROUNDS; round++) {
    const inside = fitMixture(
      colors,
      columns,
      person.map((p) => smoothstep(0.8, 1, p)),
    );
    const outside = fitMixture(
      colors,
      columns,
      // Close to the skull nothing is background at first: a hair once mistaken would teach its colour.
      person.map((share, p) =>
        round === 0 && prior[p] > LEAST_BACKGROUND_PRIOR ? 0 : smoothstep(0.3, 0.05, share),
      ),
    );
    const evidence = posterior(colors, columns, prior, inside, outside);
    const sweeps = round < ROUNDS - 1 ? ROUGH_SWEEPS : SWEEPS;
    person = randomWalk(colors, columns, rows, prior, evidence, sweeps);
    person = withinSilhouette(person, evidence, colors, columns, rows, step, hints);
  }
  const sharpened = person.map((p) => smoothstep(0.38, 0.62, p));
  const large = enlarge(sharpened, columns, rows, width, height, step);
  const refined = guidedFilter(rgb, large, width, height, Math.max(2, Math.round(width / 85)), 40);
  // Rather a little too narrow: a rim of background would go with the head.
  return refined.map((p) => smoothstep(0.3, 0.98, p));
}

/** Above the mouth nothing is person beyond the head's silhouette, and all is within it, but for a band of strands. */
function withinSilhouette(
  person: Float32Array,
  evidence: Float32Array,
  colors: Float32Array,
  columns: number,
  rows: number,
  step: number,
  { chinY, faceX, faceY, iodPx }: MatteHints,
): Float32Array {
  const silhouette = headSilhouette({
    evidence,
    colors,
    columns,
    rows,
    centreX: faceX / step,
    centreY: faceY / step,
    reach: (SILHOUETTE_REACH * iodPx) / step,
  });
  const band = Math.max(1.5, (STRAND_BAND * iodPx) / step);
  return person.map((own, p) => {
    const x = (p % columns) + 0.5;
    const y = Math.floor(p / columns) + 0.5;
    const above = smoothstep(-0.6, -1.1, (y * step - chinY) / iodPx);
    const { radius, away } = radiusTowards(silhouette, x, y);
    const least = smoothstep(radius - 0.5 * band, radius - 1.5 * band, away);
    const most = smoothstep(radius + 1.5 * band, radius + 0.5 * band, away);
    return own + above * (Math.min(most, Math.max(least, own)) - own);
  });
}

/** Probability of person from place alone; exactly 0 and 1 where it is certain. */
function priorOf(
  covered: Float32Array,
  face: Float32Array,
  columns: number,
  rows: number,
  step: number,
  { chinY, faceX, iodPx }: MatteHints,
): Float32Array {
  const distance = distanceTo(covered, columns, rows);
  const prior = new Float32Array(columns * rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const p = row * columns + column;
      const y = (row + 0.5) * step;
      const away = (distance[p] * step) / iodPx;
      if (away === 0) {
        prior[p] = face[p] > 0.9 ? 1 : COVERED_PRIOR;
        continue;
      }
      // Hair is likely close to the skull; below the chin the body may be as wide as the picture.
      const aside = Math.abs((column + 0.5) * step - faceX) / iodPx;
      const below = smoothstep(0.2, 1.6, (y - chinY) / iodPx);
      const hair = 0.75 * (1 - smoothstep(0.1, 1.5, away)) + 0.03;
      const body = 0.9 * (1 - smoothstep(1.2, 4, aside)) + 0.1;
      prior[p] = hair + (body - hair) * below;
      const atEdge = column < 2 || column >= columns - 2 || row < 2;
      if (atEdge && away > 1.2 && below < 0.2) prior[p] = 0;
    }
  return prior;
}

function posterior(
  colors: Float32Array,
  columns: number,
  prior: Float32Array,
  inside: Mixture,
  outside: Mixture,
): Float32Array {
  const evidence = new Float32Array(prior.length);
  for (let p = 0; p < prior.length; p++) {
    const ratio = logDensity(inside, colors, columns, p) - logDensity(outside, colors, columns, p);
    const limited = Math.max(-MOST_CERTAIN, Math.min(MOST_CERTAIN, ratio));
    const q = Math.min(0.97, Math.max(0.03, prior[p]));
    evidence[p] = 1 / (1 + ((1 - q) / q) * Math.exp(-limited));
  }
  return evidence;
}

/**
 * Minimises Σ w_ij (x_i − x_j)² + Σ γ_i (x_i − evidence_i)² with the certain pixels held; pixels whose evidence is
 * undecided have little say.
 */
function randomWalk(
  colors: Float32Array,
  columns: number,
  rows: number,
  prior: Float32Array,
  evidence: Float32Array,
  sweeps: number,
): Float32Array {
  const across = edgeWeights(colors, columns, rows, 1, 0);
  const down = edgeWeights(colors, columns, rows, 0, 1);
  const x = evidence.map((e, p) => (prior[p] === 0 || prior[p] === 1 ? prior[p] : e));
  const free: number[] = [];
  const total = new Float64Array(x.length);
  const pull = new Float64Array(x.length);
  for (let p = 0; p < x.length; p++) {
    if (prior[p] === 0 || prior[p] === 1) continue;
    free.push(p);
    const row = (p / columns) | 0;
    const column = p - row * columns;
    const say = DATA_WEIGHT * (0.02 + (2 * evidence[p] - 1) ** 2);
    pull[p] = say * evidence[p];
    total[p] = say;
    if (column > 0) total[p] += across[p - 1];
    if (column < columns - 1) total[p] += across[p];
    if (row > 0) total[p] += down[p - columns];
    if (row < rows - 1) total[p] += down[p];
  }
  for (let sweep = 0; sweep < sweeps; sweep++)
    for (let step = 0; step < free.length; step++) {
      const p = free[sweep & 1 ? free.length - 1 - step : step];
      // Weights from one row's end to the next one's start are zero.
      let flow = pull[p];
      if (p > 0) flow += across[p - 1] * x[p - 1];
      if (p + 1 < x.length) flow += across[p] * x[p + 1];
      if (p >= columns) flow += down[p - columns] * x[p - columns];
      if (p + columns < x.length) flow += down[p] * x[p + columns];
      x[p] += 1.6 * (flow / total[p] - x[p]);
    }
  return x;
}

function edgeWeights(
  colors: Float32Array,
  columns: number,
  rows: number,
  dx: number,
  dy: number,
): Float32Array {
  const weights = new Float32Array(columns * rows);
  for (let row = 0; row < rows - dy; row++)
    for (let column = 0; column < columns - dx; column++) {
      const p = row * columns + column;
      const q = p + dy * columns + dx;
      let squared = 0;
      for (let k = 0; k < 3; k++) squared += (colors[p * 3 + k] - colors[q * 3 + k]) ** 2;
      weights[p] = Math.exp(-squared / (2 * EDGE_CONTRAST ** 2)) + 1e-3;
    }
  return weights;
}

/** Box average over `step × step` blocks. */
function shrink(
  field: ArrayLike<number>,
  width: number,
  height: number,
  channels: number,
  step: number,
): Float32Array {
  const columns = Math.ceil(width / step);
  const rows = Math.ceil(height / step);
  const out = new Float32Array(columns * rows * channels);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const endY = Math.min(height, (row + 1) * step);
      const endX = Math.min(width, (column + 1) * step);
      const count = (endY - row * step) * (endX - column * step);
      for (let y = row * step; y < endY; y++)
        for (let x = column * step; x < endX; x++)
          for (let k = 0; k < channels; k++)
            out[(row * columns + column) * channels + k] += field[(y * width + x) * channels + k] / count;
    }
  return out;
}

function enlarge(
  field: Float32Array,
  columns: number,
  rows: number,
  width: number,
  height: number,
  step: number,
): Float32Array {
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const sy = Math.min(rows - 1, Math.max(0, (y + 0.5) / step - 0.5));
    const y0 = Math.floor(sy);
    const y1 = Math.min(rows - 1, y0 + 1);
    for (let x = 0; x < width; x++) {
      const sx = Math.min(columns - 1, Math.max(0, (x + 0.5) / step - 0.5));
      const x0 = Math.floor(sx);
      const x1 = Math.min(columns - 1, x0 + 1);
      const fx = sx - x0;
      const above = field[y0 * columns + x0] * (1 - fx) + field[y0 * columns + x1] * fx;
      const below = field[y1 * columns + x0] * (1 - fx) + field[y1 * columns + x1] * fx;
      out[y * width + x] = above + (below - above) * (sy - y0);
    }
  }
  return out;
}

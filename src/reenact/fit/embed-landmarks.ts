import { LokiError } from '../../errors.ts';
import type { HeadModel, HeadPart } from '../head/head-model.ts';
import type { CalibrationSample } from './calibration-sample.ts';
import { LEFT_IRIS, RIGHT_IRIS } from './landmark-groups.ts';
import { surfaceHit, TriangleGrid } from './surface-hit.ts';
import { bestWithin, HUBER_IOD, type SurfacePoint } from './triangle-fit.ts';
import { LANDMARK_COUNT, type LandmarkEmbedding, RESPONSE_FEATURES } from './types.ts';

/** Candidates lie this close to where most samples hit the surface, metres on the template. */
const SEARCH_RADIUS_M = 0.014;
/** Candidates that a coarse look keeps for the fine one. */
const FINALISTS = 24;
/** Cosine of the angle between surface and view under which a landmark counts as hidden. */
const FACING_COSINE = 0.15;
/** Sigma of a landmark that no sample shows. */
const UNSEEN_SIGMA = 0.1;

/**
 * For every landmark the fixed surface point whose projection stays nearest to it over many pictures of known
 * heads: where the tracked points hit the surface gives a place to search, and there the triangle and weights of
 * least robust 2-D error win.
 *
 * @param fitted samples that the points are fitted on
 * @param heldOut samples of other people, for sigma
 * @throws LokiError `INTERNAL` where a landmark hits the surface in no sample
 */
export function embedLandmarks(
  model: HeadModel,
  fitted: readonly CalibrationSample[],
  heldOut: readonly CalibrationSample[],
): LandmarkEmbedding {
  const triangles = new Uint32Array(LANDMARK_COUNT);
  const barycentric = new Float32Array(LANDMARK_COUNT * 3);
  const sigma = new Float32Array(LANDMARK_COUNT);
  const pools = candidatePools(model);
  const hits = Array.from({ length: LANDMARK_COUNT }, () => [] as number[][]);
  for (const sample of fitted) {
    const grids = {
      skin: new TriangleGrid(model, pools.skin, sample),
      eyeLeft: new TriangleGrid(model, pools.eyeLeft, sample),
      eyeRight: new TriangleGrid(model, pools.eyeRight, sample),
    };
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const hit = surfaceHit(model, grids[poolOf(landmark)], sample, landmark);
      if (hit !== null) hits[landmark].push(hit);
    }
  }
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
    const point = embedLandmark(model, pools[poolOf(landmark)], landmark, fitted, hits[landmark]);
    triangles[landmark] = point.triangle;
    barycentric.set(point.barycentric, landmark * 3);
    const errors = heldOut
      .filter((sample) => facing(model, sample, point.triangle) > FACING_COSINE)
      .map((sample) => errorIod(model, sample, landmark, point));
    sigma[landmark] = errors.length > 0 ? Math.max(0.004, median(errors)) : UNSEEN_SIGMA;
  }
  return {
    headSha256: model.sha256,
    triangles,
    barycentric,
    sigma,
    response: new Float32Array(LANDMARK_COUNT * RESPONSE_FEATURES.length * 3),
  };
}

/** 2-D distance of a surface point from the tracked landmark, fraction of the inter-ocular distance. */
export function errorIod(
  model: HeadModel,
  sample: CalibrationSample,
  landmark: number,
  { triangle, barycentric }: SurfacePoint,
): number {
  let x = 0;
  let y = 0;
  for (let k = 0; k < 3; k++) {
    const vertex = model.triangles[triangle * 3 + k];
    x += barycentric[k] * sample.pixels[vertex * 2];
    y += barycentric[k] * sample.pixels[vertex * 2 + 1];
  }
  const { landmarks } = sample.face;
  return Math.hypot(x - landmarks[landmark * 3], y - landmarks[landmark * 3 + 1]) / sample.interocularPx;
}

/** Cosine between a triangle's normal and the direction to the camera. */
export function facing(model: HeadModel, { points }: CalibrationSample, triangle: number): number {
  const [a, b, c] = [0, 1, 2].map((k) => model.triangles[triangle * 3 + k] * 3);
  const e = [0, 1, 2].map((axis) => points[b + axis] - points[a + axis]);
  const f = [0, 1, 2].map((axis) => points[c + axis] - points[a + axis]);
  const n = [e[1] * f[2] - e[2] * f[1], e[2] * f[0] - e[0] * f[2], e[0] * f[1] - e[1] * f[0]];
  const towards = -(n[0] * points[a] + n[1] * points[a + 1] + n[2] * points[a + 2]);
  return towards / (Math.hypot(...n) * Math.hypot(points[a], points[a + 1], points[a + 2]) + 1e-30);
}

function embedLandmark(
  model: HeadModel,
  pool: Uint32Array,
  landmark: number,
  samples: readonly CalibrationSample[],
  hits: readonly number[][],
): SurfacePoint {
  if (hits.length === 0)
    throw new LokiError(
      'INTERNAL',
      `No calibration picture shows landmark ${landmark} on the head's surface.`,
    );
  const middle = geometricMedian(hits);
  const near = [...pool].filter((triangle) => distanceTo(model, triangle, middle) < SEARCH_RADIUS_M);
  const candidates = near.length > 0 ? near : nearestOf(model, pool, middle);
  // Whether a sample shows the landmark is judged once, at the middle, so that all candidates face the same samples.
  const [anchor] = nearestOf(model, Uint32Array.from(candidates), middle);
  const seen = samples.filter((sample) => facing(model, sample, anchor) > FACING_COSINE);
  const centre = [1 / 3, 1 / 3, 1 / 3] as const;
  const finalists = candidates
    .map((triangle) => ({ triangle, cost: cost(model, seen, landmark, { triangle, barycentric: centre }) }))
    .sort((a, b) => a.cost - b.cost)
    .slice(0, FINALISTS);
  let best: SurfacePoint = { triangle: finalists[0].triangle, barycentric: centre };
  let least = finalists[0].cost;
  for (const { triangle } of finalists) {
    const point = bestWithin(model, seen, landmark, triangle);
    const reached = cost(model, seen, landmark, point);
    if (reached < least) [best, least] = [point, reached];
  }
  return best;
}

function cost(
  model: HeadModel,
  samples: readonly CalibrationSample[],
  landmark: number,
  point: SurfacePoint,
): number {
  let sum = 0;
  for (const sample of samples) {
    const error = errorIod(model, sample, landmark, point) / HUBER_IOD;
    sum += error <= 1 ? 0.5 * error * error : error - 0.5;
  }
  return sum;
}

/** Point of least summed distance (Weiszfeld's iteration). */
function geometricMedian(points: readonly number[][]): number[] {
  let middle = [0, 1, 2].map((axis) => median(points.map((point) => point[axis])));
  for (let iteration = 0; iteration < 30; iteration++) {
    let total = 0;
    const sum = [0, 0, 0];
    for (const point of points) {
      const weight =
        1 / Math.max(1e-5, Math.hypot(point[0] - middle[0], point[1] - middle[1], point[2] - middle[2]));
      total += weight;
      for (let axis = 0; axis < 3; axis++) sum[axis] += weight * point[axis];
    }
    middle = sum.map((value) => value / total);
  }
  return middle;
}

type PoolName = 'skin' | 'eyeLeft' | 'eyeRight';
type Pools = Record<PoolName, Uint32Array>;

function poolOf(landmark: number): PoolName {
  if (LEFT_IRIS.includes(landmark)) return 'eyeLeft';
  return RIGHT_IRIS.includes(landmark) ? 'eyeRight' : 'skin';
}

/** Triangles that landmarks may lie in: irises on the eyeballs, all others on the skin in front. */
function candidatePools(model: HeadModel): Pools {
  const of = (part: HeadPart) => model.parts.indexOf(part);
  const pick = (keep: (part: number) => boolean) =>
    Uint32Array.from(
      Array.from(model.triangleParts.keys()).filter(
        (triangle) => keep(model.triangleParts[triangle]) && inFront(model, triangle),
      ),
    );
  return {
    skin: pick((part) => part === of('skin')),
    eyeLeft: pick((part) => part === of('eyeLeft')),
    eyeRight: pick((part) => part === of('eyeRight')),
  };
}

/** Not on the back of the head or of an eyeball. */
function inFront(model: HeadModel, triangle: number): boolean {
  const centre = centreOf(model, triangle);
  return centre[2] > -0.05;
}

function centreOf(model: HeadModel, triangle: number): number[] {
  return [0, 1, 2].map(
    (axis) =>
      (model.template[model.triangles[triangle * 3] * 3 + axis] +
        model.template[model.triangles[triangle * 3 + 1] * 3 + axis] +
        model.template[model.triangles[triangle * 3 + 2] * 3 + axis]) /
      3,
  );
}

function distanceTo(model: HeadModel, triangle: number, point: readonly number[]): number {
  const centre = centreOf(model, triangle);
  return Math.hypot(centre[0] - point[0], centre[1] - point[1], centre[2] - point[2]);
}

function nearestOf(model: HeadModel, pool: Uint32Array, point: readonly number[]): number[] {
  let best = pool[0];
  for (const triangle of pool)
    if (distanceTo(model, triangle, point) < distanceTo(model, best, point)) best = triangle;
  return [best];
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

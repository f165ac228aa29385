import type { Calibration, LandmarkEmbedding } from '../fit/types.ts';
import type { HeadCoefficients, HeadModel, ShapedHead } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { poseHead } from '../head/pose-head.ts';
import { rotate } from '../head/rotation.ts';
import { shapeHead } from '../head/shape-head.ts';

/** Factors on what opens the mouth. */
export interface OpeningGain {
  readonly jaw: number;
  /** `[expressionCount]`; 1 for units that leave the opening alone. */
  readonly units: Float32Array;
}

interface Person {
  readonly calibration: Pick<Calibration, 'beta'>;
  /** How the head is turned towards its camera while at rest. */
  readonly pose: Pick<HeadCoefficients, 'theta'>;
}

const UPRIGHT = { theta: new Float32Array(15) };
const INNER_LIPS = [13, 14];
const LIPS = [61, 291, 0, 17, 13, 14, 78, 308, 37, 267, 84, 314];
const RIGHT_EYE = [33, 133];
const LEFT_EYE = [263, 362];
/** An ordinary vowel. */
export const PROBE_JAW_RAD = 0.2;
/** No two people differ by more, so neither may what makes up for it. */
const LIMITS = [0.7, 1.7];
/**
 * What the probe misses: between shut and open, and where lips part without the jaw, an avatar's mouth still opened
 * only 0.69 to 0.94 as far as the driver's, over 17 pairs of real clips and portraits.
 */
const BETWEEN = 1.15;

/**
 * Makes one person's mouth open as far as another's in their pictures, in inter-ocular distances. The same jaw angle
 * opens a short jaw less than a long one, and a mouth seen from above (a portrait with the head bowed) shows less of
 * its opening than one seen from the front, since the jaw swings back as it drops.
 *
 * @param seenOpening what {@link probeOpening} would give for the avatar, measured in its pictures; null where it
 *   could not be measured: the head model then says it
 * @param shares of {@link openingShares} for the reference, for who calls this again for other drivers
 */
export function openingGain(
  model: HeadModel,
  embedding: LandmarkEmbedding,
  driver: Person,
  reference: Person,
  seenOpening: number | null,
  shares: Float32Array = openingShares(model, embedding, reference.calibration.beta),
): OpeningGain {
  const avatar = seenOpening ?? probeOpening(model, embedding, reference);
  const ratio = (BETWEEN * probeOpening(model, embedding, driver)) / avatar;
  const gain = Number.isFinite(ratio) ? Math.min(LIMITS[1], Math.max(LIMITS[0], ratio)) : 1;
  return { jaw: gain, units: shares.map((share) => 1 + (gain - 1) * share) };
}

/** How much wider the mouth of a person at rest stands with the jaw at the probe's angle, inter-ocular distances. */
function probeOpening(model: HeadModel, embedding: LandmarkEmbedding, person: Person): number {
  const face = new RestFace(model, embedding, person);
  return face.gap(PROBE_JAW_RAD) - face.gap(0);
}

/** `[expressionCount]` how much of each unit's motion of the lips is in their opening, 0..1. */
export function openingShares(
  model: HeadModel,
  embedding: LandmarkEmbedding,
  beta: Float32Array,
): Float32Array {
  const face = new RestFace(model, embedding, { calibration: { beta }, pose: UPRIGHT });
  return Float32Array.from({ length: model.expressionCount }, (_, unit) => face.openingShare(unit));
}

/** One person at rest, jaw and single units moved. */
class RestFace {
  readonly #shaped: ShapedHead;
  readonly #rotation: ArrayLike<number>;
  readonly #vertices: Float32Array;
  readonly #neutral: Map<number, Float64Array>;
  readonly #psi: Float32Array;

  constructor(
    readonly model: HeadModel,
    readonly embedding: LandmarkEmbedding,
    { calibration, pose }: Person,
  ) {
    this.#shaped = shapeHead(model, calibration.beta);
    this.#rotation = headRotation(pose);
    this.#vertices = new Float32Array(model.vertexCount * 3);
    this.#psi = new Float32Array(model.expressionCount);
    this.#pose(null, 0);
    this.#neutral = new Map(LIPS.map((landmark) => [landmark, this.#landmark(landmark)]));
  }

  /** Distance of the inner lips as the camera sees it, over the inter-ocular distance. */
  gap(jawRad: number): number {
    this.#pose(null, jawRad);
    const [upper, lower] = INNER_LIPS.map((landmark) => this.#landmark(landmark));
    const [right, left] = [RIGHT_EYE, LEFT_EYE].map(([a, b]) =>
      this.#landmark(a).map((value, axis) => (value + this.#landmark(b)[axis]) / 2),
    );
    const iod = Math.hypot(left[0] - right[0], left[1] - right[1], left[2] - right[2]);
    return Math.hypot(upper[0] - lower[0], upper[1] - lower[1]) / iod;
  }

  /** How much of a unit's motion of the lips is in their opening, 0..1. */
  openingShare(unit: number): number {
    this.#pose(unit, 0);
    let most = 0;
    const moved = new Map<number, Float64Array>();
    for (const landmark of LIPS) {
      const now = this.#landmark(landmark);
      const rest = this.#neutral.get(landmark)!;
      const step = now.map((value, axis) => value - rest[axis]);
      moved.set(landmark, step);
      most = Math.max(most, Math.hypot(step[0], step[1], step[2]));
    }
    if (most < 1e-5) return 0;
    const [upper, lower] = INNER_LIPS.map((landmark) => moved.get(landmark)!);
    return Math.min(1, Math.abs(upper[1] - lower[1]) / most);
  }

  #pose(unit: number | null, jawRad: number): void {
    this.#psi.fill(0);
    if (unit !== null) this.#psi[unit] = 1;
    const theta = new Float32Array(15);
    theta[6] = jawRad;
    poseHead(this.#shaped, { psi: this.#psi, theta, translation: new Float32Array(3) }, this.#vertices);
  }

  /** `[3]` metres, turned as the person is towards the camera. */
  #landmark(landmark: number): Float64Array {
    const { triangles, barycentric } = this.embedding;
    const point = [0, 0, 0];
    for (let corner = 0; corner < 3; corner++) {
      const vertex = this.model.triangles[triangles[landmark] * 3 + corner];
      for (let axis = 0; axis < 3; axis++)
        point[axis] += barycentric[landmark * 3 + corner] * this.#vertices[vertex * 3 + axis];
    }
    return rotate(this.#rotation, point);
  }
}

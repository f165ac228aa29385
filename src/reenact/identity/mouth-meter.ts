import type { LandmarkRig } from '../fit/landmark-rig.ts';
import { type Calibration, RESPONSE_FEATURES } from '../fit/types.ts';
import type { HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { poseHead } from '../head/pose-head.ts';
import { reduceHead } from '../head/reduced-head.ts';
import { rotate } from '../head/rotation.ts';
import { shapeHead } from '../head/shape-head.ts';

/** Inner lips, upper and lower, then the corners of the right and of the left eye. */
const POINTS = [13, 14, 33, 133, 263, 362];
const STILL = new Float32Array(3);

/**
 * How wide a calibrated person's mouth stands, as the tracker has it: the distance of the inner lips in the picture
 * over the inter-ocular distance, bias and the tracker's own response included. Looks at six landmarks only, some
 * microseconds.
 */
export class MouthMeter {
  readonly #shaped: ShapedHead;
  readonly #corners: Uint32Array;
  readonly #weights: Float64Array;
  /** `[points, 3]`, and `[points, features, 3]`. */
  readonly #bias: Float64Array;
  readonly #response: Float64Array;
  readonly #posed: Float32Array;
  readonly #theta = new Float32Array(15);

  constructor({ model, embedding }: LandmarkRig, { beta, bias }: Pick<Calibration, 'beta' | 'bias'>) {
    const corners = POINTS.flatMap((landmark) => {
      const t = embedding.triangles[landmark] * 3;
      return [...model.triangles.subarray(t, t + 3)];
    });
    const reduced = reduceHead(model, corners);
    this.#shaped = shapeHead(reduced.model, beta);
    this.#corners = Uint32Array.from(corners, (vertex) => reduced.positionOf[vertex]);
    this.#weights = Float64Array.from(
      POINTS.flatMap((landmark) => [...embedding.barycentric.subarray(landmark * 3, landmark * 3 + 3)]),
    );
    const perPoint = RESPONSE_FEATURES.length * 3;
    this.#bias = Float64Array.from(
      POINTS.flatMap((landmark) => [...bias.subarray(landmark * 3, landmark * 3 + 3)]),
    );
    this.#response = Float64Array.from(
      POINTS.flatMap((landmark) => [
        ...embedding.response.subarray(landmark * perPoint, (landmark + 1) * perPoint),
      ]),
    );
    this.#posed = new Float32Array(reduced.model.vertexCount * 3);
  }

  /** Fraction of the inter-ocular distance; negative where the lips have crossed. */
  gap(coefficients: Pick<HeadCoefficients, 'psi' | 'theta'>, jawRad = coefficients.theta[6]): number {
    const rotation = headRotation(coefficients);
    this.#theta.set(coefficients.theta.subarray(7, 9), 7);
    this.#theta[6] = jawRad;
    poseHead(this.#shaped, { psi: coefficients.psi, theta: this.#theta, translation: STILL }, this.#posed);
    const features = [-rotation[5], rotation[2], jawRad];
    const at = POINTS.map((_, point) => this.#point(point, features));
    const iod = Math.hypot(...[0, 1, 2].map((k) => (at[2][k] + at[3][k] - at[4][k] - at[5][k]) / 2));
    const apart = rotate(
      rotation,
      [0, 1, 2].map((k) => at[0][k] - at[1][k]),
    );
    return (Math.sign(at[0][1] - at[1][1]) * Math.hypot(apart[0], apart[1])) / iod;
  }

  /** In the head's own frame, metres. */
  #point(point: number, features: readonly number[]): number[] {
    return [0, 1, 2].map((axis) => {
      let value = this.#bias[point * 3 + axis];
      features.forEach((feature, f) => {
        value += feature * this.#response[(point * features.length + f) * 3 + axis];
      });
      for (let k = point * 3; k < point * 3 + 3; k++)
        value += this.#weights[k] * this.#posed[this.#corners[k] * 3 + axis];
      return value;
    });
  }
}

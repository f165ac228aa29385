import { packCoefficients } from '../fit/face-parameters.ts';
import { LandmarkEvaluation } from '../fit/landmark-evaluation.ts';
import { isOutline } from '../fit/landmark-groups.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import { interocularDistancePx } from '../fit/observation.ts';
import { type ShapedRig, shapeRig } from '../fit/shaped-rig.ts';
import type { Calibration } from '../fit/types.ts';
import type { Camera, HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { logRotation, rodrigues, rotate } from '../head/rotation.ts';
import type { TrackedFace } from '../track/types.ts';
import { median } from './statistics.ts';

/** Where a commanded face has its landmarks, and how far from there a picture shows them. */
export class CommandedLandmarks {
  readonly #evaluation: LandmarkEvaluation;
  readonly #shaped: ShapedRig;
  readonly #camera: Camera;

  constructor(rig: LandmarkRig, { beta, bias, camera }: Pick<Calibration, 'beta' | 'bias' | 'camera'>) {
    this.#evaluation = new LandmarkEvaluation(rig);
    this.#shaped = shapeRig(rig, beta, bias);
    this.#camera = camera;
  }

  /** `[478, 2]` pixels; valid until the next call. */
  place(commanded: HeadCoefficients): Float64Array {
    const parameters = packCoefficients(withoutNeck(commanded, this.#shaped.joints));
    this.#evaluation.evaluate(this.#shaped, parameters, this.#camera);
    return this.#evaluation.pixels;
  }

  /** Median distance of the face's landmarks, oval and jaw line aside, from where they should be, fraction of the inter-ocular distance. */
  errorIod(commanded: HeadCoefficients, { landmarks, points }: TrackedFace): number {
    const placed = this.place(commanded);
    const distances: number[] = [];
    for (let landmark = 0; landmark < points; landmark++)
      if (!isOutline(landmark))
        distances.push(
          Math.hypot(
            landmarks[landmark * 3] - placed[landmark * 2],
            landmarks[landmark * 3 + 1] - placed[landmark * 2 + 1],
          ),
        );
    return median(distances) / interocularDistancePx(landmarks);
  }
}

/**
 * The same place of everything above the neck with the neck joint at rest, as the fit's parameters want it: with H the
 * head's rotation and J the joints, R_global becomes H and the translation grows by (R_global − H)(J_neck − J_global).
 *
 * @param joints `[5, 3]` metres
 */
export function withoutNeck(coefficients: HeadCoefficients, joints: ArrayLike<number>): HeadCoefficients {
  const head = headRotation(coefficients);
  const arm = [joints[3] - joints[0], joints[4] - joints[1], joints[5] - joints[2]];
  const before = rotate(rodrigues(coefficients.theta), arm);
  const after = rotate(head, arm);
  const theta = Float32Array.from(coefficients.theta);
  theta.set(logRotation(head), 0);
  theta.fill(0, 3, 6);
  return {
    psi: coefficients.psi,
    theta,
    translation: coefficients.translation.map((value, axis) => value + before[axis] - after[axis]),
  };
}

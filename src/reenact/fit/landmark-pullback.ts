import { ROTATION_AT, TRANSLATION_AT } from './face-parameters.ts';
import { type FitKernel, fitKernelOf } from './kernel/fit-kernel.ts';
import type { LandmarkPlacement } from './landmark-placement.ts';
import { CORRECTIVE_COUNT, type LandmarkRig, PART_COUNT, PART_HEAD } from './landmark-rig.ts';
import { LOCAL_AXES, PARAMETER_OF_AXIS, PART_OF_AXIS } from './part-rotations.ts';
import { LANDMARK_COUNT, RESPONSE_FEATURES } from './types.ts';

const RESPONSE_SIZE = RESPONSE_FEATURES.length * 3;

/**
 * Jᵀ f, what forces on the landmarks' projections do to the parameters, without J: each force is taken back to the
 * frame of the part that its landmark rides on, and there multiplied with the units' deltas. Half the work of filling
 * in the Jacobian, for steps that need a gradient only. Columns are those of `LandmarkEvaluation`.
 */
export class LandmarkPullback {
  private readonly kernel: FitKernel;
  /** `[4, 3, 3]` Σ camera-frame force · rest-frame offset from the part's joint. */
  private readonly moment = new Float64Array(PART_COUNT * 9);
  /** `[27]` force on the elements that pose correctives depend on. */
  private readonly corrective = new Float64Array(CORRECTIVE_COUNT);
  /** `[3]` force on the features of the tracker's response. */
  private readonly response = new Float64Array(RESPONSE_FEATURES.length);
  /** `[3]` rest-frame force on a landmark. */
  private readonly rest = new Float64Array(3);

  constructor(
    private readonly rig: LandmarkRig,
    private readonly placement: LandmarkPlacement,
  ) {
    this.kernel = fitKernelOf(rig);
  }

  /**
   * Adds Jᵀ f to `gradient`, at the parameters last placed.
   *
   * @param force `[478, 2]` by pixel x and y
   */
  add(force: Float64Array, gradient: Float64Array): void {
    const { moment, corrective, response } = this;
    const { points, fromJoint, camera, parts } = this.placement;
    parts.differentiate();
    moment.fill(0);
    corrective.fill(0);
    response.fill(0);
    this.kernel.force.fill(0);
    let [turnX, turnY, turnZ, moveX, moveY, moveZ] = [0, 0, 0, 0, 0, 0];
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const px = force[landmark * 2];
      const py = force[landmark * 2 + 1];
      if (px === 0 && py === 0) continue;
      const p = landmark * 3;
      const depth = -points[p + 2];
      const scale = camera.focalPx / depth;
      const fx = scale * px;
      const fy = -scale * py;
      const fz = (fx * points[p] + fy * points[p + 1]) / depth;
      moveX += fx;
      moveY += fy;
      moveZ += fz;
      const yx = fromJoint[p];
      const yy = fromJoint[p + 1];
      const yz = fromJoint[p + 2];
      turnX += yy * fz - yz * fy;
      turnY += yz * fx - yx * fz;
      turnZ += yx * fy - yy * fx;
      this.addTerms(landmark, fx, fy, fz);
    }
    this.kernel.pull();
    const units = this.rig.expressionCount;
    for (let unit = 0; unit < units; unit++) gradient[unit] += this.kernel.gradient[unit];
    this.addPose(gradient, turnX, turnY, turnZ);
    const translation = units + TRANSLATION_AT;
    gradient[translation] += moveX;
    gradient[translation + 1] += moveY;
    gradient[translation + 2] += moveZ;
  }

  /** A camera-frame force on a landmark as forces on its terms, for the kernel, and in the sums that `addPose` spreads. */
  private addTerms(landmark: number, fx: number, fy: number, fz: number): void {
    const { rig, moment, response, rest } = this;
    const { force } = this.kernel;
    const { termOffset, response: slides, parts } = this.placement;
    const m = parts.partToCamera;
    rest[0] = 0;
    rest[1] = 0;
    rest[2] = 0;
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
      const part = rig.termPart[term];
      const q = part * 9;
      const gx = m[q] * fx + m[q + 3] * fy + m[q + 6] * fz;
      const gy = m[q + 1] * fx + m[q + 4] * fy + m[q + 7] * fz;
      const gz = m[q + 2] * fx + m[q + 5] * fy + m[q + 8] * fz;
      force[term * 3] = gx;
      force[term * 3 + 1] = gy;
      force[term * 3 + 2] = gz;
      const w = rig.termWeight[term];
      rest[0] += w * gx;
      rest[1] += w * gy;
      rest[2] += w * gz;
      if (rig.termCorrective !== null) this.addCorrective(term, gx, gy, gz);
      if (part === PART_HEAD) continue;
      for (let axis = 0; axis < 3; axis++) {
        const offset = termOffset[term * 3 + axis];
        moment[q + axis] += fx * offset;
        moment[q + 3 + axis] += fy * offset;
        moment[q + 6 + axis] += fz * offset;
      }
    }
    let at = landmark * RESPONSE_SIZE;
    for (let feature = 0; feature < response.length; feature++, at += 3)
      response[feature] += rest[0] * slides[at] + rest[1] * slides[at + 1] + rest[2] * slides[at + 2];
  }

  private addCorrective(term: number, gx: number, gy: number, gz: number): void {
    const { corrective } = this;
    const basis = this.rig.termCorrective!;
    let at = term * CORRECTIVE_COUNT * 3;
    for (let i = 0; i < CORRECTIVE_COUNT; i++, at += 3)
      corrective[i] += gx * basis[at] + gy * basis[at + 1] + gz * basis[at + 2];
  }

  /** The turn's three parameters and the parts' own axes, from the sums over all landmarks. */
  private addPose(gradient: Float64Array, turnX: number, turnY: number, turnZ: number): void {
    const { moment, corrective } = this;
    const [pitch, yaw, jaw] = this.response;
    const { rotation: r, axisToCamera, axisDerivative } = this.placement.parts;
    const pose = this.rig.expressionCount;
    // d(−R₁₂) and d R₀₂ for dR = [ω]× R.
    gradient[pose + ROTATION_AT] += turnX + r[8] * pitch;
    gradient[pose + ROTATION_AT + 1] += turnY + r[8] * yaw;
    gradient[pose + ROTATION_AT + 2] += turnZ - r[2] * pitch - r[5] * yaw;
    for (let axis = 0; axis < LOCAL_AXES; axis++) {
      const part = PART_OF_AXIS[axis];
      let sum = axis === 0 ? jaw : 0;
      for (let i = 0; i < 9; i++)
        sum +=
          axisToCamera[axis * 9 + i] * moment[part * 9 + i] +
          axisDerivative[axis * 9 + i] * corrective[(part - 1) * 9 + i];
      gradient[pose + PARAMETER_OF_AXIS[axis]] += sum;
    }
  }
}

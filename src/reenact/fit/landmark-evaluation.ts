import type { Camera } from '../head/head-model.ts';
import { type FitKernel, fitKernelOf } from './kernel/fit-kernel.ts';
import { JAW_FEATURE, JAW_OPENING } from './landmark-columns.ts';
import { LandmarkPlacement } from './landmark-placement.ts';
import { LandmarkPullback } from './landmark-pullback.ts';
import { CORRECTIVE_COUNT, type LandmarkRig, PART_HEAD, PART_JAW, PART_LEFT_EYE } from './landmark-rig.ts';
import { LOCAL_AXES, PART_OF_AXIS, type PartRotations } from './part-rotations.ts';
import type { ShapedRig } from './shaped-rig.ts';
import { LANDMARK_COUNT, RESPONSE_FEATURES } from './types.ts';

const RESPONSE_COUNT = RESPONSE_FEATURES.length;

/**
 * The landmarks' projections for a parameter vector, and their derivatives.
 *
 * A landmark's Jacobian is sparse, and where it is not zero depends on the rig alone: `columns` lists its
 * parameters once, `differentiate` only fills in the values. The global rotation's columns belong to a turn in the
 * camera frame, exp(δ) · R (see `applyStep`).
 */
export class LandmarkEvaluation {
  /** `[478, 3]` metres, camera frame. */
  readonly points: Float64Array;
  /** `[478, 2]` pixels. */
  readonly pixels: Float64Array;
  /** Rotations of the parts at the parameters last evaluated. */
  readonly parts: PartRotations;
  /** `[479]` first column of each landmark. */
  readonly columnStart: Uint32Array;
  /** Parameter of every column, ascending within a landmark. */
  readonly columns: Uint16Array;
  /** d pixel x / d parameter and d pixel y / d parameter, one a column; shared by all evaluations of the rig. */
  readonly dx: Float64Array;
  readonly dy: Float64Array;
  /** `[478, 2, 3]` d pixel / d rest-frame offset of the landmark (what `bias` moves). */
  readonly restJacobian = new Float64Array(LANDMARK_COUNT * 6);

  private readonly kernel: FitKernel;
  private readonly placement: LandmarkPlacement;
  private readonly pullback: LandmarkPullback;
  /** `[7, 3]` camera-frame motion of a landmark by the local axes. */
  private readonly axisMotion = new Float64Array(LOCAL_AXES * 3);
  /** For every landmark, whether each local axis moves it. */
  private readonly axisMoves: Uint8Array;

  constructor(readonly rig: LandmarkRig) {
    this.kernel = fitKernelOf(rig);
    this.placement = new LandmarkPlacement(rig);
    this.points = this.placement.points;
    this.pixels = this.placement.pixels;
    this.parts = this.placement.parts;
    this.pullback = new LandmarkPullback(rig, this.placement);
    this.columnStart = this.kernel.layout.columnStart;
    this.columns = this.kernel.layout.columns;
    this.axisMoves = this.kernel.layout.axisMoves;
    this.dx = this.kernel.dx;
    this.dy = this.kernel.dy;
  }

  /** Places the landmarks. @param parameters as in face-parameters.ts */
  evaluate(shaped: ShapedRig, parameters: Float64Array, camera: Camera): void {
    this.placement.place(shaped, parameters, camera);
  }

  /** Fills `dx`, `dy` and `restJacobian` at the parameters last evaluated. */
  differentiate(): void {
    const { placement, points, rig, columnStart } = this;
    const { unitStart } = rig;
    const { camera, fromJoint } = placement;
    this.parts.differentiate();
    this.projectTerms();
    this.kernel.unitColumns();
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const p = landmark * 3;
      const depth = -points[p + 2];
      const scale = camera.focalPx / depth;
      const uz = (scale * points[p]) / depth;
      const vz = (-scale * points[p + 1]) / depth;
      const turn = columnStart[landmark] + unitStart[landmark + 1] - unitStart[landmark];
      this.rigidColumns(turn, fromJoint[p], fromJoint[p + 1], fromJoint[p + 2], scale, uz, vz);
      this.addResponseColumns(landmark, turn);
      if (turn + 6 < columnStart[landmark + 1]) this.localColumns(landmark, turn + 6, scale, uz, vz);
    }
  }

  /**
   * Adds Jᵀ f to `gradient` at the parameters last evaluated; neither needs nor fills `dx` and `dy`.
   *
   * @param force `[478, 2]` by pixel x and y
   */
  addGradient(force: Float64Array, gradient: Float64Array): void {
    this.pullback.add(force, gradient);
  }

  /** d pixel / d rest-frame moment of every term, for the kernel, and `restJacobian`. */
  private projectTerms(): void {
    const { rig, points, restJacobian } = this;
    const { termStart, termPart, termWeight } = rig;
    const { projection } = this.kernel;
    const { partToCamera: m } = this.parts;
    const { focalPx } = this.placement.camera;
    restJacobian.fill(0);
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const p = landmark * 3;
      const depth = -points[p + 2];
      const scale = focalPx / depth;
      // d pixel / d camera-frame point = [[scale, 0, uz], [0, -scale, vz]].
      const uz = (scale * points[p]) / depth;
      const vz = (-scale * points[p + 1]) / depth;
      const end = termStart[landmark + 1];
      for (let term = termStart[landmark]; term < end; term++) {
        const q = termPart[term] * 9;
        const w = termWeight[term];
        for (let axis = 0; axis < 3; axis++) {
          const towards = m[q + 6 + axis];
          const u = scale * m[q + axis] + uz * towards;
          const v = vz * towards - scale * m[q + 3 + axis];
          projection[term * 6 + axis] = u;
          projection[term * 6 + 3 + axis] = v;
          restJacobian[landmark * 6 + axis] += w * u;
          restJacobian[landmark * 6 + 3 + axis] += w * v;
        }
      }
    }
  }

  /**
   * e_k × y for the three axes of the turn, then the three axes of translation; (yx, yy, yz) is the landmark's
   * camera-frame offset from the global joint.
   */
  private rigidColumns(
    column: number,
    yx: number,
    yy: number,
    yz: number,
    scale: number,
    uz: number,
    vz: number,
  ): void {
    const { dx, dy } = this;
    dx[column] = uz * yy;
    dy[column] = scale * yz + vz * yy;
    dx[column + 1] = scale * yz - uz * yx;
    dy[column + 1] = -vz * yx;
    dx[column + 2] = -scale * yy;
    dy[column + 2] = -scale * yx;
    dx[column + 3] = scale;
    dy[column + 3] = 0;
    dx[column + 4] = 0;
    dy[column + 4] = -scale;
    dx[column + 5] = uz;
    dy[column + 5] = vz;
  }

  /** What the response to pitch and yaw adds to the three columns of the turn: d(−R₁₂), d R₀₂ for dR = [ω]× R. */
  private addResponseColumns(landmark: number, column: number): void {
    const { dx, dy, restJacobian } = this;
    const { response } = this.placement;
    const { rotation: r } = this.parts;
    const j = landmark * 6;
    const at = landmark * RESPONSE_COUNT * 3;
    let pitchX = 0;
    let pitchY = 0;
    let yawX = 0;
    let yawY = 0;
    for (let k = 0; k < 3; k++) {
      pitchX += restJacobian[j + k] * response[at + k];
      pitchY += restJacobian[j + 3 + k] * response[at + k];
      yawX += restJacobian[j + k] * response[at + 3 + k];
      yawY += restJacobian[j + 3 + k] * response[at + 3 + k];
    }
    dx[column] += r[8] * pitchX;
    dy[column] += r[8] * pitchY;
    dx[column + 1] += r[8] * yawX;
    dy[column + 1] += r[8] * yawY;
    dx[column + 2] -= r[2] * pitchX + r[5] * yawX;
    dy[column + 2] -= r[2] * pitchY + r[5] * yawY;
  }

  /** The columns of the parts' own axes, from `column` on. */
  private localColumns(landmark: number, column: number, scale: number, uz: number, vz: number): void {
    const { dx, dy, restJacobian, axisMotion, axisMoves } = this;
    const { response } = this.placement;
    this.moveByAxes(landmark);
    if (this.rig.termCorrective !== null) this.addCorrectiveMotion(landmark);
    let at = column;
    for (let axis = 0; axis < LOCAL_AXES; axis++) {
      if (axisMoves[landmark * LOCAL_AXES + axis] === 0) continue;
      const towards = axisMotion[axis * 3 + 2];
      dx[at] = scale * axisMotion[axis * 3] + uz * towards;
      dy[at] = vz * towards - scale * axisMotion[axis * 3 + 1];
      if (axis === JAW_OPENING) {
        const from = (landmark * RESPONSE_COUNT + JAW_FEATURE) * 3;
        for (let k = 0; k < 3; k++) {
          dx[at] += restJacobian[landmark * 6 + k] * response[from + k];
          dy[at] += restJacobian[landmark * 6 + 3 + k] * response[from + k];
        }
      }
      at++;
    }
  }

  /** Camera-frame motion of a landmark by its parts' own axes, in `axisMotion`. */
  private moveByAxes(landmark: number): void {
    const { rig, axisMotion } = this;
    const { termOffset } = this.placement;
    const { axisToCamera: a } = this.parts;
    axisMotion.fill(0);
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
      const part = rig.termPart[term];
      if (part === PART_HEAD) continue;
      const ox = termOffset[term * 3];
      const oy = termOffset[term * 3 + 1];
      const oz = termOffset[term * 3 + 2];
      const first = part === PART_JAW ? 0 : part === PART_LEFT_EYE ? 3 : 5;
      const end = part === PART_JAW ? 3 : first + 2;
      for (let axis = first; axis < end; axis++) {
        const q = axis * 9;
        axisMotion[axis * 3] += a[q] * ox + a[q + 1] * oy + a[q + 2] * oz;
        axisMotion[axis * 3 + 1] += a[q + 3] * ox + a[q + 4] * oy + a[q + 5] * oz;
        axisMotion[axis * 3 + 2] += a[q + 6] * ox + a[q + 7] * oy + a[q + 8] * oz;
      }
    }
  }

  /** What the pose correctives add to the motion by the local axes. */
  private addCorrectiveMotion(landmark: number): void {
    const { rig, axisMotion } = this;
    const { axisDerivative, partToCamera: m } = this.parts;
    const corrective = rig.termCorrective!;
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
      const q = rig.termPart[term] * 9;
      for (let axis = 0; axis < LOCAL_AXES; axis++) {
        let x = 0;
        let y = 0;
        let z = 0;
        let at = (term * CORRECTIVE_COUNT + (PART_OF_AXIS[axis] - 1) * 9) * 3;
        for (let i = 0; i < 9; i++, at += 3) {
          const derivative = axisDerivative[axis * 9 + i];
          x += derivative * corrective[at];
          y += derivative * corrective[at + 1];
          z += derivative * corrective[at + 2];
        }
        axisMotion[axis * 3] += m[q] * x + m[q + 1] * y + m[q + 2] * z;
        axisMotion[axis * 3 + 1] += m[q + 3] * x + m[q + 4] * y + m[q + 5] * z;
        axisMotion[axis * 3 + 2] += m[q + 6] * x + m[q + 7] * y + m[q + 8] * z;
      }
    }
  }
}

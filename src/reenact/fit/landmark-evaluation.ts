import type { Camera } from '../head/head-model.ts';
import { JAW_AT, TRANSLATION_AT } from './face-parameters.ts';
import {
  CORRECTIVE_COUNT,
  JOINT_OF_PART,
  type LandmarkRig,
  PART_HEAD,
  PART_JAW,
  PART_LEFT_EYE,
} from './landmark-rig.ts';
import { LOCAL_AXES, PARAMETER_OF_AXIS, PART_OF_AXIS, PartRotations } from './part-rotations.ts';
import type { ShapedRig } from './shaped-rig.ts';
import { LANDMARK_COUNT, RESPONSE_FEATURES } from './types.ts';

const RESPONSE_COUNT = RESPONSE_FEATURES.length;
const JAW_FEATURE = RESPONSE_FEATURES.indexOf('jaw');
/** Local axis that is a feature of the response. */
const JAW_OPENING = 0;

/**
 * Places the landmarks for a parameter vector and differentiates their projections.
 *
 * A landmark's Jacobian is sparse, and where it is not zero depends on the rig alone: `columns` lists its
 * parameters once, `evaluate` only fills in the values. The global rotation's columns belong to a turn in the
 * camera frame, exp(δ) · R (see `applyStep`).
 */
export class LandmarkEvaluation {
  /** `[478, 3]` metres, camera frame. */
  readonly points = new Float64Array(LANDMARK_COUNT * 3);
  /** `[478, 2]` pixels. */
  readonly pixels = new Float64Array(LANDMARK_COUNT * 2);
  /** `[479]` first column of each landmark. */
  readonly columnStart = new Uint32Array(LANDMARK_COUNT + 1);
  /** Parameter of every column, ascending within a landmark. */
  readonly columns: Uint16Array;
  /** d pixel x / d parameter and d pixel y / d parameter, one a column. */
  readonly dx: Float64Array;
  readonly dy: Float64Array;
  /** `[478, 2, 3]` d pixel / d rest-frame offset of the landmark (what `bias` moves). */
  readonly restJacobian = new Float64Array(LANDMARK_COUNT * 6);

  /** Rotations of the parts at the parameters last evaluated. */
  readonly parts = new PartRotations();
  /** Pose corrective of a term, and `[7, 3]` camera-frame motion of a landmark by the local axes. */
  private readonly rest = new Float64Array(3);
  private readonly axisMotion = new Float64Array(LOCAL_AXES * 3);
  /** Landmark that `axisMotion` belongs to. */
  private motionOf = -1;
  /** `[478, 3, 3]` the embedding's response. */
  private readonly response: Float64Array;
  private readonly feature = new Float64Array(RESPONSE_COUNT);
  private readonly slide = new Float64Array(3);
  /** For every landmark, whether each local axis moves it. */
  private readonly axisMoves: Uint8Array;

  constructor(readonly rig: LandmarkRig) {
    this.response = Float64Array.from(rig.embedding.response);
    this.axisMoves = axisMovesLandmark(rig, this.response);
    const columns: number[] = [];
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      for (let k = rig.unitStart[landmark]; k < rig.unitStart[landmark + 1]; k++) columns.push(rig.units[k]);
      for (let k = 0; k < 6; k++) columns.push(rig.expressionCount + k);
      for (let axis = 0; axis < LOCAL_AXES; axis++)
        if (this.axisMoves[landmark * LOCAL_AXES + axis] === 1)
          columns.push(rig.expressionCount + PARAMETER_OF_AXIS[axis]);
      this.columnStart[landmark + 1] = columns.length;
    }
    this.columns = Uint16Array.from(columns);
    this.dx = new Float64Array(columns.length);
    this.dy = new Float64Array(columns.length);
  }

  /**
   * @param parameters as in face-parameters.ts
   * @param differentiate also fill `dx`, `dy` and `restJacobian`
   */
  evaluate(shaped: ShapedRig, parameters: Float64Array, camera: Camera, differentiate: boolean): void {
    this.parts.place(parameters, this.rig.expressionCount, differentiate);
    this.placeFeatures(parameters);
    const { rig, points, pixels } = this;
    const { rest, slide } = this;
    const { rotation: r, partRotation } = this.parts;
    const { moments, joints } = shaped;
    const pose = rig.expressionCount;
    const tx = parameters[pose + TRANSLATION_AT] + joints[0];
    const ty = parameters[pose + TRANSLATION_AT + 1] + joints[1];
    const tz = parameters[pose + TRANSLATION_AT + 2] + joints[2];

    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      // From the global joint to the landmark, before the global rotation.
      let hx = -joints[0];
      let hy = -joints[1];
      let hz = -joints[2];
      const unitsAt = rig.unitStart[landmark];
      const unitsEnd = rig.unitStart[landmark + 1];
      this.slideOf(landmark);
      for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
        const w = rig.termWeight[term];
        let mx = moments[term * 3] + w * slide[0];
        let my = moments[term * 3 + 1] + w * slide[1];
        let mz = moments[term * 3 + 2] + w * slide[2];
        let d = rig.deltaStart[term];
        for (let k = unitsAt; k < unitsEnd; k++, d += 3) {
          const psi = parameters[rig.units[k]];
          if (psi === 0) continue;
          mx += psi * rig.deltas[d];
          my += psi * rig.deltas[d + 1];
          mz += psi * rig.deltas[d + 2];
        }
        if (rig.termCorrective !== null) {
          this.addCorrectives(term);
          mx += rest[0];
          my += rest[1];
          mz += rest[2];
        }
        const part = rig.termPart[term];
        if (part === PART_HEAD) {
          hx += mx;
          hy += my;
          hz += mz;
          continue;
        }
        const j = JOINT_OF_PART[part] * 3;
        const ox = mx - w * joints[j];
        const oy = my - w * joints[j + 1];
        const oz = mz - w * joints[j + 2];
        const q = part * 9;
        hx += partRotation[q] * ox + partRotation[q + 1] * oy + partRotation[q + 2] * oz + w * joints[j];
        hy +=
          partRotation[q + 3] * ox + partRotation[q + 4] * oy + partRotation[q + 5] * oz + w * joints[j + 1];
        hz +=
          partRotation[q + 6] * ox + partRotation[q + 7] * oy + partRotation[q + 8] * oz + w * joints[j + 2];
        if (differentiate) this.localColumns(landmark, part, ox, oy, oz);
      }
      const yx = r[0] * hx + r[1] * hy + r[2] * hz;
      const yy = r[3] * hx + r[4] * hy + r[5] * hz;
      const yz = r[6] * hx + r[7] * hy + r[8] * hz;
      const depth = -(yz + tz);
      points[landmark * 3] = yx + tx;
      points[landmark * 3 + 1] = yy + ty;
      points[landmark * 3 + 2] = -depth;
      const scale = camera.focalPx / depth;
      const u = scale * (yx + tx);
      const v = -scale * (yy + ty);
      pixels[landmark * 2] = camera.centreX + u;
      pixels[landmark * 2 + 1] = camera.centreY + v;
      if (differentiate) this.poseColumns(landmark, yx, yy, yz, scale, u / depth, v / depth);
    }
  }

  /** `RESPONSE_FEATURES` at `parameters`. */
  private placeFeatures(parameters: Float64Array): void {
    const { feature } = this;
    const { rotation: r } = this.parts;
    feature[0] = -r[5];
    feature[1] = r[2];
    feature[2] = parameters[this.rig.expressionCount + JAW_AT];
  }

  /** Where the tracker's point has slid to on the surface, rest frame, in `slide`. */
  private slideOf(landmark: number): void {
    const { response, feature, slide } = this;
    slide[0] = 0;
    slide[1] = 0;
    slide[2] = 0;
    let at = landmark * RESPONSE_COUNT * 3;
    for (let k = 0; k < RESPONSE_COUNT; k++, at += 3) {
      slide[0] += feature[k] * response[at];
      slide[1] += feature[k] * response[at + 1];
      slide[2] += feature[k] * response[at + 2];
    }
  }

  /** Pose correctives of a term at the present rotations, in `rest`. */
  private addCorrectives(term: number): void {
    const { rest } = this;
    const { correctiveFeature } = this.parts;
    const corrective = this.rig.termCorrective!;
    rest.fill(0);
    let at = term * CORRECTIVE_COUNT * 3;
    for (let row = 0; row < CORRECTIVE_COUNT; row++, at += 3) {
      const feature = correctiveFeature[row];
      if (feature === 0) continue;
      rest[0] += feature * corrective[at];
      rest[1] += feature * corrective[at + 1];
      rest[2] += feature * corrective[at + 2];
    }
  }

  /**
   * Camera-frame motion of a landmark by its part's own axes, from the offset (ox, oy, oz) to the part's joint;
   * kept in `axisMotion` until `poseColumns` knows the projection.
   */
  private localColumns(landmark: number, part: number, ox: number, oy: number, oz: number): void {
    const { axisMotion } = this;
    const { axisToCamera: a } = this.parts;
    const first = part === PART_JAW ? 0 : part === PART_LEFT_EYE ? 3 : 5;
    const end = part === PART_JAW ? 3 : first + 2;
    if (this.motionOf !== landmark) {
      axisMotion.fill(0);
      this.motionOf = landmark;
    }
    for (let axis = first; axis < end; axis++) {
      const q = axis * 9;
      axisMotion[axis * 3] += a[q] * ox + a[q + 1] * oy + a[q + 2] * oz;
      axisMotion[axis * 3 + 1] += a[q + 3] * ox + a[q + 4] * oy + a[q + 5] * oz;
      axisMotion[axis * 3 + 2] += a[q + 6] * ox + a[q + 7] * oy + a[q + 8] * oz;
    }
  }

  /** Fills a landmark's columns; (yx, yy, yz) is its camera-frame offset from the global joint. */
  private poseColumns(
    landmark: number,
    yx: number,
    yy: number,
    yz: number,
    scale: number,
    uz: number,
    vz: number,
  ): void {
    const { rig, dx, dy, restJacobian } = this;
    const { partToCamera: m } = this.parts;
    // d pixel / d camera-frame point = [[scale, 0, uz], [0, -scale, vz]].
    let column = this.columnStart[landmark];
    const unitsAt = rig.unitStart[landmark];
    const unitCount = rig.unitStart[landmark + 1] - unitsAt;
    for (let k = 0; k < unitCount; k++) {
      dx[column + k] = 0;
      dy[column + k] = 0;
    }
    const j = landmark * 6;
    for (let i = 0; i < 6; i++) restJacobian[j + i] = 0;
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
      const q = rig.termPart[term] * 9;
      const ux = scale * m[q] + uz * m[q + 6];
      const uy = scale * m[q + 1] + uz * m[q + 7];
      const uw = scale * m[q + 2] + uz * m[q + 8];
      const vx = vz * m[q + 6] - scale * m[q + 3];
      const vy = vz * m[q + 7] - scale * m[q + 4];
      const vw = vz * m[q + 8] - scale * m[q + 5];
      let d = rig.deltaStart[term];
      for (let k = 0; k < unitCount; k++, d += 3) {
        const a = rig.deltas[d];
        const b = rig.deltas[d + 1];
        const c = rig.deltas[d + 2];
        dx[column + k] += ux * a + uy * b + uw * c;
        dy[column + k] += vx * a + vy * b + vw * c;
      }
      const w = rig.termWeight[term];
      restJacobian[j] += w * ux;
      restJacobian[j + 1] += w * uy;
      restJacobian[j + 2] += w * uw;
      restJacobian[j + 3] += w * vx;
      restJacobian[j + 4] += w * vy;
      restJacobian[j + 5] += w * vw;
    }
    column += unitCount;
    // e_k × y for the three axes of the turn, then the three axes of translation.
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
    this.addResponseColumns(landmark, column);
    column += 6;
    if (column === this.columnStart[landmark + 1]) return;
    if (this.motionOf !== landmark) this.axisMotion.fill(0);
    this.motionOf = -1;
    if (rig.termCorrective !== null) this.addCorrectiveMotion(landmark);
    for (let axis = 0; axis < LOCAL_AXES; axis++) {
      if (this.axisMoves[landmark * LOCAL_AXES + axis] === 0) continue;
      const towards = this.axisMotion[axis * 3 + 2];
      dx[column] = scale * this.axisMotion[axis * 3] + uz * towards;
      dy[column] = vz * towards - scale * this.axisMotion[axis * 3 + 1];
      if (axis === JAW_OPENING) {
        const at = (landmark * RESPONSE_COUNT + JAW_FEATURE) * 3;
        for (let k = 0; k < 3; k++) {
          dx[column] += restJacobian[j + k] * this.response[at + k];
          dy[column] += restJacobian[j + 3 + k] * this.response[at + k];
        }
      }
      column++;
    }
  }

  /** What the response to pitch and yaw adds to the three columns of the turn: d(−R₁₂), d R₀₂ for dR = [ω]× R. */
  private addResponseColumns(landmark: number, column: number): void {
    const { dx, dy, restJacobian, response } = this;
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

/** `[478, 7]` 1 where a local axis moves a landmark: by its weights, a pose corrective, or the tracker's response. */
function axisMovesLandmark(rig: LandmarkRig, response: Float64Array): Uint8Array {
  const moves = new Uint8Array(LANDMARK_COUNT * LOCAL_AXES);
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++)
      for (let axis = 0; axis < LOCAL_AXES; axis++) {
        const part = PART_OF_AXIS[axis];
        const from = (term * CORRECTIVE_COUNT + (part - 1) * 9) * 3;
        const corrected = rig.termCorrective
          ?.subarray(from, from + 27)
          .some((metres) => Math.abs(metres) > 1e-7);
        const jawAt = (landmark * RESPONSE_COUNT + JAW_FEATURE) * 3;
        const slides =
          axis === JAW_OPENING && response.subarray(jawAt, jawAt + 3).some((metres) => metres !== 0);
        if (rig.termPart[term] === part || corrected === true || slides)
          moves[landmark * LOCAL_AXES + axis] = 1;
      }
  return moves;
}

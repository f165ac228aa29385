import type { Camera } from '../head/head-model.ts';
import type { LandmarkEvaluation } from './landmark-evaluation.ts';
import { JOINT_OF_PART, PART_COUNT, PART_HEAD } from './landmark-rig.ts';

/** Motion of the landmarks' projections with what all of one person's faces share: beta, then ln(focal length). */
export class ShapeJacobian {
  /** `[shapeCount, 3]` what a component moves every landmark by way of the global joint, camera frame. */
  private readonly common: Float64Array;
  /** `[4, shapeCount, 3]` (R_global − R_global R_part) · dJ_part. */
  private readonly byJoint: Float64Array;

  /** @param out `[shapeCount + 1]` each, of the landmark last asked for */
  constructor(
    private readonly evaluation: LandmarkEvaluation,
    private readonly out: { readonly dx: Float64Array; readonly dy: Float64Array },
  ) {
    const { shapeCount } = evaluation.rig;
    this.common = new Float64Array(shapeCount * 3);
    this.byJoint = new Float64Array(PART_COUNT * shapeCount * 3);
  }

  /** Prepares the face that the evaluation holds. */
  place(): void {
    const { rig } = this.evaluation;
    const { rotation: r, partToCamera: m } = this.evaluation.parts;
    for (let component = 0; component < rig.shapeCount; component++)
      for (let part = PART_HEAD; part < PART_COUNT; part++) {
        const j = component * 15 + JOINT_OF_PART[part] * 3;
        const [x, y, z] = [rig.jointShape[j], rig.jointShape[j + 1], rig.jointShape[j + 2]];
        for (let row = 0; row < 3; row++) {
          const turned = r[row * 3] * x + r[row * 3 + 1] * y + r[row * 3 + 2] * z;
          if (part === PART_HEAD) this.common[component * 3 + row] = rig.jointShape[j + row] - turned;
          const q = part * 9 + row * 3;
          this.byJoint[(part * rig.shapeCount + component) * 3 + row] =
            turned - (m[q] * x + m[q + 1] * y + m[q + 2] * z);
        }
      }
  }

  /** Fills `out` for one landmark. */
  differentiate(landmark: number, camera: Camera): void {
    const { rig, points, pixels } = this.evaluation;
    const { partToCamera: m } = this.evaluation.parts;
    const { common, byJoint } = this;
    const { dx, dy } = this.out;
    const depth = -points[landmark * 3 + 2];
    const scale = camera.focalPx / depth;
    const u = pixels[landmark * 2] - camera.centreX;
    const v = pixels[landmark * 2 + 1] - camera.centreY;
    for (let component = 0; component < rig.shapeCount; component++) {
      let x = common[component * 3];
      let y = common[component * 3 + 1];
      let z = common[component * 3 + 2];
      for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
        const s = (term * rig.shapeCount + component) * 3;
        const part = rig.termPart[term];
        const q = part * 9;
        const w = rig.termWeight[term];
        const j = (part * rig.shapeCount + component) * 3;
        const [a, b, c] = [rig.termShape[s], rig.termShape[s + 1], rig.termShape[s + 2]];
        x += m[q] * a + m[q + 1] * b + m[q + 2] * c + w * byJoint[j];
        y += m[q + 3] * a + m[q + 4] * b + m[q + 5] * c + w * byJoint[j + 1];
        z += m[q + 6] * a + m[q + 7] * b + m[q + 8] * c + w * byJoint[j + 2];
      }
      dx[component] = scale * x + (u / depth) * z;
      dy[component] = (v / depth) * z - scale * y;
    }
    dx[rig.shapeCount] = u;
    dy[rig.shapeCount] = v;
  }
}

import type { Camera } from '../head/head-model.ts';
import { JAW_AT, TRANSLATION_AT } from './face-parameters.ts';
import { type FitKernel, fitKernelOf } from './kernel/fit-kernel.ts';
import { CORRECTIVE_COUNT, JOINT_OF_PART, type LandmarkRig, PART_HEAD } from './landmark-rig.ts';
import { PartRotations } from './part-rotations.ts';
import type { ShapedRig } from './shaped-rig.ts';
import { LANDMARK_COUNT, RESPONSE_FEATURES } from './types.ts';

const RESPONSE_COUNT = RESPONSE_FEATURES.length;

/** Places the landmarks for a parameter vector, and keeps what their derivatives need. */
export class LandmarkPlacement {
  /** `[478, 3]` metres, camera frame. */
  readonly points = new Float64Array(LANDMARK_COUNT * 3);
  /** `[478, 2]` pixels. */
  readonly pixels = new Float64Array(LANDMARK_COUNT * 2);
  /** Rotations of the parts at the parameters last placed. */
  readonly parts = new PartRotations();
  /** `[478, 3]` camera-frame offset from the global joint. */
  readonly fromJoint = new Float64Array(LANDMARK_COUNT * 3);
  /** `[terms, 3]` rest-frame offset of a term from its part's joint; unset for the head's. */
  readonly termOffset: Float64Array;
  /** `[478, 3, 3]` the embedding's response. */
  readonly response: Float64Array;
  camera: Camera = { focalPx: 1, centreX: 0, centreY: 0 };

  private readonly kernel: FitKernel;
  private readonly feature = new Float64Array(RESPONSE_COUNT);
  private readonly slide = new Float64Array(3);
  /** Pose corrective of a term. */
  private readonly rest = new Float64Array(3);

  constructor(readonly rig: LandmarkRig) {
    this.kernel = fitKernelOf(rig);
    this.response = Float64Array.from(rig.embedding.response);
    this.termOffset = new Float64Array(rig.termWeight.length * 3);
  }

  /** @param parameters as in face-parameters.ts */
  place(shaped: ShapedRig, parameters: Float64Array, camera: Camera): void {
    this.camera = camera;
    this.parts.place(parameters, this.rig.expressionCount);
    this.placeFeatures(parameters);
    this.kernel.parameters.set(parameters);
    this.kernel.expand();
    const { rig, points, pixels, fromJoint, termOffset, rest, slide } = this;
    const { termStart, termPart, termWeight } = rig;
    const { moments: moved } = this.kernel;
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
      this.slideOf(landmark);
      for (let term = termStart[landmark]; term < termStart[landmark + 1]; term++) {
        const w = termWeight[term];
        let mx = moments[term * 3] + w * slide[0] + moved[term * 3];
        let my = moments[term * 3 + 1] + w * slide[1] + moved[term * 3 + 1];
        let mz = moments[term * 3 + 2] + w * slide[2] + moved[term * 3 + 2];
        if (rig.termCorrective !== null) {
          this.addCorrectives(term);
          mx += rest[0];
          my += rest[1];
          mz += rest[2];
        }
        const part = termPart[term];
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
        termOffset[term * 3] = ox;
        termOffset[term * 3 + 1] = oy;
        termOffset[term * 3 + 2] = oz;
        const q = part * 9;
        hx += partRotation[q] * ox + partRotation[q + 1] * oy + partRotation[q + 2] * oz + w * joints[j];
        hy +=
          partRotation[q + 3] * ox + partRotation[q + 4] * oy + partRotation[q + 5] * oz + w * joints[j + 1];
        hz +=
          partRotation[q + 6] * ox + partRotation[q + 7] * oy + partRotation[q + 8] * oz + w * joints[j + 2];
      }
      const yx = r[0] * hx + r[1] * hy + r[2] * hz;
      const yy = r[3] * hx + r[4] * hy + r[5] * hz;
      const yz = r[6] * hx + r[7] * hy + r[8] * hz;
      fromJoint[landmark * 3] = yx;
      fromJoint[landmark * 3 + 1] = yy;
      fromJoint[landmark * 3 + 2] = yz;
      const depth = -(yz + tz);
      points[landmark * 3] = yx + tx;
      points[landmark * 3 + 1] = yy + ty;
      points[landmark * 3 + 2] = -depth;
      const scale = camera.focalPx / depth;
      pixels[landmark * 2] = camera.centreX + scale * (yx + tx);
      pixels[landmark * 2 + 1] = camera.centreY - scale * (yy + ty);
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
}

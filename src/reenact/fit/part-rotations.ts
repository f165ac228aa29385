import { rodrigues } from '../head/rotation.ts';
import { JAW_AT, LEFT_GAZE_AT, RIGHT_GAZE_AT, ROTATION_AT } from './face-parameters.ts';
import { CORRECTIVE_COUNT, PART_COUNT, PART_JAW, PART_LEFT_EYE } from './landmark-rig.ts';

/** The axes that parts turn about on their own: jaw x, y, z, left eye x, y, right eye x, y. */
export const LOCAL_AXES = 7;
export const PART_OF_AXIS = [1, 1, 1, 2, 2, 3, 3];
const AXIS_OF_AXIS = [0, 1, 2, 0, 1, 0, 1];
/** Parameter of each local axis, from the end of psi. */
export const PARAMETER_OF_AXIS = [
  JAW_AT,
  JAW_AT + 1,
  JAW_AT + 2,
  LEFT_GAZE_AT,
  LEFT_GAZE_AT + 1,
  RIGHT_GAZE_AT,
  RIGHT_GAZE_AT + 1,
];

/** Rotations of head, jaw and eyes for a parameter vector, and their derivatives by the local axes. */
export class PartRotations {
  /** `[9]` R of the global joint, `[4, 9]` R_part and R_global · R_part of every part. */
  readonly rotation = new Float64Array(9);
  readonly partRotation = new Float64Array(PART_COUNT * 9);
  readonly partToCamera = new Float64Array(PART_COUNT * 9);
  /** `[7, 9]` dR_part / d axis, and R_global times that. */
  readonly axisDerivative = new Float64Array(LOCAL_AXES * 9);
  readonly axisToCamera = new Float64Array(LOCAL_AXES * 9);
  /** `[27]` elements of (R − I) of jaw, left and right eye. */
  readonly correctiveFeature = new Float64Array(CORRECTIVE_COUNT);
  /** `[4, 3]` axis-angle of every part's own rotation. */
  private readonly partAngles = new Float64Array(PART_COUNT * 3);

  /** @param pose index of the first parameter after psi */
  place(parameters: Float64Array, pose: number): void {
    const { rotation, partRotation, partToCamera, correctiveFeature } = this;
    rodrigues(parameters, pose + ROTATION_AT, rotation);
    partRotation.fill(0, 0, 9);
    partRotation[0] = partRotation[4] = partRotation[8] = 1;
    for (let part = PART_JAW; part < PART_COUNT; part++) {
      readAngles(parameters, pose, part, this.partAngles);
      rodrigues(this.partAngles, part * 3, partRotation, part * 9);
      for (let i = 0; i < 9; i++)
        correctiveFeature[(part - 1) * 9 + i] = partRotation[part * 9 + i] - (i % 4 === 0 ? 1 : 0);
    }
    for (let part = 0; part < PART_COUNT; part++)
      product(rotation, 0, partRotation, part * 9, partToCamera, part * 9);
  }

  /** Fills `axisDerivative` and `axisToCamera` for the parameters last placed. */
  differentiate(): void {
    const { rotation, partRotation } = this;
    for (let axis = 0; axis < LOCAL_AXES; axis++) {
      const part = PART_OF_AXIS[axis];
      const angles = this.partAngles.subarray(part * 3, part * 3 + 3);
      rotationDerivative(angles, AXIS_OF_AXIS[axis], partRotation, part * 9, this.axisDerivative, axis * 9);
      product(rotation, 0, this.axisDerivative, axis * 9, this.axisToCamera, axis * 9);
    }
  }
}

/** Axis-angle of a part's own rotation, to its place in `out`; eyes do not roll. */
function readAngles(parameters: Float64Array, pose: number, part: number, out: Float64Array): void {
  const at = pose + (part === PART_JAW ? JAW_AT : part === PART_LEFT_EYE ? LEFT_GAZE_AT : RIGHT_GAZE_AT);
  out[part * 3] = parameters[at];
  out[part * 3 + 1] = parameters[at + 1];
  out[part * 3 + 2] = part === PART_JAW ? parameters[at + 2] : 0;
}

/** out = a · b, row-major 3×3 at offsets. */
function product(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  out: Float64Array,
  outAt: number,
): void {
  for (let row = 0; row < 9; row += 3)
    for (let column = 0; column < 3; column++)
      out[outAt + row + column] =
        a[aAt + row] * b[bAt + column] +
        a[aAt + row + 1] * b[bAt + 3 + column] +
        a[aAt + row + 2] * b[bAt + 6 + column];
}

/**
 * d exp(w) / d w_axis = [J_l(w) e_axis]× · exp(w), with J_l the left Jacobian of SO(3)
 * (Barfoot, State Estimation for Robotics, eq. 7.77).
 */
function rotationDerivative(
  w: Float64Array,
  axis: number,
  rotation: Float64Array,
  at: number,
  out: Float64Array,
  outAt: number,
): void {
  const squared = w[0] * w[0] + w[1] * w[1] + w[2] * w[2];
  const angle = Math.sqrt(squared);
  const b = squared < 1e-8 ? 0.5 - squared / 24 : (1 - Math.cos(angle)) / squared;
  const c = squared < 1e-8 ? 1 / 6 - squared / 120 : (angle - Math.sin(angle)) / (squared * angle);
  // J_l e = e + b (w × e) + c (w (w·e) − |w|² e).
  const [x, y, z] = [w[0], w[1], w[2]];
  const along = axis === 0 ? x : axis === 1 ? y : z;
  const straight = 1 - c * squared;
  const ex = (axis === 0 ? straight : 0) + c * x * along + b * (axis === 1 ? -z : axis === 2 ? y : 0);
  const ey = (axis === 1 ? straight : 0) + c * y * along + b * (axis === 0 ? z : axis === 2 ? -x : 0);
  const ez = (axis === 2 ? straight : 0) + c * z * along + b * (axis === 0 ? -y : axis === 1 ? x : 0);
  for (let column = 0; column < 3; column++) {
    const rx = rotation[at + column];
    const ry = rotation[at + 3 + column];
    const rz = rotation[at + 6 + column];
    out[outAt + column] = ey * rz - ez * ry;
    out[outAt + 3 + column] = ez * rx - ex * rz;
    out[outAt + 6 + column] = ex * ry - ey * rx;
  }
}

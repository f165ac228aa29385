import { unproject } from '../head/camera.ts';
import type { Camera, HeadCoefficients } from '../head/head-model.ts';
import { logRotation, rotate } from '../head/rotation.ts';
import { solveCholesky } from './cholesky.ts';
import { POSE_PARAMETERS } from './face-parameters.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import { isOutline } from './landmark-groups.ts';
import type { Observation } from './observation.ts';
import type { ShapedRig } from './shaped-rig.ts';
import { LANDMARK_COUNT } from './types.ts';

/** Unit camera that looks at the rest frame from +z, only to have the rest landmarks placed. */
const ANY_CAMERA: Camera = { focalPx: 1, centreX: 0, centreY: 0 };

/**
 * Where the head stands, from nothing but the landmarks: the affine camera that best takes the rest landmarks to
 * the picture, made a scaled orthography (its rows orthonormal) and read as a pinhole's rotation and translation.
 * Within some 10° for faces up to ±50° yaw; the fit goes on from there.
 */
export function initialPose(shaped: ShapedRig, camera: Camera, observation: Observation): HeadCoefficients {
  const { rig, joints } = shaped;
  const evaluation = new LandmarkEvaluation(rig);
  evaluation.evaluate(shaped, new Float64Array(rig.expressionCount + POSE_PARAMETERS), ANY_CAMERA);
  const rows = affineRows(evaluation.points, observation);

  const scale = Math.sqrt(
    Math.sqrt(rows.x[0] ** 2 + rows.x[1] ** 2 + rows.x[2] ** 2) *
      Math.sqrt(rows.y[0] ** 2 + rows.y[1] ** 2 + rows.y[2] ** 2),
  );
  const rotation = orthonormal(rows.x, rows.y);
  const depth = camera.focalPx / scale;
  // The scale holds at the depth of the landmarks' middle, which perspective leaves where the affine map has it.
  const { middle } = rows;
  const target = unproject(camera, dot(rows.x, middle) + rows.x[3], -dot(rows.y, middle) - rows.y[3], depth);
  const arm = rotate(
    rotation,
    middle.map((value, axis) => value - joints[axis]),
  );
  const theta = new Float32Array(15);
  theta.set(logRotation(rotation));
  return {
    psi: new Float32Array(rig.expressionCount),
    theta,
    translation: Float32Array.from(target, (value, axis) => value - arm[axis] - joints[axis]),
  };
}

/** Least squares x ≈ X·rest + x₃ and −y ≈ Y·rest + y₃ in pixels, and the weighted middle of the rest landmarks. */
function affineRows(
  points: Float64Array,
  observation: Observation,
): { x: Float64Array; y: Float64Array; middle: Float64Array } {
  const normal = new Float64Array(16);
  const x = new Float64Array(4);
  const y = new Float64Array(4);
  const row = [0, 0, 0, 1];
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
    const weight = isOutline(landmark)
      ? 0.2 * observation.precision[landmark]
      : observation.precision[landmark];
    for (let axis = 0; axis < 3; axis++) row[axis] = points[landmark * 3 + axis];
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b <= a; b++) normal[a * 4 + b] += weight * row[a] * row[b];
      x[a] += weight * row[a] * observation.pixels[landmark * 2];
      y[a] -= weight * row[a] * observation.pixels[landmark * 2 + 1];
    }
  }
  const middle = Float64Array.from([12, 13, 14], (entry) => normal[entry] / normal[15]);
  const second = normal.slice();
  solveCholesky(normal, x, 4, 4);
  solveCholesky(second, y, 4, 4);
  return { x, y, middle };
}

/** Rotation whose first two rows are nearest to the directions of `a` and `b`, symmetrically. */
function orthonormal(a: Float64Array, b: Float64Array): Float64Array {
  const u = unit([a[0], a[1], a[2]]);
  const v = unit([b[0], b[1], b[2]]);
  const middle = unit([u[0] + v[0], u[1] + v[1], u[2] + v[2]]);
  const across = unit([u[0] - v[0], u[1] - v[1], u[2] - v[2]]);
  const half = Math.SQRT1_2;
  const x = middle.map((m, i) => half * (m + across[i]));
  const y = middle.map((m, i) => half * (m - across[i]));
  return Float64Array.of(
    ...x,
    ...y,
    x[1] * y[2] - x[2] * y[1],
    x[2] * y[0] - x[0] * y[2],
    x[0] * y[1] - x[1] * y[0],
  );
}

function dot(a: Float64Array, b: Float64Array): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function unit(v: number[]): number[] {
  const length = Math.hypot(...v);
  return v.map((c) => c / length);
}

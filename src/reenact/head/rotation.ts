/**
 * Rotations as axis-angle vectors (radians times a unit axis, right-handed) and row-major 3×3 matrices.
 *
 * Euler angles of the whole project: R = Ry(yaw) · Rx(pitch) · Rz(roll) in the frame of head-model.ts. Positive yaw
 * turns the nose to the subject's left (the image's right), positive pitch turns it down, positive roll leans the
 * crown to the subject's right (counter-clockwise in the image).
 */

/** Row-major `[3, 3]`. */
export type Matrix3 = Float64Array;
export type AxisAngle = ArrayLike<number>;

export interface EulerRad {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/**
 * Rodrigues' formula R = I + a [w]× + b [w]×², with series of a and b near zero.
 *
 * @param at index of the vector's first element in `axisAngle`
 * @param out `[3, 3]` written from `outAt`
 */
export function rodrigues(
  axisAngle: AxisAngle,
  at = 0,
  out: Matrix3 = new Float64Array(9),
  outAt = 0,
): Matrix3 {
  const x = axisAngle[at];
  const y = axisAngle[at + 1];
  const z = axisAngle[at + 2];
  const squared = x * x + y * y + z * z;
  let a: number;
  let b: number;
  if (squared < 1e-8) {
    a = 1 - squared / 6;
    b = 0.5 - squared / 24;
  } else {
    const angle = Math.sqrt(squared);
    a = Math.sin(angle) / angle;
    b = (1 - Math.cos(angle)) / squared;
  }
  out[outAt] = 1 - b * (y * y + z * z);
  out[outAt + 1] = b * x * y - a * z;
  out[outAt + 2] = b * x * z + a * y;
  out[outAt + 3] = b * x * y + a * z;
  out[outAt + 4] = 1 - b * (x * x + z * z);
  out[outAt + 5] = b * y * z - a * x;
  out[outAt + 6] = b * x * z - a * y;
  out[outAt + 7] = b * y * z + a * x;
  out[outAt + 8] = 1 - b * (x * x + y * y);
  return out;
}

/** Axis-angle `[3]` of a rotation matrix, angle in [0, π]; by way of the quaternion, so exact near 0 and π alike. */
export function logRotation(r: ArrayLike<number>): Float64Array {
  const [m00, m11, m22] = [r[0], r[4], r[8]];
  // 4 q² of each component: the greatest one is never small, and the others follow from it.
  const [w2, x2, y2, z2] = [
    1 + m00 + m11 + m22,
    1 + m00 - m11 - m22,
    1 - m00 + m11 - m22,
    1 - m00 - m11 + m22,
  ];
  const greatest = Math.max(w2, x2, y2, z2);
  let w: number;
  let x: number;
  let y: number;
  let z: number;
  if (greatest === w2) [w, x, y, z] = [w2, r[7] - r[5], r[2] - r[6], r[3] - r[1]];
  else if (greatest === x2) [w, x, y, z] = [r[7] - r[5], x2, r[1] + r[3], r[2] + r[6]];
  else if (greatest === y2) [w, x, y, z] = [r[2] - r[6], r[1] + r[3], y2, r[5] + r[7]];
  else [w, x, y, z] = [r[3] - r[1], r[2] + r[6], r[5] + r[7], z2];
  const sine = Math.hypot(x, y, z);
  // Atan2 against |w| keeps the angle in [0, π]; the sign moves to the axis.
  const scale = sine < 1e-300 ? 0 : ((w < 0 ? -1 : 1) * 2 * Math.atan2(sine, Math.abs(w))) / sine;
  return Float64Array.of(x * scale, y * scale, z * scale);
}

/** a · b, row-major. */
export function multiply(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  out: Matrix3 = new Float64Array(9),
): Matrix3 {
  for (let row = 0; row < 3; row++)
    for (let column = 0; column < 3; column++)
      out[row * 3 + column] =
        a[row * 3] * b[column] + a[row * 3 + 1] * b[3 + column] + a[row * 3 + 2] * b[6 + column];
  return out;
}

/** Transpose: the inverse of a rotation. */
export function transpose(r: ArrayLike<number>): Matrix3 {
  return Float64Array.of(r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]);
}

/** r · v. */
export function rotate(r: ArrayLike<number>, v: ArrayLike<number>): Float64Array {
  return Float64Array.of(
    r[0] * v[0] + r[1] * v[1] + r[2] * v[2],
    r[3] * v[0] + r[4] * v[1] + r[5] * v[2],
    r[6] * v[0] + r[7] * v[1] + r[8] * v[2],
  );
}

/** Axis-angle of exp(a) · exp(b): first b, then a. */
export function composeRotations(a: AxisAngle, b: AxisAngle): Float64Array {
  return logRotation(multiply(rodrigues(a), rodrigues(b)));
}

/** Angle of the rotation between two matrices, radians in [0, π]. */
export function geodesicAngle(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const turn = logRotation(multiply(transpose(a), b));
  return Math.hypot(turn[0], turn[1], turn[2]);
}

/** Angles of `R = Ry(yaw) Rx(pitch) Rz(roll)`; at pitch ±π/2 roll is 0 and yaw carries the whole turn. */
export function eulerFromMatrix(r: ArrayLike<number>): EulerRad {
  const sinPitch = Math.max(-1, Math.min(1, -r[5]));
  const pitch = Math.asin(sinPitch);
  if (1 - Math.abs(sinPitch) < 1e-12) return { yaw: Math.atan2(-r[6], r[0]), pitch, roll: 0 };
  return { yaw: Math.atan2(r[2], r[8]), pitch, roll: Math.atan2(r[3], r[4]) };
}

/** Ry(yaw) · Rx(pitch) · Rz(roll). */
export function matrixFromEuler({ yaw, pitch, roll }: EulerRad): Matrix3 {
  const aboutY = rodrigues([0, yaw, 0]);
  const aboutX = rodrigues([pitch, 0, 0]);
  const aboutZ = rodrigues([0, 0, roll]);
  return multiply(multiply(aboutY, aboutX), aboutZ);
}

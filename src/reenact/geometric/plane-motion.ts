import type { Camera } from '../head/head-model.ts';
import { TRANSFORM_SIZE } from '../head/joint-transforms.ts';

/**
 * How a small plane that faced the camera in the portrait looks after a rigid motion: the affine map of the screen
 * around one point. `[a, b, c, d]` takes a displacement (dx, dy) in the portrait to (a dx + b dy, c dx + d dy) now.
 */
export interface PlaneMotion {
  readonly forward: Float64Array;
  readonly inverse: Float64Array;
}

export function createPlaneMotion(): PlaneMotion {
  return { forward: Float64Array.of(1, 0, 0, 1), inverse: Float64Array.of(1, 0, 0, 1) };
}

/**
 * @param matrices `[5, 3, 4]` of `RigidMotion`
 * @param joint whose part the plane belongs to
 * @param x and y: the point in the portrait, pixels; z its camera-frame Z, metres
 */
export function setPlaneMotion(
  out: PlaneMotion,
  camera: Camera,
  matrices: Float64Array,
  joint: number,
  x: number,
  y: number,
  z: number,
): void {
  const m = joint * TRANSFORM_SIZE;
  const metresPerPx = -z / camera.focalPx;
  const px = (x - camera.centreX) * metresPerPx;
  const py = (camera.centreY - y) * metresPerPx;
  const qx = matrices[m] * px + matrices[m + 1] * py + matrices[m + 2] * z + matrices[m + 3];
  const qy = matrices[m + 4] * px + matrices[m + 5] * py + matrices[m + 6] * z + matrices[m + 7];
  const qz = matrices[m + 8] * px + matrices[m + 9] * py + matrices[m + 10] * z + matrices[m + 11];
  // d(screen) / d(portrait pixel): the chain rule through X = x · metresPerPx, Y = −y · metresPerPx.
  const scale = (-camera.focalPx / qz) * metresPerPx;
  const { forward, inverse } = out;
  forward[0] = scale * (matrices[m] - (qx / qz) * matrices[m + 8]);
  forward[1] = -scale * (matrices[m + 1] - (qx / qz) * matrices[m + 9]);
  forward[2] = -scale * (matrices[m + 4] - (qy / qz) * matrices[m + 8]);
  forward[3] = scale * (matrices[m + 5] - (qy / qz) * matrices[m + 9]);
  const determinant = forward[0] * forward[3] - forward[1] * forward[2];
  // Seen edge-on there is no inverse; the turn limit keeps far from it.
  const safe = Math.abs(determinant) < 1e-3 ? 1e-3 : determinant;
  inverse[0] = forward[3] / safe;
  inverse[1] = -forward[1] / safe;
  inverse[2] = -forward[2] / safe;
  inverse[3] = forward[0] / safe;
}

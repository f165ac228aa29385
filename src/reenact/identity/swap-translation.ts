import type { HeadCoefficients } from '../head/head-model.ts';
import { rodrigues, rotate } from '../head/rotation.ts';
import type { SwapDriver } from './swap-options.ts';

/**
 * Where the portrait's head goes when the driver leaves its rest position.
 *
 * What counts as displacement is the motion of the driver's *neck joint*: a fit that turns the head about the global
 * joint makes up for the true pivot with its translation, and that part is no displacement of the person.
 * With p the driver's origin at rest and p' = p + displacement, in front of the camera at depths Z and Z':
 *   sideways and up, the change of X/Z and Y/Z counted in inter-ocular distances seen from Z, so that the avatar moves
 *   across its picture by as many of its own eye distances;
 *   in depth, the ratio Z'/Z, which is what the picture shows of it and what a wrong guess of the driver's focal length
 *   does not change.
 * Both are damped by `gain` (the ratio as a power); gain 1 between equal heads and cameras moves them alike.
 *
 * @returns `[3]` metres, the translation of the portrait's coefficients
 */
export function swapTranslation(
  reference: { readonly coefficients: HeadCoefficients; readonly interocularM: number },
  driver: SwapDriver,
  gain: number,
  mirror: boolean,
): Float32Array {
  const rest = Float64Array.from(driver.neutral.translation);
  const moved = neckDisplacement(driver).map((value, axis) => rest[axis] + value);
  const side = mirror ? -1 : 1;
  const [x, y, z] = reference.coefficients.translation;
  // A head at or behind the camera has no picture; whatever was fitted there moves nothing.
  if (!(rest[2] < 0 && moved[2] < 0 && z < 0)) return Float32Array.of(x, y, z);

  const perInterocular = rest[2] / driver.interocularM;
  const across = side * (moved[0] / moved[2] - rest[0] / rest[2]) * perInterocular;
  const up = (moved[1] / moved[2] - rest[1] / rest[2]) * perInterocular;
  const depth = z * (moved[2] / rest[2]) ** gain;
  const seen = reference.interocularM / z;
  return Float32Array.of((x / z + gain * across * seen) * depth, (y / z + gain * up * seen) * depth, depth);
}

/** Motion of the neck joint from rest: n = R_global (J_neck − J_global) + J_global + t. */
function neckDisplacement({ coefficients, neutral, joints }: SwapDriver): Float64Array {
  const arm = [joints[3] - joints[0], joints[4] - joints[1], joints[5] - joints[2]];
  const now = rotate(rodrigues(coefficients.theta), arm);
  const before = rotate(rodrigues(neutral.theta), arm);
  return now.map(
    (value, axis) => value - before[axis] + coefficients.translation[axis] - neutral.translation[axis],
  );
}

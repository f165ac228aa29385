import type { HeadCoefficients, HeadModel, ShapedHead } from '../reenact/head/head-model.ts';
import { jointTransforms, TRANSFORM_SIZE } from '../reenact/head/joint-transforms.ts';
import { partIndex } from './head-surface.ts';
import type { EyePose } from './materials/eye.ts';

/** Where an eyeball looks on the unposed head. */
export interface EyeRest {
  readonly part: number;
  /** Joint that turns it. */
  readonly joint: number;
  /** `[3]` middle of the ball, metres. */
  readonly centre: Float64Array;
  /** `[3]` unit vector from the middle to the pupil. */
  readonly axis: Float64Array;
}

/**
 * The two eyeballs of a shaped head. The pupil is where the ball's triangles are smallest, as they are in MakeHuman's
 * eyes and in FLAME's.
 */
export function restEyes(shaped: ShapedHead, template: HeadModel): EyeRest[] {
  return (['eyeLeft', 'eyeRight'] as const).flatMap((name, i) => {
    const part = partIndex(template, name);
    if (part < 0) return [];
    const joint = 3 + i;
    const centre = Float64Array.from(shaped.joints.subarray(joint * 3, joint * 3 + 3));
    const { vertices } = shaped;
    let weightSum = 0;
    const axis = new Float64Array(3);
    for (let f = 0; f < template.triangleCount; f++) {
      if (template.triangleParts[f] !== part) continue;
      const [a, b, c] = template.triangles.subarray(f * 3, f * 3 + 3);
      const middle = [0, 1, 2].map(
        (k) => (vertices[a * 3 + k] + vertices[b * 3 + k] + vertices[c * 3 + k]) / 3 - centre[k],
      );
      if (middle[2] <= 0) continue;
      const edge = Math.hypot(
        ...[0, 1, 2].map((k) => vertices[a * 3 + k] - vertices[b * 3 + k]),
        ...[0, 1, 2].map((k) => vertices[b * 3 + k] - vertices[c * 3 + k]),
      );
      const weight = edge ** -8;
      weightSum += weight;
      for (let k = 0; k < 3; k++) axis[k] += weight * middle[k];
    }
    const length = Math.hypot(axis[0], axis[1], axis[2]) || 1;
    return [
      { part, joint, centre, axis: weightSum > 0 ? axis.map((v) => v / length) : Float64Array.of(0, 0, 1) },
    ];
  });
}

/** The eyeballs in the camera frame. */
export function poseEyes(
  eyes: readonly EyeRest[],
  shaped: ShapedHead,
  coefficients: HeadCoefficients,
): EyePose[] {
  const transforms = jointTransforms(shaped.joints, coefficients.theta);
  return eyes.map(({ joint, centre, axis }) => {
    const a = joint * TRANSFORM_SIZE;
    const turn = (x: number, y: number, z: number): [number, number, number] => [
      transforms[a] * x + transforms[a + 1] * y + transforms[a + 2] * z,
      transforms[a + 4] * x + transforms[a + 5] * y + transforms[a + 6] * z,
      transforms[a + 8] * x + transforms[a + 9] * y + transforms[a + 10] * z,
    ];
    const middle = turn(centre[0], centre[1], centre[2]);
    for (let k = 0; k < 3; k++) middle[k] += transforms[a + k * 4 + 3] + coefficients.translation[k];
    // Side: the rest x axis made square to the gaze axis.
    const along = axis[0];
    const length = Math.hypot(1 - along * axis[0], -along * axis[1], -along * axis[2]);
    return {
      centre: middle,
      axis: turn(axis[0], axis[1], axis[2]),
      side: turn((1 - along * axis[0]) / length, (-along * axis[1]) / length, (-along * axis[2]) / length),
    };
  });
}

import { JOINT_COUNT } from './head-file-header.ts';
import { rodrigues } from './rotation.ts';

/** Numbers a joint's transform takes: rows of `[3, 4]`. */
export const TRANSFORM_SIZE = 12;

/** Parents of FLAME's joints: global, neck, jaw, left eye, right eye. */
const PARENTS = [-1, 0, 1, 1, 1] as const;

/**
 * Skinning transforms A_j = G_j · [I | −J_j] along the chain global → neck → jaw and eyes, with
 * G_j = G_parent · [R_j | J_j − J_parent] (FLAME eq. 1; SMPL eq. 2-4). A rest point p moves to Σ_j w_j A_j p.
 *
 * @param joints `[5, 3]` rest positions, metres
 * @param theta `[15]` axis-angle
 * @param rotations `[5, 3, 3]` each joint's own R_j, written
 * @param out `[5, 3, 4]` row-major, written and returned
 */
export function jointTransforms(
  joints: ArrayLike<number>,
  theta: ArrayLike<number>,
  rotations: Float64Array = new Float64Array(JOINT_COUNT * 9),
  out: Float64Array = new Float64Array(JOINT_COUNT * TRANSFORM_SIZE),
): Float64Array {
  for (let j = 0; j < JOINT_COUNT; j++) {
    rodrigues(theta, j * 3, rotations, j * 9);
    const parent = PARENTS[j];
    const r = j * 9;
    const a = j * TRANSFORM_SIZE;
    const x = joints[j * 3];
    const y = joints[j * 3 + 1];
    const z = joints[j * 3 + 2];
    // Own rotation about the own joint: p ↦ R (p − J) + J.
    const tx = x - (rotations[r] * x + rotations[r + 1] * y + rotations[r + 2] * z);
    const ty = y - (rotations[r + 3] * x + rotations[r + 4] * y + rotations[r + 5] * z);
    const tz = z - (rotations[r + 6] * x + rotations[r + 7] * y + rotations[r + 8] * z);
    if (parent < 0) {
      for (let row = 0; row < 3; row++)
        for (let column = 0; column < 3; column++)
          out[a + row * 4 + column] = rotations[r + row * 3 + column];
      out[a + 3] = tx;
      out[a + 7] = ty;
      out[a + 11] = tz;
      continue;
    }
    const p = parent * TRANSFORM_SIZE;
    for (let row = 0; row < 3; row++) {
      const m0 = out[p + row * 4];
      const m1 = out[p + row * 4 + 1];
      const m2 = out[p + row * 4 + 2];
      for (let column = 0; column < 3; column++)
        out[a + row * 4 + column] =
          m0 * rotations[r + column] + m1 * rotations[r + 3 + column] + m2 * rotations[r + 6 + column];
      out[a + row * 4 + 3] = m0 * tx + m1 * ty + m2 * tz + out[p + row * 4 + 3];
    }
  }
  return out;
}

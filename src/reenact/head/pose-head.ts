import { JOINT_COUNT, POSE_FEATURE_COUNT } from './head-file-header.ts';
import type { HeadCoefficients, HeadModel, ShapedHead, SparseBasis } from './head-model.ts';
import { jointTransforms, TRANSFORM_SIZE } from './joint-transforms.ts';
import { type SkinInfluences, skin, skinInfluences } from './skinning.ts';

const influencesOf = new WeakMap<HeadModel, SkinInfluences>();
const rotations = new Float64Array(JOINT_COUNT * 9);
const transforms = new Float64Array(JOINT_COUNT * TRANSFORM_SIZE);

/**
 * The head with expression and pose, in the camera frame: LBS(T + B_S β + B_E ψ + B_P (R(θ) − I), J(β), θ, W) plus
 * the translation (FLAME eqs. 1-5).
 *
 * @param coefficients psi may be shorter than `expressionCount`: the rest counts as 0
 * @param out `[V, 3]` metres, written and returned; nothing is allocated where it is given
 * @throws RangeError where psi is longer than the head's basis
 */
export function poseHead(
  shaped: ShapedHead,
  coefficients: HeadCoefficients,
  out: Float32Array = new Float32Array(shaped.vertices.length),
): Float32Array {
  const { model } = shaped;
  out.set(shaped.vertices);
  addExpression(model.expression, coefficients.psi, out);
  jointTransforms(shaped.joints, coefficients.theta, rotations, transforms);
  if (model.poseBasis) addPoseCorrectives(model.poseBasis, rotations, out);
  let influences = influencesOf.get(model);
  if (!influences) influencesOf.set(model, (influences = skinInfluences(model.skinWeights)));
  skin(out, influences, transforms, coefficients.translation);
  return out;
}

/**
 * Adds B_E ψ to `points` `[V, 3]`, metres in the rest frame.
 *
 * @throws RangeError where psi is longer than the basis
 */
export function addExpression(basis: SparseBasis, psi: ArrayLike<number>, points: Float32Array): void {
  const { offsets, indices, deltas } = basis;
  if (psi.length >= offsets.length)
    throw new RangeError(`psi has ${psi.length} coefficients, the head takes ${offsets.length - 1}`);
  for (let c = 0; c < psi.length; c++) {
    const amount = psi[c];
    if (amount === 0) continue;
    const end = offsets[c + 1];
    for (let k = offsets[c], d = k * 3; k < end; k++, d += 3) {
      const p = indices[k] * 3;
      points[p] += amount * deltas[d];
      points[p + 1] += amount * deltas[d + 1];
      points[p + 2] += amount * deltas[d + 2];
    }
  }
}

/** Adds B_P (R_j − I), joints 1..4 row-major, to `points` `[V, 3]`; `own` holds every joint's own rotation. */
function addPoseCorrectives(basis: Float32Array, own: Float64Array, points: Float32Array): void {
  const size = points.length;
  for (let c = 0; c < POSE_FEATURE_COUNT; c++) {
    const identity = c % 9 === 0 || c % 9 === 4 || c % 9 === 8 ? 1 : 0;
    const amount = own[9 + c] - identity;
    if (amount === 0) continue;
    const start = c * size;
    for (let i = 0; i < size; i++) points[i] += amount * basis[start + i];
  }
}

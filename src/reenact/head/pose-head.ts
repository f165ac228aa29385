import { addExpression } from './add-expression.ts';
import { addFields, fieldSelection, selectField } from './dense-sum.ts';
import { JOINT_COUNT, POSE_FEATURE_COUNT } from './head-file-header.ts';
import type { HeadCoefficients, HeadModel, ShapedHead } from './head-model.ts';
import { jointTransforms, TRANSFORM_SIZE } from './joint-transforms.ts';
import { type SkinInfluences, skin, skinInfluences } from './skinning.ts';

const influencesOf = new WeakMap<HeadModel, SkinInfluences>();
const rotations = new Float64Array(JOINT_COUNT * 9);
const transforms = new Float64Array(JOINT_COUNT * TRANSFORM_SIZE);
const correctives = fieldSelection(POSE_FEATURE_COUNT);

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
  return bendHead(shaped, coefficients, out);
}

/**
 * The part of {@link poseHead} after expression: pose correctives, skinning and translation of `points` `[V, 3]`, which
 * hold T + B_S β + B_E ψ in the rest frame; in place.
 */
export function bendHead(
  shaped: ShapedHead,
  coefficients: Pick<HeadCoefficients, 'theta' | 'translation'>,
  points: Float32Array,
): Float32Array {
  const { influences } = placeJoints(shaped, coefficients, points);
  skin(points, influences, transforms, coefficients.translation);
  return points;
}

/**
 * The part of {@link bendHead} before skinning: pose correctives of `points`, in place.
 *
 * @returns what skinning needs; the transforms `[5, 3, 4]` are valid until the next call
 */
export function placeJoints(
  { model, joints }: ShapedHead,
  { theta }: Pick<HeadCoefficients, 'theta'>,
  points: Float32Array,
): { influences: SkinInfluences; transforms: Float64Array } {
  jointTransforms(joints, theta, rotations, transforms);
  if (model.poseBasis) addPoseCorrectives(model.poseBasis, rotations, points);
  let influences = influencesOf.get(model);
  if (!influences) influencesOf.set(model, (influences = skinInfluences(model.skinWeights)));
  return { influences, transforms };
}

/** Adds B_P (R_j − I), joints 1..4 row-major, to `points` `[V, 3]`; `own` holds every joint's own rotation. */
function addPoseCorrectives(basis: Float32Array, own: Float64Array, points: Float32Array): void {
  correctives.count = 0;
  for (let c = 0; c < POSE_FEATURE_COUNT; c++) {
    const identity = c % 9 === 0 || c % 9 === 4 || c % 9 === 8 ? 1 : 0;
    const amount = own[9 + c] - identity;
    if (amount !== 0) selectField(correctives, c * points.length, amount);
  }
  addFields(points, basis, correctives);
}

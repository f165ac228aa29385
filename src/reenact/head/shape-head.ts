import { addFields, fieldSelection, selectField } from './dense-sum.ts';
import type { HeadModel, ShapedHead, SparseRows } from './head-model.ts';

export type { ShapedHead } from './head-model.ts';

/**
 * Applies identity: T + B_S β, and the joints J(β) regressed from that surface (FLAME, eqs. 1-2). Expression does
 * not move the joints, as in the paper's J(β); FLAME's PyTorch port regresses them after expression, which
 * differs by under 0.1 mm.
 *
 * @param beta at most `shapeCount` coefficients
 * @throws RangeError where beta is longer than the head's basis
 */
export function shapeHead(model: HeadModel, beta: ArrayLike<number>): ShapedHead {
  if (beta.length > model.shapeCount)
    throw new RangeError(`beta has ${beta.length} coefficients, the head takes ${model.shapeCount}`);
  const padded = new Float32Array(model.shapeCount);
  padded.set(beta);
  const vertices = Float32Array.from(model.template);
  const selection = fieldSelection(padded.length);
  for (let c = 0; c < padded.length; c++)
    if (padded[c] !== 0) selectField(selection, c * vertices.length, padded[c]);
  addFields(vertices, model.shapeBasis, selection);
  return { model, beta: padded, vertices, joints: regressJoints(model.jointRegressor, vertices) };
}

/** `[rows, 3]` weighted sums of vertices. */
export function regressJoints(regressor: SparseRows, vertices: ArrayLike<number>): Float32Array {
  const { offsets, indices, weights } = regressor;
  const joints = new Float32Array((offsets.length - 1) * 3);
  for (let j = 0; j + 1 < offsets.length; j++) {
    let [x, y, z] = [0, 0, 0];
    for (let k = offsets[j]; k < offsets[j + 1]; k++) {
      const v = indices[k] * 3;
      const weight = weights[k];
      x += weight * vertices[v];
      y += weight * vertices[v + 1];
      z += weight * vertices[v + 2];
    }
    joints[j * 3] = x;
    joints[j * 3 + 1] = y;
    joints[j * 3 + 2] = z;
  }
  return joints;
}

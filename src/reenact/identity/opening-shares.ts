import type { LandmarkEmbedding } from '../fit/types.ts';
import { addExpression } from '../head/add-expression.ts';
import type { HeadModel } from '../head/head-model.ts';

const UPPER = 13;
const LOWER = 14;
const LIPS = [61, 291, 0, 17, UPPER, LOWER, 78, 308, 37, 267, 84, 314];
/** Units that move the lips by less leave them alone, metres. */
const LEAST_M = 1e-5;

/** `[expressionCount]` how much of each unit's motion of the lips is in their opening, 0..1. */
export function openingShares(model: HeadModel, embedding: LandmarkEmbedding): Float32Array {
  const offsets = new Float32Array(model.vertexCount * 3);
  const psi = new Float32Array(model.expressionCount);
  return psi.map((_, unit) => {
    psi.fill(0);
    psi[unit] = 1;
    offsets.fill(0);
    addExpression(model.expression, psi, offsets);
    const most = Math.max(
      ...LIPS.map((landmark) => Math.hypot(...motionOf(model, embedding, landmark, offsets))),
    );
    if (most < LEAST_M) return 0;
    const apart =
      motionOf(model, embedding, UPPER, offsets)[1] - motionOf(model, embedding, LOWER, offsets)[1];
    return Math.min(1, Math.abs(apart) / most);
  });
}

/** `[3]` metres in the rest frame. */
function motionOf(
  model: HeadModel,
  { triangles, barycentric }: LandmarkEmbedding,
  landmark: number,
  offsets: Float32Array,
): [number, number, number] {
  const motion: [number, number, number] = [0, 0, 0];
  for (let corner = 0; corner < 3; corner++) {
    const vertex = model.triangles[triangles[landmark] * 3 + corner];
    for (let axis = 0; axis < 3; axis++)
      motion[axis] += barycentric[landmark * 3 + corner] * offsets[vertex * 3 + axis];
  }
  return motion;
}

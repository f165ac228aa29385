import { type Calibration, LANDMARK_COUNT, type LandmarkEmbedding } from '../fit/types.ts';
import { addExpression } from '../head/add-expression.ts';
import type { HeadModel } from '../head/head-model.ts';
import { openingShares } from './opening-shares.ts';

/**
 * Makes a person's resting face their neutral one: what the fit read as expression in it becomes part of the
 * landmark bias, so that psi counts from rest. Otherwise one person's full lips or heavy brows travel to another
 * face as a pout or a frown, and a portrait at rest is no longer the portrait.
 *
 * What opens mouth and lids stays expression: a driver who rests with the mouth open must still be able to close it.
 */
export function absorbRest(
  model: HeadModel,
  embedding: LandmarkEmbedding,
  calibration: Calibration,
): Calibration {
  const opening = openingShares(model, embedding);
  const { neutral } = calibration;
  const absorbed = neutral.psi.map((value, unit) =>
    model.expressionUnits[unit].region === 'eyes' ? 0 : value * (1 - opening[unit]),
  );
  const offsets = new Float32Array(model.vertexCount * 3);
  addExpression(model.expression, absorbed, offsets);
  const bias = calibration.bias.slice();
  const { triangles, barycentric } = embedding;
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
    for (let corner = 0; corner < 3; corner++) {
      const vertex = model.triangles[triangles[landmark] * 3 + corner];
      for (let axis = 0; axis < 3; axis++)
        bias[landmark * 3 + axis] += barycentric[landmark * 3 + corner] * offsets[vertex * 3 + axis];
    }
  const psi = neutral.psi.map((value, unit) => value - absorbed[unit]);
  return { ...calibration, bias, neutral: { ...neutral, psi } };
}

import type { HeadModel } from '../head/head-model.ts';

/** What lids at their fullest move by this much is a part of the eyes, metres: on the open head from the brows to the upper cheeks. */
const LEAST_MOVE_M = 0.0015;

/**
 * Where the networks may change a head whose portrait hides nothing of it: not around the eyes. Lashes, the edges of lids and the
 * light in an eye are a few pixels, sharp in the warp and a mean of all eyes in what networks draw.
 *
 * @returns `[V]` 0 at lids and all that moves with them, 1 elsewhere, and everywhere on heads whose units belong to no region
 */
export function besideEyes({ vertexCount, expression, expressionUnits }: HeadModel): Float32Array {
  const { offsets, indices, deltas } = expression;
  const beside = new Float32Array(vertexCount).fill(1);
  for (const [unit, { region }] of expressionUnits.entries()) {
    if (region !== 'eyes') continue;
    for (let k = offsets[unit]; k < offsets[unit + 1]; k++)
      if (Math.hypot(deltas[k * 3], deltas[k * 3 + 1], deltas[k * 3 + 2]) > LEAST_MOVE_M)
        beside[indices[k]] = 0;
  }
  return beside;
}

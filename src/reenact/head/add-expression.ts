import { addFields, type FieldSelection, fieldSelection, selectField } from './dense-sum.ts';
import type { SparseBasis } from './head-model.ts';

interface BasisPlan {
  /** 1 where a component moves every vertex in order, as all of FLAME's do: its deltas are then a field to add. */
  readonly dense: Uint8Array;
  readonly selection: FieldSelection;
}

const plans = new WeakMap<SparseBasis, BasisPlan>();

/**
 * Adds B_E ψ to `points` `[V, 3]`, metres in the rest frame.
 *
 * @param psi may be shorter than the basis: the rest counts as 0
 * @throws RangeError where psi is longer than the basis
 */
export function addExpression(basis: SparseBasis, psi: ArrayLike<number>, points: Float32Array): void {
  const { offsets, indices, deltas } = basis;
  if (psi.length >= offsets.length)
    throw new RangeError(`psi has ${psi.length} coefficients, the head takes ${offsets.length - 1}`);
  let plan = plans.get(basis);
  if (!plan) plans.set(basis, (plan = planOf(basis, points.length / 3)));
  plan.selection.count = 0;
  for (let c = 0; c < psi.length; c++) {
    const amount = psi[c];
    if (amount === 0) continue;
    if (plan.dense[c] === 1) {
      selectField(plan.selection, offsets[c] * 3, amount);
      continue;
    }
    const end = offsets[c + 1] | 0;
    for (let k = offsets[c] | 0, d = Math.imul(k, 3); k < end; k++, d = (d + 3) | 0) {
      const p = Math.imul(indices[k], 3);
      points[p] += amount * deltas[d];
      points[(p + 1) | 0] += amount * deltas[(d + 1) | 0];
      points[(p + 2) | 0] += amount * deltas[(d + 2) | 0];
    }
  }
  addFields(points, deltas, plan.selection);
}

function planOf({ offsets, indices }: SparseBasis, vertexCount: number): BasisPlan {
  const components = offsets.length - 1;
  const dense = new Uint8Array(components);
  for (let c = 0; c < components; c++) {
    let v = 0;
    if (offsets[c + 1] - offsets[c] === vertexCount)
      while (v < vertexCount && indices[offsets[c] + v] === v) v++;
    dense[c] = v === vertexCount ? 1 : 0;
  }
  return { dense, selection: fieldSelection(components) };
}

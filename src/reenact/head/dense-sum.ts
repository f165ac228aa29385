/** Fields of one size in one array, and how much of each to add. Reused from call to call: `count` says how many. */
export interface FieldSelection {
  readonly starts: Uint32Array;
  readonly amounts: Float64Array;
  count: number;
}

export function fieldSelection(capacity: number): FieldSelection {
  return { starts: new Uint32Array(capacity), amounts: new Float64Array(capacity), count: 0 };
}

export function selectField(selection: FieldSelection, start: number, amount: number): void {
  selection.starts[selection.count] = start;
  selection.amounts[selection.count++] = amount;
}

/**
 * target[i] += Σ_c amounts[c] · fields[starts[c] + i]. Four fields a pass, because reading and writing the target
 * costs as much as a field does.
 */
export function addFields(target: Float32Array, fields: Float32Array, selection: FieldSelection): void {
  const { starts, amounts, count } = selection;
  const size = target.length;
  let c = 0;
  for (; c + 4 <= count; c += 4) {
    const [a0, a1, a2, a3] = [amounts[c], amounts[c + 1], amounts[c + 2], amounts[c + 3]];
    const [s0, s1, s2, s3] = [starts[c], starts[c + 1], starts[c + 2], starts[c + 3]];
    for (let i = 0; i < size; i++)
      target[i] += a0 * fields[s0 + i] + a1 * fields[s1 + i] + a2 * fields[s2 + i] + a3 * fields[s3 + i];
  }
  for (; c < count; c++) {
    const amount = amounts[c];
    const start = starts[c];
    for (let i = 0; i < size; i++) target[i] += amount * fields[start + i];
  }
}

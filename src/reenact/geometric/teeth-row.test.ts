import { describe, expect, it } from 'vitest';
import { splitTeethRow } from './teeth-row.ts';

/** Flat pieces: a quad each, from `left` to `right` at depth `z`, metres. */
function rowOf(pieces: readonly { left: number; right: number; z: number }[]) {
  const points = pieces.flatMap(({ left, right, z }) =>
    [left, 0, z, right, 0, z, right, 0.01, z].concat([left, 0.01, z]),
  );
  const triangles = pieces.flatMap((_, i) => [0, 1, 2, 0, 2, 3].map((corner) => i * 4 + corner));
  return { points, triangles };
}

describe('a row of teeth', () => {
  it('has for gum what goes from one side to the other', () => {
    const { isGum, triangles } = splitTeethRow(
      rowOf([
        { left: -0.01, right: 0, z: 0.1 },
        { left: -0.03, right: 0.03, z: 0.095 },
        { left: 0, right: 0.01, z: 0.1 },
      ]),
      0.02,
    );
    expect(Array.from(isGum)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect(triangles).toHaveLength(18);
  });

  it('loses the teeth that stand far back, but not its gum', () => {
    const { triangles } = splitTeethRow(
      rowOf([
        { left: -0.01, right: 0.01, z: 0.1 },
        { left: 0.02, right: 0.03, z: 0.06 },
        { left: -0.03, right: 0.03, z: 0.05 },
      ]),
      0.02,
    );
    expect(new Set(triangles)).toEqual(new Set([0, 1, 2, 3, 8, 9, 10, 11]));
  });

  it('is all teeth where it is in one piece', () => {
    const { isGum } = splitTeethRow(rowOf([{ left: -0.03, right: 0.03, z: 0.1 }]), 0.02);
    expect(isGum.includes(1)).toBe(false);
  });
});

import { expect, test } from 'vitest';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { loadRig } from '../session.ts';
import { besideEyes } from './beside-eyes.ts';

test('the eyes of the open head are left out, its forehead, nose and mouth are not', async () => {
  const { model, embedding } = await loadRig();
  const beside = besideEyes(model);
  const left = beside.reduce((count, share) => count + (share === 0 ? 1 : 0), 0);
  expect(left).toBeGreaterThan(100);
  expect(left).toBeLessThan(model.vertexCount / 10);
  const shareAt = (landmark: number): number => {
    const corner = embedding.triangles[landmark] * 3;
    return Math.max(...[0, 1, 2].map((k) => beside[model.triangles[corner + k]]));
  };
  // Upper and lower lids and brows, then forehead, between the brows, tip of the nose and lips, in MediaPipe's numbers.
  for (const lid of [159, 145, 386, 374, 105, 334]) expect(shareAt(lid)).toBe(0);
  for (const other of [151, 9, 1, 13, 14]) expect(shareAt(other)).toBe(1);
});

test('a head whose units belong to no region keeps its eyes', () => {
  const head = createSyntheticHead();
  const units = head.expressionUnits.map((unit) => ({ ...unit, region: 'all' as const }));
  expect(besideEyes({ ...head, expressionUnits: units })).toEqual(new Float32Array(head.vertexCount).fill(1));
});

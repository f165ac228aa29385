import { expect, test } from 'vitest';
import { project } from '../head/camera.ts';
import { poseHead } from '../head/pose-head.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { loadRig } from '../session.ts';
import { bareHead, besideEyes } from './bare-head.ts';
import { portraitVisibility } from './visibility.ts';

const SIZE = 256;

test('a vertex is bare unless the portrait shows it under hair', () => {
  const model = createSyntheticHead({ rings: 16, segments: 20 });
  const shaped = shapeHead(model, [1, -1, 0.5, 1]);
  const camera = { focalPx: 550, centreX: 128, centreY: 125 };
  const coefficients = {
    psi: new Float32Array(model.expressionCount),
    theta: new Float32Array(15),
    translation: Float32Array.of(0, 0, -0.6),
  };
  const visibility = portraitVisibility(shaped, coefficients, camera, SIZE);
  // All of the picture's upper half is hair.
  const hair = new Uint8Array(SIZE * SIZE).fill(1, 0, (SIZE * SIZE) / 2);
  const bare = bareHead(shaped, coefficients, camera, visibility, hair, SIZE);
  const places = project(camera, poseHead(shaped, coefficients));
  const found = [0, 0];
  for (const [v, cosine] of visibility.entries()) {
    const covered = cosine > 0 && places[v * 2 + 1] < SIZE / 2;
    expect(bare[v]).toBe(covered ? 0 : 1);
    found[covered ? 0 : 1]++;
  }
  expect(Math.min(...found)).toBeGreaterThan(20);
});

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

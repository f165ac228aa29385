import { expect, test } from 'vitest';
import { project } from '../head/camera.ts';
import { poseHead } from '../head/pose-head.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { bareHead } from './bare-head.ts';
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

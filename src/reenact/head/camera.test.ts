import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cropCamera, project, unproject } from './camera.ts';

const camera = { focalPx: 600, centreX: 256, centreY: 250 };
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });

test('x goes right and y goes up, from a centre that the optical axis hits', () => {
  const [centre, centreY, right, , , above] = project(camera, [0, 0, -1, 0.1, 0, -1, 0, 0.1, -1]);
  expect([centre, centreY]).toEqual([256, 250]);
  expect(right).toBeCloseTo(316, 3);
  expect(above).toBeCloseTo(190, 3);
});

test('unprojecting a pixel and projecting it again gives the pixel', () => {
  fc.assert(
    fc.property(real(0, 512), real(0, 512), real(0.1, 3), (x, y, depth) => {
      const [px, py] = project(camera, unproject(camera, x, y, depth));
      expect(px).toBeCloseTo(x, 3);
      expect(py).toBeCloseTo(y, 3);
    }),
  );
});

test('points behind the camera have no pixel', () => {
  expect(project(camera, [0, 0, 0.1])[0]).toBeNaN();
});

test('a cropped camera sees the same point where the crop shows it', () => {
  const point = [0.03, -0.02, -0.7];
  const [x, y] = project(camera, point);
  const [cx, cy] = project(cropCamera(camera, 40, 60, 2), point);
  expect(cx).toBeCloseTo((x - 40) * 2, 2);
  expect(cy).toBeCloseTo((y - 60) * 2, 2);
});

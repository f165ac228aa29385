import { expect, test } from 'vitest';
import type { ReferenceIdentity } from '../identity/reference.ts';
import { DRIVER_MAP_CHANNELS, DRIVER_MAP_SIZE } from '../raster/driver-map.ts';
import { loadRig } from '../session.ts';
import { WindowRaster } from './window-raster.ts';

const SIZE = 256;
const PLANE = DRIVER_MAP_SIZE ** 2;

test('networks may change the head, but neither its eyes nor what lies under hair', async () => {
  const { model } = await loadRig();
  const coefficients = {
    psi: new Float32Array(model.expressionCount),
    theta: new Float32Array(15),
    translation: Float32Array.of(0, 0, -0.6),
  };
  const reference = {
    calibration: {
      beta: new Float32Array(model.shapeCount),
      camera: { focalPx: 450, centreX: SIZE / 2, centreY: SIZE / 2 },
    },
    coefficients,
    image: { width: SIZE, height: SIZE, data: new Uint8Array(SIZE * SIZE * 4) },
  } as unknown as ReferenceIdentity;
  // The picture's left half.
  const hair = Uint8Array.from({ length: SIZE * SIZE }, (_, p) => (p % SIZE < SIZE / 2 ? 1 : 0));
  const window = { x: 0, y: 0, side: SIZE };
  const look = (over: Uint8Array | null) => {
    const changeable = new Float32Array(PLANE);
    const map = new Float32Array(DRIVER_MAP_CHANNELS * PLANE);
    const raster = new WindowRaster(model, reference, over);
    raster.render(coefficients, window, map, { visibility: new Float32Array(PLANE), changeable });
    // The cosine of octave 0 is never zero on a head.
    return { changeable, head: map.subarray(4 * PLANE, 5 * PLANE).map((cosine) => (cosine === 0 ? 0 : 1)) };
  };
  const count = (plane: Float32Array, of: (value: number, p: number) => boolean): number =>
    plane.reduce((sum, value, p) => sum + (of(value, p) ? 1 : 0), 0);

  const plain = look(null);
  const covered = count(plain.head, (value) => value === 1);
  const kept = count(plain.changeable, (value, p) => plain.head[p] === 1 && value < 0.5);
  expect(kept).toBeGreaterThan(0.03 * covered);
  expect(kept).toBeLessThan(0.3 * covered);

  const half = look(hair);
  const isLeft = (p: number): boolean => p % DRIVER_MAP_SIZE < DRIVER_MAP_SIZE / 2 - 1;
  expect(count(half.changeable, (value, p) => isLeft(p) && value > 0.5)).toBeLessThan(0.05 * covered);
  for (let p = 0; p < PLANE; p++)
    if (p % DRIVER_MAP_SIZE > DRIVER_MAP_SIZE / 2 + 3) expect(half.changeable[p]).toBe(plain.changeable[p]);
});

import { expect, test } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { rasterDriverMap } from './driver-map.ts';
import { driverMapPicture } from './driver-map-picture.ts';

const head = createSyntheticHead({ rings: 16, segments: 20 });
const camera = { focalPx: 1100, centreX: 256, centreY: 256 };
const size = 64;

function picture(puff: number) {
  const coefficients: HeadCoefficients = {
    psi: new Float32Array(head.expressionCount),
    theta: new Float32Array(15),
    translation: Float32Array.of(0, 0, -0.6),
  };
  coefficients.psi[head.expressionUnits.findIndex((unit) => unit.name === 'pucker')] = puff;
  return driverMapPicture(rasterDriverMap(shapeHead(head, []), coefficients, camera, 512, size), size);
}

function brightness(image: { data: Uint8Array }, x: number, y: number): number {
  const at = (y * size + x) * 4;
  return image.data[at] + image.data[at + 1] + image.data[at + 2];
}

test('the head stands out from a dark background', () => {
  const image = picture(0);
  expect(image).toMatchObject({ width: size, height: size });
  expect(brightness(image, 0, 0)).toBeLessThan(60);
  expect(brightness(image, 26, 22)).toBeGreaterThan(150);
  expect(image.data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
});

test('it glows where expression moves the surface, and only there', () => {
  const [rest, pursed] = [picture(0), picture(1)];
  const mouthRow = 42;
  expect(brightness(pursed, 32, mouthRow)).toBeGreaterThan(brightness(rest, 32, mouthRow) + 100);
  expect(brightness(pursed, 32, 14)).toBe(brightness(rest, 32, 14));
});

test('a map of another size is refused', () => {
  expect(() => driverMapPicture(new Float32Array(45 * 16), 5)).toThrow(/1125 values, not 720/);
});

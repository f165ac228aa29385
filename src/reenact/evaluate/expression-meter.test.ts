import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { DRIVER_MAP_CHANNELS } from '../raster/driver-map.ts';
import { ExpressionMeter } from './expression-meter.ts';

const model = createSyntheticHead();
const SIZE = 32;
const camera = { focalPx: 80, centreX: SIZE / 2, centreY: SIZE / 2 };

function coefficients(value: number): HeadCoefficients {
  const psi = new Float32Array(model.expressionCount);
  psi[0] = value;
  return { psi, theta: new Float32Array(15), translation: Float32Array.of(0, 0, -0.6) };
}

/** The definition, pixel by pixel, on maps as they are. */
function plainDistanceMm(a: Float32Array, b: Float32Array, plane: number): number {
  const at = (map: Float32Array, pixel: number): number[] =>
    [0, 1, 2].map((channel) => map[channel * plane + pixel]);
  const isCovered = (map: Float32Array, pixel: number): boolean =>
    Array.from({ length: DRIVER_MAP_CHANNELS }, (_, c) => map[c * plane + pixel]).some((v) => v !== 0);
  const distances: number[] = [];
  for (let pixel = 0; pixel < plane; pixel++)
    if (isCovered(a, pixel) || isCovered(b, pixel))
      distances.push(
        at(a, pixel).reduce((sum, value, axis) => sum + Math.abs(value - at(b, pixel)[axis]), 0),
      );
  return (1000 * distances.reduce((sum, value) => sum + value, 0)) / distances.length;
}

describe('expression distance', () => {
  const meter = new ExpressionMeter(shapeHead(model, []), camera, SIZE, SIZE);

  it('agrees with the plain definition, is 0 between equals and the same both ways', () => {
    fc.assert(
      fc.property(
        fc.float({ min: 0, max: 1, noNaN: true }),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (x, y) => {
          const a = meter.map(coefficients(x));
          const b = meter.map(coefficients(y));
          expect(meter.distanceMm(a, a)).toBe(0);
          expect(meter.distanceMm(a, b)).toBeCloseTo(meter.distanceMm(b, a), 9);
          expect(meter.distanceMm(a, b)).toBeCloseTo(plainDistanceMm(a, b, SIZE * SIZE), 6);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('grows with what is missing of an expression', () => {
    const full = meter.map(coefficients(1));
    const [none, half] = [0, 0.5].map((value) => meter.distanceMm(meter.map(coefficients(value)), full));
    expect(none).toBeGreaterThan(half);
    expect(half).toBeGreaterThan(0);
  });
});

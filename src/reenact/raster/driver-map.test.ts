import { describe, expect, test } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { DRIVER_MAP_CHANNELS, DriverMapper, rasterDriverMap } from './driver-map.ts';
import { plainDriverMap } from './plain-driver-map.ts';

const head = createSyntheticHead({ rings: 12, segments: 14 });
const shaped = shapeHead(head, [1, -1, 0.5, 1]);
const camera = { focalPx: 1100, centreX: 256, centreY: 250 };
const size = 32;
const plane = size * size;

function motion(psi: number, theta: number[] = [0, 0, 0]): HeadCoefficients {
  const padded = new Float32Array(15);
  padded.set(theta);
  return {
    psi: new Float32Array(head.expressionCount).fill(psi),
    theta: padded,
    translation: Float32Array.of(0, 0, -0.6),
  };
}

describe('a driver map', () => {
  test('agrees with rays, FLAME’s equations and the sine and cosine of every octave', () => {
    const coefficients = motion(0.7, [0.1, 0.4, -0.1, 0, 0.1, 0, 0.1]);
    const map = rasterDriverMap(shaped, coefficients, camera, 512, size);
    const plain = plainDriverMap(shaped, coefficients, camera, 512, size);
    expect(map).toHaveLength(DRIVER_MAP_CHANNELS * plane);
    let covered = 0;
    let worstM = 0;
    let worstCode = 0;
    let differing = 0;
    for (let pixel = 0; pixel < plane; pixel++) {
      // The cosine of octave 0 is never zero on a head.
      const seen = plain[4][pixel] !== 0;
      if (seen !== (map[4 * plane + pixel] !== 0)) {
        differing++;
        continue;
      }
      if (!seen) continue;
      covered++;
      for (let channel = 0; channel < DRIVER_MAP_CHANNELS; channel++) {
        const error = Math.abs(map[channel * plane + pixel] - plain[channel][pixel]);
        if (channel < 3) worstM = Math.max(worstM, error);
        // What moves a point by a little turns octave k 2^k times as far.
        else worstCode = Math.max(worstCode, error / 2 ** Math.floor(((channel - 3) % 14) / 2));
      }
    }
    expect(worstM).toBeLessThan(2e-5);
    expect(worstCode).toBeLessThan(1e-3);
    expect(covered).toBeGreaterThan(300);
    expect(differing).toBeLessThan(4);
  });

  test('is zero where the head is not', () => {
    const map = rasterDriverMap(shaped, motion(0.5), camera, 512, size);
    for (let channel = 0; channel < DRIVER_MAP_CHANNELS; channel++) expect(map[channel * plane]).toBe(0);
  });

  test('says which point a pixel shows whatever the expression, and moves with the pose', () => {
    const neutral = rasterDriverMap(shaped, motion(0), camera, 512, size);
    const turned = rasterDriverMap(shaped, motion(0, [0, 0.5, 0]), camera, 512, size);
    const middle = (size / 2) * size + size / 2;
    expect(neutral.subarray(0, 3 * plane).every((value) => value === 0)).toBe(true);
    // Turned to the subject's left, the same pixel shows a point further on the right: smaller x.
    expect(turned[3 * plane + middle]).toBeLessThan(neutral[3 * plane + middle] - 0.1);
  });

  test('does not show lashes', () => {
    const bald = { ...head, parts: ['lashes', 'eyeLeft', 'eyeRight'] as const };
    const map = rasterDriverMap(shapeHead(bald, []), motion(0), camera, 512, size);
    const middle = (size / 2) * size + size / 2;
    expect(map[4 * plane + middle]).toBe(0);
  });

  test('of a mapper that has drawn others is the same', () => {
    const mapper = new DriverMapper(shaped, camera, 512, size);
    const out = new Float32Array(DRIVER_MAP_CHANNELS * plane).fill(7);
    mapper.render(motion(1, [0.3, -0.5, 0]), out);
    expect(mapper.render(motion(0.4), out)).toBe(out);
    const fresh = rasterDriverMap(shaped, motion(0.4), camera, 512, size);
    expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(fresh.buffer))).toBe(0);
  });
});

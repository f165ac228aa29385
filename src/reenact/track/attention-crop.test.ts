import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CROP_SIZE,
  type CropTransform,
  cropFeatures,
  cropTransform,
  FEATURE_CHANNELS,
  FEATURE_SIZE,
  placeLandmarks,
} from './attention-crop.ts';
import { LEFT_EYE, LIPS, RIGHT_EYE } from './attention-regions.ts';

const CELLS_PER_PIXEL = 0.25;
const region = { landmarks: [0, 1, 2, 3], level: [0, 1] as const };

/** A rectangle's corners as a mesh of four landmarks; 0 to 1 is its level side. */
function rectangle(cx: number, cy: number, width: number, height: number, rollRad: number): Float32Array {
  const corners = [
    [-width / 2, -height / 2],
    [width / 2, -height / 2],
    [width / 2, height / 2],
    [-width / 2, height / 2],
  ];
  const [cos, sin] = [Math.cos(rollRad), Math.sin(rollRad)];
  return Float32Array.from(corners.flatMap(([x, y]) => [cx + x * cos - y * sin, cy + x * sin + y * cos, 0]));
}

const box = fc.record({
  cx: fc.double({ min: 40, max: 150, noNaN: true }),
  cy: fc.double({ min: 40, max: 150, noNaN: true }),
  width: fc.double({ min: 5, max: 80, noNaN: true }),
  height: fc.double({ min: 5, max: 80, noNaN: true }),
  rollRad: fc.double({ min: -3.1, max: 3.1, noNaN: true }),
});

function apply(t: CropTransform, x: number, y: number): [number, number] {
  return [t.xx * x + t.xy * y + t.x0, t.yx * x + t.yy * y + t.y0];
}

describe('regions', () => {
  it('name every landmark once, and share none', () => {
    const all = [LIPS, RIGHT_EYE, LEFT_EYE].flatMap(({ landmarks }) => landmarks);
    expect(new Set(all).size).toBe(80 + 71 + 71);
    expect(Math.max(...all)).toBeLessThan(468);
  });
});

describe('cropTransform', () => {
  it('maps the crop onto the landmarks’ rotated box, 1.5 times as wide and high', () => {
    fc.assert(
      fc.property(box, ({ cx, cy, width, height, rollRad }) => {
        const t = cropTransform(region, rectangle(cx, cy, width, height, rollRad), CELLS_PER_PIXEL);
        const grown = rectangle(cx, cy, 1.5 * width, 1.5 * height, rollRad);
        const corners = [
          [0, 0],
          [CROP_SIZE, 0],
          [CROP_SIZE, CROP_SIZE],
          [0, CROP_SIZE],
        ];
        for (const [i, [x, y]] of corners.entries()) {
          const [mx, my] = apply(t, x, y);
          expect(mx).toBeCloseTo(grown[3 * i] * CELLS_PER_PIXEL, 2);
          expect(my).toBeCloseTo(grown[3 * i + 1] * CELLS_PER_PIXEL, 2);
        }
      }),
    );
  });
});

describe('cropFeatures', () => {
  it('samples where the transform points: a map that holds its own coordinates gives them back', () => {
    const features = new Float32Array(FEATURE_SIZE * FEATURE_SIZE * FEATURE_CHANNELS);
    for (let y = 0; y < FEATURE_SIZE; y++) {
      for (let x = 0; x < FEATURE_SIZE; x++) {
        const at = y * FEATURE_SIZE + x;
        features[at] = x + 0.5;
        features[(FEATURE_CHANNELS - 1) * FEATURE_SIZE * FEATURE_SIZE + at] = y + 0.5;
      }
    }
    const out = new Float32Array(CROP_SIZE * CROP_SIZE * FEATURE_CHANNELS);
    fc.assert(
      fc.property(box, ({ cx, cy, width, height, rollRad }) => {
        const t = cropTransform(region, rectangle(cx, cy, width, height, rollRad), CELLS_PER_PIXEL);
        cropFeatures(features, t, out.fill(-1));
        for (let j = 0; j < CROP_SIZE; j++) {
          for (let i = 0; i < CROP_SIZE; i++) {
            const at = j * CROP_SIZE + i;
            const atLast = (FEATURE_CHANNELS - 1) * CROP_SIZE * CROP_SIZE + at;
            const [x, y] = apply(t, i + 0.5, j + 0.5);
            const inside = Math.min(x, y) >= 0.5 && Math.max(x, y) <= FEATURE_SIZE - 0.5;
            expect(Math.abs(out[at] - (inside ? x : 0))).toBeLessThan(1e-3);
            expect(Math.abs(out[atLast] - (inside ? y : 0))).toBeLessThan(1e-3);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('placeLandmarks', () => {
  it('puts points of the crop, scaled to pixels, where they lie in the picture, and leaves depth alone', () => {
    fc.assert(
      fc.property(box, ({ cx, cy, width, height, rollRad }) => {
        const mesh = rectangle(cx, cy, width, height, rollRad);
        const t = cropTransform(region, mesh, CELLS_PER_PIXEL);
        // The landmarks themselves: the box's corners lie a sixth of the crop from its edges.
        const [near, far] = [CROP_SIZE / CELLS_PER_PIXEL / 6, (CROP_SIZE / CELLS_PER_PIXEL) * (5 / 6)];
        const found = Float32Array.from([near, near, far, near, far, far, near, far]);
        const placed = new Float32Array(12).fill(7);
        placeLandmarks(found, region.landmarks, t, CELLS_PER_PIXEL, placed);
        for (let i = 0; i < 12; i++) {
          if (i % 3 === 2) expect(placed[i]).toBe(7);
          else expect(Math.abs(placed[i] - mesh[i])).toBeLessThan(0.01);
        }
      }),
    );
  });
});

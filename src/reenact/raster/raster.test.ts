import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { poseHead } from '../head/pose-head.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { castRay } from './plain-raster.ts';
import { createRasterTarget, interpolate, rasterise } from './raster.ts';

/** One metre in front of this camera a pixel of a 16 × 16 picture is 1/16 m. */
const SIZE = 16;
const camera = { focalPx: SIZE, centreX: SIZE / 2, centreY: SIZE / 2 };
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** Corners given in pixels at one depth. */
function flat(corners: [number, number][], depthM = 1): number[] {
  return corners.flatMap(([x, y]) => [((x - 8) / SIZE) * depthM, ((8 - y) / SIZE) * depthM, -depthM]);
}

function covered(points: number[], triangles: number[], doubleSided = false): number[] {
  const target = createRasterTarget(SIZE, SIZE);
  rasterise(points, Uint32Array.from(triangles), camera, target, { doubleSided });
  return [...target.triangle].flatMap((triangle, pixel) => (triangle >= 0 ? [pixel] : []));
}

describe('coverage', () => {
  test('is of pixels whose centre lies inside', () => {
    // Down, then right, then back: counter-clockwise where y goes up.
    const pixels = covered(
      flat([
        [2.2, 2.2],
        [2.2, 4.8],
        [4.8, 2.2],
      ]),
      [0, 1, 2],
    );
    expect(pixels).toEqual([2 * SIZE + 2, 2 * SIZE + 3, 3 * SIZE + 2]);
  });

  test('of the back is none, unless asked for', () => {
    const back = flat([
      [2.2, 2.2],
      [4.8, 2.2],
      [2.2, 4.8],
    ]);
    expect(covered(back, [0, 1, 2])).toEqual([]);
    expect(covered(back, [0, 1, 2], true)).toHaveLength(3);
  });

  test('of a fan of triangles around a corner has neither gaps nor overlaps', () => {
    const grid = fc.oneof(
      real(0, SIZE),
      // Corners on pixel centres and borders, where edges run through centres.
      fc.integer({ min: 0, max: 2 * SIZE }).map((half) => half / 2),
    );
    fc.assert(
      fc.property(fc.tuple(grid, grid), fc.integer({ min: 3, max: 9 }), real(0, 7), (hub, spokes, turn) => {
        const rim = Array.from({ length: spokes }, (_, i): [number, number] => {
          const angle = turn - (2 * Math.PI * i) / spokes;
          return [8 + 100 * Math.cos(angle), 8 + 100 * Math.sin(angle)];
        });
        const points = flat([hub, ...rim]);
        const owners = new Array(SIZE * SIZE).fill(0);
        for (let i = 0; i < spokes; i++)
          for (const pixel of covered(points, [0, 1 + i, 1 + ((i + 1) % spokes)])) owners[pixel]++;
        expect(owners.every((count) => count === 1)).toBe(true);
      }),
    );
  });

  test('of a grid of squares split along their diagonals is exact', () => {
    fc.assert(
      fc.property(real(-1, 1), real(-1, 1), fc.constantFrom(0.5, 1, 1.5, 2, 2.5), (dx, dy, step) => {
        const n = Math.ceil(20 / step);
        const at = (i: number, j: number) => j * (n + 1) + i;
        const corners: [number, number][] = [];
        for (let j = 0; j <= n; j++)
          for (let i = 0; i <= n; i++) corners.push([i * step + dx - 2, j * step + dy - 2]);
        const points = flat(corners);
        const owners = new Array(SIZE * SIZE).fill(0);
        for (let j = 0; j < n; j++)
          for (let i = 0; i < n; i++)
            for (const triangle of [
              [at(i, j), at(i, j + 1), at(i + 1, j + 1)],
              [at(i, j), at(i + 1, j + 1), at(i + 1, j)],
            ])
              for (const pixel of covered(points, triangle)) owners[pixel]++;
        expect(owners.every((count) => count === 1)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  test('leaves out a triangle that reaches behind the camera', () => {
    const points = [
      ...flat([
        [2, 2],
        [2, 14],
      ]),
      0.2,
      0.2,
      0.5,
    ];
    expect(covered(points, [0, 1, 2], true)).toEqual([]);
  });
});

test('the nearer of two surfaces is seen, whichever is drawn first', () => {
  const near = flat(
    [
      [0, 0],
      [0, 40],
      [40, 0],
    ],
    1,
  );
  const far = flat(
    [
      [0, 0],
      [0, 40],
      [40, 0],
    ],
    2,
  );
  const target = createRasterTarget(SIZE, SIZE);
  for (const [points, triangle] of [
    [[...near, ...far], 0],
    [[...far, ...near], 1],
  ] as const) {
    rasterise(points, Uint32Array.of(0, 1, 2, 3, 4, 5), camera, target);
    expect(new Set(target.triangle)).toEqual(new Set([triangle]));
    expect(target.depth[0]).toBeCloseTo(1, 6);
  }
});

test('attributes are interpolated in space, not on the screen', () => {
  // A floor that runs away from the camera: its depth is an attribute whose true value every pixel knows.
  const points = [-9, -1, -1, 9, -1, -1, 9, -1, -30, -9, -1, -30];
  const target = createRasterTarget(SIZE, SIZE);
  const triangles = Uint32Array.of(0, 1, 2, 0, 2, 3);
  rasterise(points, triangles, camera, target);
  const sample = [0];
  let seen = 0;
  for (let pixel = 0; pixel < SIZE * SIZE; pixel++) {
    if (target.triangle[pixel] < 0) continue;
    const row = Math.floor(pixel / SIZE);
    const depth = SIZE / (row + 0.5 - SIZE / 2);
    interpolate(target, pixel, triangles, [1, 1, 30, 30], 1, sample);
    expect(sample[0] / depth).toBeCloseTo(1, 2);
    expect(target.depth[pixel] / depth).toBeCloseTo(1, 2);
    seen++;
  }
  expect(seen).toBeGreaterThan(60);
});

test('a head looks as rays through its pixels see it', () => {
  const head = createSyntheticHead({ rings: 12, segments: 14 });
  const coefficients: HeadCoefficients = {
    psi: new Float32Array(head.expressionCount).fill(0.6),
    theta: Float32Array.of(0.1, 0.4, -0.1, 0, 0, 0, 0.1, 0, 0, 0, 0.2, 0, 0, 0.2, 0),
    translation: Float32Array.of(0.01, -0.02, -0.6),
  };
  const points = poseHead(shapeHead(head, [1, -1, 0.5]), coefficients);
  const size = 32;
  const view = { focalPx: 80, centreX: 16, centreY: 16 };
  const target = createRasterTarget(size, size);
  rasterise(points, head.triangles, view, target);
  let seen = 0;
  let differing = 0;
  let worstM = 0;
  let worstWeight = 0;
  for (let pixel = 0; pixel < size * size; pixel++) {
    const hit = castRay(points, head.triangles, view, pixel % size, Math.floor(pixel / size));
    if ((hit?.triangle ?? -1) !== target.triangle[pixel]) {
      // Snapping moves edges by up to 1/2048 px: a ray that close to one may see the neighbour.
      differing++;
      expect(hit === null ? 0 : Math.min(...hit.weights)).toBeLessThan(0.01);
      continue;
    }
    if (!hit) continue;
    seen++;
    worstM = Math.max(worstM, Math.abs(target.depth[pixel] - hit.depthM));
    hit.weights.forEach((weight, corner) => {
      worstWeight = Math.max(worstWeight, Math.abs(target.barycentric[pixel * 3 + corner] - weight));
    });
  }
  expect(worstM).toBeLessThan(5e-5);
  expect(worstWeight).toBeLessThan(5e-3);
  expect(seen).toBeGreaterThan(300);
  expect(differing).toBeLessThan(5);
});

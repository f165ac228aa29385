import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../../scripts/compile-kernels.mjs';
import { fixtureHead } from '../../fit/fit-fixture.ts';
import { seededRandom } from '../../fit/seeded-random.ts';
import { addExpression } from '../../head/add-expression.ts';
import type { Camera, HeadCoefficients, HeadModel } from '../../head/head-model.ts';
import { bendHead } from '../../head/pose-head.ts';
import { shapeHead } from '../../head/shape-head.ts';
import { createSyntheticHead } from '../../head/synthetic-head.ts';
import { createRasterTarget, interpolate, rasterise } from '../raster.ts';
import { surfaceTriangles } from '../surface-triangles.ts';
import { surfaceKernelOf } from './surface-kernel.ts';

const SIZE = 48;

/** What the kernel does, by the functions that it repeats. */
function plainSample(model: HeadModel, beta: number[], coefficients: HeadCoefficients, camera: Camera) {
  const { vertices, ...rest } = shapeHead(model, beta);
  const deformation = new Float32Array(vertices.length);
  addExpression(model.expression, coefficients.psi, deformation);
  const points = vertices.map((value, i) => value + deformation[i]);
  bendHead({ vertices, ...rest }, coefficients, points);
  const triangles = surfaceTriangles(model);
  const target = createRasterTarget(SIZE, SIZE);
  rasterise(points, triangles, camera, target);
  const pixels = [...target.triangle.keys()].filter((pixel) => target.triangle[pixel] >= 0);
  const places = new Float64Array(pixels.length * 3);
  const deformations = new Float64Array(pixels.length * 3);
  pixels.forEach((pixel, i) => {
    interpolate(target, pixel, triangles, vertices, 3, places, i * 3);
    interpolate(target, pixel, triangles, deformation, 3, deformations, i * 3);
  });
  return { target, pixels, places, deformations };
}

function expectSame(actual: ArrayBufferView, expected: ArrayBufferView): void {
  const bytes = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  expect(bytes(actual).equals(bytes(expected))).toBe(true);
}

describe('the kernel of a head seen from a camera', () => {
  it('is what its source compiles to, byte for byte', async () => {
    const shipped = readFileSync(new URL('surface-kernel.wasm', import.meta.url));
    const source = new URL('surface-kernel.wat', import.meta.url);
    expect(Buffer.compare(await compileKernel(source), shipped)).toBe(0);
  });

  it.each([
    ['a head with sparse expression', createSyntheticHead({ rings: 16, segments: 20 })],
    ['a head with pose correctives', fixtureHead(1, true)],
    ['a head whose expression moves every vertex', withDenseUnit(createSyntheticHead())],
  ])('repeats expression, skinning, z-buffer and interpolation bit for bit: %s', (_, model) => {
    const kernel = surfaceKernelOf(model, SIZE);
    const number = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.tuple(number(0.9), number(1.4), number(0.6)),
        // Near enough for corners behind the camera, aside enough for a head that is cut off.
        fc.tuple(number(0.2), number(0.2), fc.double({ min: -1.2, max: -0.12, noNaN: true })),
        (seed, turn, translation) => {
          const random = seededRandom(seed);
          const coefficients = {
            psi: Float32Array.from({ length: model.expressionCount }, () => (random() < 0.3 ? 0 : random())),
            theta: Float32Array.of(...turn, 0.05, -0.1, 0.02, 0.2, 0.03, 0, 0.1, 0.2, 0, 0.1, -0.2, 0),
            translation: Float32Array.from(translation),
          };
          const beta = [random() - 0.5, random() - 0.5];
          const camera = { focalPx: 90, centreX: 25, centreY: 23 };
          const expected = plainSample(model, beta, coefficients, camera);
          const count = kernel.sample(shapeHead(model, beta), coefficients, camera);
          expect(count).toBe(expected.pixels.length);
          expectSame(kernel.pixels.subarray(0, count), Int32Array.from(expected.pixels));
          expectSame(kernel.places.subarray(0, count * 3), expected.places);
          expectSame(kernel.deformations.subarray(0, count * 3), expected.deformations);
          expectSame(kernel.target.depth, expected.target.depth);
          expectSame(kernel.target.triangle, expected.target.triangle);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is made once a model and size', () => {
    const model = createSyntheticHead();
    expect(surfaceKernelOf(model, SIZE)).toBe(surfaceKernelOf(model, SIZE));
    expect(surfaceKernelOf(model, 32)).not.toBe(surfaceKernelOf(model, SIZE));
  });

  it('refuses more coefficients than the head has', () => {
    const model = createSyntheticHead();
    const coefficients = {
      psi: new Float32Array(model.expressionCount + 1),
      theta: new Float32Array(15),
      translation: Float32Array.of(0, 0, -1),
    };
    const camera = { focalPx: 90, centreX: 24, centreY: 24 };
    expect(() => surfaceKernelOf(model, SIZE).sample(shapeHead(model, []), coefficients, camera)).toThrow(
      RangeError,
    );
  });
});

/** `model` with its first unit moving all vertices in order, as FLAME's do. */
function withDenseUnit(model: HeadModel): HeadModel {
  const { offsets, indices, deltas } = model.expression;
  const random = seededRandom(5);
  const first = offsets[1];
  const grown = model.vertexCount - first;
  return {
    ...model,
    expression: {
      offsets: offsets.map((offset, c) => (c === 0 ? 0 : offset + grown)),
      indices: Uint32Array.from([...Array(model.vertexCount).keys(), ...indices.subarray(first)]),
      deltas: Float32Array.from([
        ...Array.from({ length: model.vertexCount * 3 }, () => 0.01 * (random() - 0.5)),
        ...deltas.subarray(first * 3),
      ]),
    },
  };
}

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeHeadFile } from '../encode-head-file.ts';
import { parseHeadFile } from '../head-file.ts';
import type { HeadCoefficients } from '../head-model.ts';
import { poseHead } from '../pose-head.ts';
import { rodrigues } from '../rotation.ts';
import { shapeHead } from '../shape-head.ts';
import { type FlameArrays, readFlameArrays } from './flame-arrays.ts';
import { flameHead } from './flame-head.ts';
import { importFlame } from './import-flame.ts';
import type { NdArray } from './nd-array.ts';

const FIXTURES = ['flame-2020.pkl', 'flame-2023.pkl', 'flame.npz'];
const fixture = (name: string) =>
  Uint8Array.from(readFileSync(new URL(`../../../../models/head/fixtures/${name}`, import.meta.url)));

// The numbers of models/head/fixtures/make_flame_fixture.py.
const VERTICES = 20;
const SHAPE = 8;

function number(seed: number, ...place: number[]): number {
  return (place.reduce((mixed, index) => (mixed * 31 + index * 17 + 7) % 127, seed) - 63) / 4096;
}

const skinWeight = (v: number, j: number) => (j === v % 5 ? 0.625 : j === (v + 1) % 5 ? 0.375 : 0);
const regressor = (j: number, v: number) => (v % 5 === j ? 0.25 : 0);

/** FLAME's equations on the source's own numbers, by homogeneous matrices as FLAME's released code has them. */
function sourceVertices(beta: number[], { psi, theta, translation }: HeadCoefficients): number[] {
  const shaped = (v: number, a: number) =>
    number(1, v, a) * 8 + beta.reduce((sum, value, c) => sum + value * number(2, v, a, c), 0);
  const joints = [0, 1, 2, 3, 4].map((j) =>
    [0, 1, 2].map((a) => {
      let sum = 0;
      for (let v = 0; v < VERTICES; v++) sum += regressor(j, v) * shaped(v, a);
      return sum;
    }),
  );
  const own = [0, 1, 2, 3, 4].map((j) => rodrigues(theta, j * 3));
  const features = [1, 2, 3, 4].flatMap((j) => [...own[j]].map((value, e) => value - (e % 4 === 0 ? 1 : 0)));
  const global: number[][] = [];
  [-1, 0, 1, 1, 1].forEach((parent, j) => {
    const r = own[j];
    const offset = joints[j].map((value, a) => value - (parent < 0 ? 0 : joints[parent][a]));
    const local = [0, 1, 2].flatMap((row) => [r[row * 3], r[row * 3 + 1], r[row * 3 + 2], offset[row]]);
    global.push(parent < 0 ? local : affine(global[parent], local));
  });
  const vertices: number[] = [];
  for (let v = 0; v < VERTICES; v++) {
    const rest = [0, 1, 2].map(
      (a) =>
        shaped(v, a) +
        psi.reduce((sum, value, c) => sum + value * number(2, v, a, SHAPE + c), 0) +
        features.reduce((sum, value, p) => sum + value * number(3, v, a, p), 0),
    );
    for (let row = 0; row < 3; row++) {
      let sum = translation[row];
      for (let j = 0; j < 5; j++) {
        const at = [0, 1, 2].map((a) => rest[a] - joints[j][a]);
        const m = global[j].slice(row * 4, row * 4 + 4);
        sum += skinWeight(v, j) * (m[0] * at[0] + m[1] * at[1] + m[2] * at[2] + m[3]);
      }
      vertices.push(sum);
    }
  }
  return vertices;
}

/** a · b of `[3, 4]` matrices with an implied last row. */
function affine(a: number[], b: number[]): number[] {
  return [0, 1, 2].flatMap((row) =>
    [0, 1, 2, 3].map(
      (column) =>
        a[row * 4] * b[column] +
        a[row * 4 + 1] * b[4 + column] +
        a[row * 4 + 2] * b[8 + column] +
        (column === 3 ? a[row * 4 + 3] : 0),
    ),
  );
}

const beta = [1, -0.5, 0.25, 0, 2, -1, 0.5, 1.5];
const coefficients: HeadCoefficients = {
  psi: Float32Array.of(1, -2, 0.5, 0.25),
  theta: Float32Array.of(0.2, -0.3, 0.1, 0.1, 0.4, -0.2, 0.3, 0.05, 0, -0.1, 0.2, 0, -0.1, 0.3, 0),
  translation: Float32Array.of(0.1, -0.05, -0.7),
};

describe.each(FIXTURES)('%s', (name) => {
  const bytes = fixture(name);

  test('moves as a direct evaluation of its own arrays', () => {
    const parts = flameHead(readFlameArrays(bytes), { split: SHAPE });
    const head = parseHeadFile(encodeHeadFile(parts, { halfFloats: false }));
    const points = poseHead(shapeHead(head, beta), coefficients);
    sourceVertices(beta, coefficients).forEach((value, i) => {
      expect(Math.abs(points[i] - value)).toBeLessThan(1e-6);
    });
  });

  test('moves the same within a tenth of a millimetre once its file has halved the precision', () => {
    const head = parseHeadFile(importFlame(bytes, { split: SHAPE }));
    const points = poseHead(shapeHead(head, beta), coefficients);
    sourceVertices(beta, coefficients).forEach((value, i) => {
      expect(Math.abs(points[i] - value)).toBeLessThan(1e-4);
    });
  });

  test('becomes a head of units within three standard deviations', () => {
    const head = parseHeadFile(importFlame(bytes, { split: SHAPE }));
    expect(head).toMatchObject({
      vertexCount: VERTICES,
      triangleCount: 18,
      shapeCount: 8,
      expressionCount: 4,
    });
    expect(head.parts).toEqual(['skin']);
    expect([...head.triangles.subarray(0, 6)]).toEqual([0, 1, 2, 1, 2, 3]);
    expect(head.expressionUnits[3]).toEqual({
      name: 'psi-004',
      region: 'all',
      side: 'centre',
      min: -3,
      max: 3,
      sd: 1,
    });
  });

  test('keeps the first components when fewer are asked for', () => {
    const head = parseHeadFile(importFlame(bytes, { split: SHAPE, shapeCount: 3, expressionCount: 2 }));
    const points = poseHead(shapeHead(head, beta.slice(0, 3)), {
      ...coefficients,
      psi: Float32Array.of(1, -2),
    });
    const cut = { ...coefficients, psi: Float32Array.of(1, -2, 0, 0) };
    sourceVertices([...beta.slice(0, 3), 0, 0, 0, 0, 0], cut).forEach((value, i) => {
      expect(Math.abs(points[i] - value)).toBeLessThan(1e-4);
    });
  });
});

test('texture coordinates come along where the file has them', () => {
  expect(parseHeadFile(importFlame(fixture('flame-2020.pkl'), { split: 8 })).cornerUv).toBeNull();
  const { cornerUv } = parseHeadFile(importFlame(fixture('flame-2023.pkl'), { split: 8 }));
  expect([...(cornerUv ?? []).slice(0, 6)]).toEqual([0, 1, 1 / 32, 31 / 32, 2 / 32, 30 / 32]);
});

/** A model of `vertices` vertices that says nothing but its size. */
function blank(vertices: number, components: number, change: Partial<FlameArrays> = {}): FlameArrays {
  const zeros = (...shape: number[]): NdArray => ({
    shape,
    values: new Float64Array(shape.reduce((product, size) => product * size, 1)),
  });
  const weights = zeros(vertices, 5);
  for (let v = 0; v < vertices; v++) weights.values[v * 5 + 1] = 1;
  return {
    template: zeros(vertices, 3),
    faces: { shape: [2, 3], values: Float64Array.of(0, 1, 2, 1, 2, 3) },
    shapeDirections: zeros(vertices, 3, components),
    poseDirections: null,
    jointRegressor: zeros(5, vertices),
    weights,
    textureVertices: null,
    textureFaces: null,
    ...change,
  };
}

test('the eyeballs of the released mesh are parts of their own', () => {
  const faces = [0, 1, 2, 3931, 3932, 4476, 4477, 5000, 5022, 3930, 3931, 3932];
  const head = flameHead(blank(5023, 2, { faces: { shape: [4, 3], values: Float64Array.from(faces) } }), {
    split: 1,
  });
  expect(head.parts).toEqual(['skin', 'eyeLeft', 'eyeRight']);
  expect([...head.triangleParts]).toEqual([0, 1, 2, 0]);
});

test('400 components are 300 of identity and 100 of expression, 150 are 100 and 50', () => {
  for (const [components, shape, expression] of [
    [400, 300, 100],
    [150, 100, 50],
  ]) {
    const head = flameHead(blank(4, components));
    expect(head.shapeBasis).toHaveLength(shape * 12);
    expect(head.expressionUnits).toHaveLength(expression);
  }
});

describe('a model is refused with its reason', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['components of unknown kind', () => flameHead(blank(4, 12)), /12 components; say how many .* --split/],
    ['a split beyond the end', () => flameHead(blank(4, 12), { split: 13 }), /expression can't begin at 13/],
    [
      'more than there is',
      () => flameHead(blank(4, 150), { shapeCount: 101 }),
      /has 100 identity components, 101/,
    ],
    [
      'a face of a vertex that is not there',
      () => flameHead(blank(3, 150)),
      /its f names vertices that are not there/,
    ],
    [
      'weights that are none',
      () => flameHead(blank(4, 150, { weights: { shape: [4, 5], values: new Float64Array(20) } })),
      /blend weights of vertex 0/,
    ],
    ['nothing at all', () => readFlameArrays(new Uint8Array(0)), /it is empty/],
    [
      'another kind of file',
      () => readFlameArrays(Buffer.from('solid head\n')),
      /neither a pickle nor an .npz/,
    ],
    [
      'a pickle of something else',
      () => readFlameArrays(Buffer.from('\x80\x02]q\x00.', 'latin1')),
      /no named arrays/,
    ],
    [
      'a model of another body',
      () => readFlameArrays(Buffer.from('\x80\x02}q\x00.', 'latin1')),
      /no v_template/,
    ],
  ])('%s', (_, run, reason) => {
    expect(run).toThrow(reason);
    expect(run).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });
});

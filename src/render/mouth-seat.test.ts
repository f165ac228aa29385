import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_HEAD_PATH } from '../reenact/head/default-head.ts';
import type { HeadModel, HeadPart } from '../reenact/head/head-model.ts';
import { loadHeadModel } from '../reenact/head/load-head-model.ts';
import { shapeHead } from '../reenact/head/shape-head.ts';
import { projectToScreen } from './geometry.ts';
import { seatMouth } from './mouth-seat.ts';
import { createSampleBuffer, rasterise } from './rasterise.ts';
import { sampleTrainingPerson } from './training/training-person.ts';

const SIZE = 256;
const MOUTH = ['mouthBag', 'teethUpper', 'teethLower', 'tongue'] as const;
let model: HeadModel;

beforeAll(async () => {
  model = await loadHeadModel(DEFAULT_HEAD_PATH);
});

function verticesOf(...parts: readonly HeadPart[]): Set<number> {
  const wanted = parts.map((part) => model.parts.indexOf(part));
  return new Set(model.triangles.filter((_, i) => wanted.includes(model.triangleParts[(i / 3) | 0])));
}

function foremost(part: HeadPart, vertices: Float32Array): number[] {
  const best = [...verticesOf(part)].reduce((a, b) => (vertices[b * 3 + 2] > vertices[a * 3 + 2] ? b : a));
  return [...vertices.subarray(best * 3, best * 3 + 3)];
}

describe('seatMouth', () => {
  it('lowers each row and the tongue as asked and leaves everything that is seen of a shut face', () => {
    const plain = shapeHead(model, []);
    const before = plain.vertices.slice();
    const seat = { upperM: 0.001, lowerM: 0.004, tongueM: 0.005, tongueBackM: 0.002 };
    const { vertices, joints } = seatMouth(plain, seat);
    expect(plain.vertices).toEqual(before);
    expect(joints).toBe(plain.joints);
    const expected: [HeadPart, number, number][] = [
      ['teethUpper', 0.001, 0],
      ['teethLower', 0.004, 0],
      ['tongue', 0.005, 0.002],
      ['skin', 0, 0],
      ['eyeLeft', 0, 0],
      ['lashes', 0, 0],
    ];
    for (const [part, down, back] of expected)
      for (const v of verticesOf(part)) {
        expect(vertices[v * 3]).toBe(before[v * 3]);
        expect(before[v * 3 + 1] - vertices[v * 3 + 1]).toBeCloseTo(down, 6);
        expect(before[v * 3 + 2] - vertices[v * 3 + 2]).toBeCloseTo(back, 6);
      }
  });

  it('makes the lining wider, never nearer to the lips', () => {
    const plain = shapeHead(model, []);
    const { vertices } = seatMouth(plain, { upperM: 0, lowerM: 0, tongueM: 0, tongueBackM: 0 });
    const lining = [...verticesOf('mouthBag')];
    const width = (all: Float32Array): number => Math.max(...lining.map((v) => all[v * 3]));
    expect(width(vertices) - width(plain.vertices)).toBeGreaterThan(0.003);
    for (const v of lining) expect(vertices[v * 3 + 2]).toBeLessThanOrEqual(plain.vertices[v * 3 + 2]);
  });

  it('lets nothing through the skin of a shut mouth', () => {
    const inside = MOUTH.map((part) => model.parts.indexOf(part));
    // 102, 110 and 129 have little between lining and chin.
    for (const seed of [1, 2, 102, 110, 129]) {
      const person = sampleTrainingPerson(seed, model.shapeCount);
      const { vertices } = seatMouth(shapeHead(model, person.beta), person.mouthSeat);
      // A metre away, the front of the mouth in the middle.
      const [x, y, z] = foremost('teethUpper', vertices);
      const posed = vertices.map((value, i) => value - [x, y, z + 1][i % 3]);
      const buffer = createSampleBuffer(SIZE, SIZE);
      const camera = { focalPx: 1100, centreX: SIZE / 2, centreY: SIZE / 2 };
      rasterise(buffer, projectToScreen(posed, camera, 1), model.triangles, 0, 0);
      const seen = buffer.triangle.filter(
        (triangle) => triangle >= 0 && inside.includes(model.triangleParts[triangle]),
      );
      expect(seen).toHaveLength(0);
      expect(buffer.triangle[(SIZE / 2) * SIZE + SIZE / 2]).toBeGreaterThanOrEqual(0);
    }
  });
});

import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HeadModel } from '../reenact/head/head-model.ts';
import { loadHeadModel } from '../reenact/head/load-head-model.ts';
import { templateFrame, toFaceFrame } from './face-frame.ts';
import { focusUv } from './focus-uv.ts';

describe('focusUv', () => {
  let model: HeadModel;
  let before: Float32Array;
  let after: Float32Array;
  let facePoints: Float32Array;

  beforeAll(async () => {
    model = await loadHeadModel(fileURLToPath(new URL('../../models/head/open-head.bin', import.meta.url)));
    before = model.cornerUv!;
    facePoints = toFaceFrame(templateFrame(model), model.template);
    after = focusUv(model, before, facePoints);
  });

  /** Area in texture space of the skin whose first corner is in a box of the face. */
  function area(uv: Float32Array, inside: (x: number, y: number, z: number) => boolean): number {
    let sum = 0;
    for (let f = 0; f < model.triangleCount; f++) {
      const a = model.triangles[f * 3] * 3;
      if (model.triangleParts[f] !== 0 || !inside(facePoints[a], facePoints[a + 1], facePoints[a + 2]))
        continue;
      const t = uv.subarray(f * 6, f * 6 + 6);
      sum += Math.abs((t[2] - t[0]) * (t[5] - t[1]) - (t[3] - t[1]) * (t[4] - t[0])) / 2;
    }
    return sum;
  }

  it('gives lips and brows at least four times the texels', () => {
    const lips = (x: number, y: number, z: number): boolean =>
      z > 0.3 && y > -1.38 && y < -1 && Math.abs(x) < 0.35;
    const brows = (x: number, y: number, z: number): boolean =>
      z > 0 && y > 0.15 && y < 0.35 && Math.abs(x) < 0.9;
    expect(area(after, lips)).toBeGreaterThan(4 * area(before, lips));
    expect(area(after, brows)).toBeGreaterThan(4 * area(before, brows));
  });

  it('keeps the order of coordinates on each axis, inside the texture', () => {
    for (let axis = 0; axis < 2; axis++) {
      const order = Array.from({ length: before.length / 2 }, (_, i) => i * 2 + axis).sort(
        (i, j) => before[i] - before[j],
      );
      const mapped = order.map((i) => after[i]);
      expect(mapped.every((value, i) => i === 0 || value >= mapped[i - 1] - 1e-7)).toBe(true);
      expect(mapped[0]).toBeGreaterThan(0);
      expect(mapped[mapped.length - 1]).toBeLessThan(1);
    }
  });
});

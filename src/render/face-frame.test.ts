import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadHeadModel } from '../reenact/head/load-head-model.ts';
import { templateFrame, toFaceFrame } from './face-frame.ts';
import { beardMask, lipMask, lowerLidMask, scalpMask, upperLidMask } from './skin-regions.ts';

const HEAD = fileURLToPath(new URL('../../models/head/open-head.bin', import.meta.url));

describe('face frame', () => {
  it('puts the eyes of the open head at ±1/2 and leaves its heights alone', async () => {
    const model = await loadHeadModel(HEAD);
    const frame = templateFrame(model);
    expect(frame.unitM).toBeCloseTo(0.063, 4);
    expect(frame.lowerScale).toBeCloseTo(1, 2);
  });

  it('finds the mouth of a head with a longer face', async () => {
    const model = await loadHeadModel(HEAD);
    const { origin } = templateFrame(model);
    const template = model.template.map((value, i) =>
      i % 3 === 1 && value < origin[1] ? origin[1] + (value - origin[1]) * 1.15 : value,
    );
    // The weights of the joint regressor may reach below the eyes: the frame is that of the stretched head.
    const stretched = templateFrame({ ...model, template });
    expect(stretched.lowerScale).toBeCloseTo(1 / 1.15, 1);
    const chin = toFaceFrame(stretched, Float32Array.of(0, origin[1] - 0.063 * 1.187 * 1.15, 0.1));
    expect(chin[1]).toBeCloseTo(-1.187, 1);
  });
});

describe('skin regions', () => {
  it('are where they belong and not elsewhere', () => {
    const [front, back] = [0.6, -2];
    expect(lipMask(0, -1.25, front, 0.01)).toBeGreaterThan(0.9);
    expect(lipMask(0.2, -1.1, front, 0.01)).toBeGreaterThan(0.9);
    expect(lipMask(0, -0.9, front, 0.01)).toBe(0);
    expect(lipMask(0.5, -1.2, front, 0.01)).toBe(0);
    expect(upperLidMask(0.5, 0.1, 0.2)).toBeGreaterThan(0.7);
    expect(upperLidMask(0, 0.1, 0.5)).toBe(0);
    expect(lowerLidMask(-0.45, -0.18)).toBeGreaterThan(0.5);
    expect(scalpMask(1.6, -0.5)).toBe(1);
    expect(scalpMask(0.4, 0.4)).toBe(0);
    expect(beardMask(0, -1.65, 0.4)).toBeGreaterThan(0.5);
    expect(beardMask(0.5, -0.2, 0.3)).toBeLessThan(0.05);
    expect(beardMask(0, -1.65, back)).toBe(0);
  });

  it('are the same on both sides of the face', () => {
    for (const x of [0.1, 0.33, 0.6, 0.9]) {
      expect(lipMask(-x, -1.2, 0.5, 0.02)).toBe(lipMask(x, -1.2, 0.5, 0.02));
      expect(beardMask(-x, -1.4, 0.2)).toBe(beardMask(x, -1.4, 0.2));
    }
  });
});

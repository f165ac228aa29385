import { describe, expect, it } from 'vitest';
import type { ExpressionUnit, HeadCoefficients } from '../head/head-model.ts';
import { turnFrom } from './picture-answer.ts';
import { PLAIN_PROBES, type Probe, probeFace, STRAIGHT } from './probe-faces.ts';

const UNITS = (
  [
    ['brow-up', 'brows'],
    ['brow-down', 'brows'],
    ['blink-left', 'eyes'],
    ['lips-part', 'mouth'],
  ] as const
).map(([name, region]): ExpressionUnit => ({ name, region, side: 'centre', min: 0, max: 1, sd: 0.35 }));
const EFFECTS = { browHeights: [0.1, -0.1, 0, 0], shares: [0, 0, 0, 0.5] };

function portrait(): HeadCoefficients {
  const theta = new Float32Array(15);
  theta.set([0.1, -0.2, 0.02, 0.05, 0, 0.01, 0.02]);
  return { psi: Float32Array.of(0.1, 0, 0, 0.2), theta, translation: Float32Array.of(0, 0, -1) };
}

function face(probe: Partial<Probe>): HeadCoefficients {
  return probeFace(UNITS, portrait(), { turnDeg: STRAIGHT, jawRad: 0, ...probe }, EFFECTS);
}

describe('probeFace', () => {
  it('turns the head from the portrait in the neck joint', () => {
    const told = face({ turnDeg: [5, -10, 3] });
    const turn = turnFrom(portrait(), told);
    [5, -10, 3].forEach((angle, axis) => {
      expect((turn[axis] * 180) / Math.PI).toBeCloseTo(angle, 3);
    });
    expect(told.theta.subarray(0, 3)).toEqual(portrait().theta.subarray(0, 3));
  });

  it('adds brows, lips, lids and units to the face of the portrait, within their bounds', () => {
    const psi = (probe: Partial<Probe>): number[] =>
      [...face(probe).psi].map((value) => Math.round(value * 100) / 100);
    expect(psi({ brows: 0.3 })).toEqual([0.4, 0, 0, 0.2]);
    expect(psi({ brows: -0.3 })).toEqual([0.1, 0.3, 0, 0.2]);
    expect(psi({ lips: 0.4 })).toEqual([0.1, 0, 0, 0.4]);
    expect(psi({ lids: 0.4 })).toEqual([0.1, 0, 0.4, 0.2]);
    expect(psi({ units: Float32Array.of(2, 0.5, 0, -1) })).toEqual([1, 0.5, 0, 0]);
  });

  it('has plain probes that a tracker can follow from one to the next', () => {
    PLAIN_PROBES.slice(1).forEach(({ turnDeg }, k) => {
      const before = PLAIN_PROBES[k].turnDeg;
      expect(Math.hypot(...turnDeg.map((angle, axis) => angle - before[axis]))).toBeLessThan(21);
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { eulerFromMatrix } from '../head/rotation.ts';
import { overshootTurn } from './overshoot.ts';

const at = (neck: readonly number[]): HeadCoefficients => {
  const theta = new Float32Array(15);
  theta.set([0.1, -0.2, 0.02]);
  theta.set(neck, 3);
  return { psi: new Float32Array(2), theta, translation: Float32Array.of(0, 0, -1) };
};

describe('overshootTurn', () => {
  it('leaves the portrait where it is', () => {
    const portrait = at([0.05, 0, 0.01]);
    const same = overshootTurn(portrait, portrait);
    same.theta.forEach((value, i) => {
      expect(value).toBeCloseTo(portrait.theta[i], 5);
    });
  });

  it('widens yaw and pitch, not roll, and leaves the shoulders', () => {
    const rest = { ...at([0, 0, 0]), theta: new Float32Array(15) };
    const turned = (axis: number) => {
      const theta = new Float32Array(15);
      theta[3 + axis] = 0.3;
      const result = overshootTurn({ ...rest, theta }, rest);
      expect(Array.from(result.theta.subarray(0, 3))).toEqual([0, 0, 0]);
      return eulerFromMatrix(headRotation(result));
    };
    expect(turned(0).pitch).toBeGreaterThan(0.32);
    expect(turned(1).yaw).toBeGreaterThan(0.32);
    expect(turned(2).roll).toBeCloseTo(0.3, 4);
  });
});

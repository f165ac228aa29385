import { describe, expect, it } from 'vitest';
import { poseHead } from '../head/pose-head.ts';
import { geodesicAngle, logRotation, matrixFromEuler, multiply, rodrigues } from '../head/rotation.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { HEAD_JOINT, limitTurn, RigidMotion } from './rigid-motion.ts';

const still = {
  psi: new Float32Array(8),
  theta: new Float32Array(15),
  translation: Float32Array.of(0, 0, -0.7),
};

function turned(yawDeg: number, global = 0): typeof still {
  const theta = new Float32Array(15);
  theta[1] = global;
  theta.set(logRotation(matrixFromEuler({ yaw: (yawDeg * Math.PI) / 180, pitch: 0.1, roll: 0.05 })), 3);
  return { ...still, theta };
}

describe('rigid motion since the portrait', () => {
  it('takes points of the skull where posing takes them', () => {
    const shaped = shapeHead(createSyntheticHead(), []);
    const reference = turned(10, 0.2);
    const motion = new RigidMotion(shaped.joints, reference);
    const now = { ...turned(-25, 0.2), translation: Float32Array.of(0.02, -0.01, -0.8) };
    motion.move(now);
    const [before, after] = [poseHead(shaped, reference), poseHead(shaped, now)];
    const m = motion.matrices.subarray(HEAD_JOINT * 12, HEAD_JOINT * 12 + 12);
    let compared = 0;
    for (let v = 0; v < shaped.model.vertexCount; v++) {
      if (shaped.model.skinWeights[v * 5 + HEAD_JOINT] < 0.9999) continue;
      compared++;
      for (let row = 0; row < 3; row++) {
        const moved =
          m[row * 4] * before[v * 3] +
          m[row * 4 + 1] * before[v * 3 + 1] +
          m[row * 4 + 2] * before[v * 3 + 2] +
          m[row * 4 + 3];
        expect(moved).toBeCloseTo(after[v * 3 + row], 5);
      }
    }
    expect(compared).toBeGreaterThan(20);
  });
});

describe('the limit of turns', () => {
  const own = rodrigues(still.theta, 3);

  function turnDeg(theta: Float32Array): number {
    const total = multiply(rodrigues(theta, 0), rodrigues(theta, 3));
    return (geodesicAngle(own, total) * 180) / Math.PI;
  }

  it('leaves turns up to 38° exactly as they are', () => {
    const { theta } = turned(33);
    const limited = Float32Array.from(theta);
    limitTurn(limited, still);
    expect([...limited]).toEqual([...theta]);
  });

  it('holds larger ones below 50°, growing and without a jump', () => {
    let last = 0;
    for (let yaw = 0; yaw <= 120; yaw += 2) {
      const { theta } = turned(yaw);
      limitTurn(theta, still);
      const held = turnDeg(theta);
      expect(held).toBeLessThan(50);
      expect(held - last).toBeLessThan(yaw === 0 ? 10 : 2.1);
      expect(held).toBeGreaterThanOrEqual(last - 1e-4);
      last = held;
    }
    expect(last).toBeGreaterThan(49);
  });

  it('keeps the axis of the turn, whatever the portrait’s own rotation', () => {
    const reference = turned(15, -0.3);
    const { theta } = turned(80, -0.3);
    const before = Float32Array.from(theta);
    limitTurn(theta, reference);
    const total = (t: Float32Array): Float64Array => multiply(rodrigues(t, 0), rodrigues(t, 3));
    const inverse = (t: Float32Array): Float64Array => {
      const r = total(t);
      return Float64Array.of(r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]);
    };
    const asked = logRotation(multiply(total(before), inverse(reference.theta)));
    const got = logRotation(multiply(total(theta), inverse(reference.theta)));
    const [a, b] = [Math.hypot(...asked), Math.hypot(...got)];
    for (let k = 0; k < 3; k++) expect(got[k] / b).toBeCloseTo(asked[k] / a, 4);
    expect(b).toBeLessThan(a);
  });
});

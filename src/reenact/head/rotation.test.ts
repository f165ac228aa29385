import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  composeRotations,
  eulerFromMatrix,
  geodesicAngle,
  logRotation,
  matrixFromEuler,
  multiply,
  rodrigues,
  rotate,
  transpose,
} from './rotation.ts';

const real = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
const vector = fc.tuple(real(2), real(2), real(2));

function expectClose(a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-9): void {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i])).toBeLessThan(tolerance);
}

test('a quarter turn about y takes the nose to the subject’s left', () => {
  expectClose(rotate(rodrigues([0, Math.PI / 2, 0]), [0, 0, 1]), [1, 0, 0]);
});

test('matrices of rotations are orthonormal with determinant 1', () => {
  fc.assert(
    fc.property(vector, (v) => {
      const r = rodrigues(v);
      expectClose(multiply(r, transpose(r)), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
      expect(
        r[0] * (r[4] * r[8] - r[5] * r[7]) -
          r[1] * (r[3] * r[8] - r[5] * r[6]) +
          r[2] * (r[3] * r[7] - r[4] * r[6]),
      ).toBeCloseTo(1, 9);
    }),
  );
});

test('the logarithm undoes the exponential up to half a turn, also for tiny angles', () => {
  fc.assert(
    fc.property(vector, fc.constantFrom(1, 1e-3, 1e-6, 1e-12), (v, scale) => {
      const scaled = v.map((value) => value * scale);
      fc.pre(Math.hypot(...scaled) < Math.PI - 1e-6);
      expectClose(logRotation(rodrigues(scaled)), scaled);
    }),
  );
});

test('half turns keep their angle and their axis up to sign', () => {
  for (const axis of [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [0.6, 0, 0.8],
    [-0.48, 0.6, 0.64],
  ]) {
    const turn = logRotation(rodrigues(axis.map((value) => value * Math.PI)));
    expect(Math.hypot(...turn)).toBeCloseTo(Math.PI, 7);
    expect(Math.abs(turn[0] * axis[0] + turn[1] * axis[1] + turn[2] * axis[2])).toBeCloseTo(Math.PI, 7);
  }
});

test('composition applies the second rotation first', () => {
  fc.assert(
    fc.property(vector, vector, vector, (a, b, point) => {
      expectClose(
        rotate(rodrigues(composeRotations(a, b)), point),
        rotate(rodrigues(a), rotate(rodrigues(b), point)),
        1e-7,
      );
    }),
  );
});

test('the geodesic angle is the angle of the rotation between', () => {
  fc.assert(
    fc.property(vector, real(3), (v, angle) => {
      const length = Math.hypot(...v);
      fc.pre(length > 0.01);
      const turn = rodrigues(v.map((value) => (value / length) * angle));
      expect(geodesicAngle(rodrigues(v), multiply(rodrigues(v), turn))).toBeCloseTo(Math.abs(angle), 7);
    }),
  );
});

test('Euler angles come back from their matrix', () => {
  fc.assert(
    fc.property(real(3.1), real(1.5), real(3.1), (yaw, pitch, roll) => {
      const angles = eulerFromMatrix(matrixFromEuler({ yaw, pitch, roll }));
      expect(angles.yaw).toBeCloseTo(yaw, 7);
      expect(angles.pitch).toBeCloseTo(pitch, 7);
      expect(angles.roll).toBeCloseTo(roll, 7);
    }),
  );
});

test('positive yaw, pitch and roll turn left, down and towards the subject’s right', () => {
  expect(rotate(matrixFromEuler({ yaw: 0.3, pitch: 0, roll: 0 }), [0, 0, 1])[0]).toBeGreaterThan(0);
  expect(rotate(matrixFromEuler({ yaw: 0, pitch: 0.3, roll: 0 }), [0, 0, 1])[1]).toBeLessThan(0);
  expect(rotate(matrixFromEuler({ yaw: 0, pitch: 0, roll: 0.3 }), [0, 1, 0])[0]).toBeLessThan(0);
});

test('looking straight down keeps a rotation whole in yaw', () => {
  const straightDown = matrixFromEuler({ yaw: 0.4, pitch: Math.PI / 2, roll: 0.1 });
  expectClose(matrixFromEuler(eulerFromMatrix(straightDown)), straightDown, 1e-6);
});

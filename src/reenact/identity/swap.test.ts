import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Calibration } from '../fit/types.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { poseHead } from '../head/pose-head.ts';
import { geodesicAngle, logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { swap } from './swap.ts';
import type { SwapDriver } from './swap-options.ts';

const head = createSyntheticHead({ rings: 12, segments: 16 });
const units = head.expressionUnits;
const joints = shapeHead(head, []).joints;

const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const reals = (length: number, limit: number) =>
  fc.array(real(-limit, limit), { minLength: length, maxLength: length });
const anyMotion: fc.Arbitrary<HeadCoefficients> = fc
  .tuple(
    fc.array(real(0, 1.1), { minLength: units.length, maxLength: units.length }),
    reals(6, 0.5),
    reals(9, 0.3),
    fc.tuple(real(-0.1, 0.1), real(-0.1, 0.1), real(-1, -0.4)),
  )
  .map(([psi, pose, rest, translation]) => motion(psi, [...pose, ...withoutEyeRoll(rest)], translation));

function withoutEyeRoll(jawAndEyes: number[]): number[] {
  return jawAndEyes.map((value, i) => (i === 5 || i === 8 ? 0 : value));
}

function motion(
  psi: number[] = [],
  theta: number[] = [],
  translation: number[] = [0, 0, -0.6],
): HeadCoefficients {
  const padded = { psi: new Float32Array(units.length), theta: new Float32Array(15) };
  padded.psi.set(psi);
  padded.theta.set(theta);
  return { ...padded, translation: Float32Array.from(translation) };
}

function referenceOf(coefficients: HeadCoefficients, interocularM = 0.063) {
  const calibration: Calibration = {
    beta: new Float32Array(head.shapeCount),
    camera: { focalPx: 700, centreX: 256, centreY: 256 },
    bias: new Float32Array(478 * 3),
    neutral: motion(),
    interocularM,
  };
  return { coefficients, calibration };
}

function driverOf(coefficients: HeadCoefficients, neutral = motion(), interocularM = 0.063): SwapDriver {
  return { coefficients, neutral, interocularM, joints };
}

const unitAt = (name: string) => units.findIndex((unit) => unit.name === name);

describe('pose', () => {
  test('relative adds the driver’s turn from its neutral to the portrait’s own rotation', () => {
    fc.assert(
      fc.property(anyMotion, anyMotion, anyMotion, (own, now, neutral) => {
        const out = swap(referenceOf(own), driverOf(now, neutral), { units });
        const turn = multiply(headRotation(now), transpose(headRotation(neutral)));
        expect(geodesicAngle(headRotation(out), multiply(turn, headRotation(own)))).toBeLessThan(1e-6);
      }),
    );
  });

  test('absolute gives the driver’s rotation', () => {
    fc.assert(
      fc.property(anyMotion, anyMotion, anyMotion, (own, now, neutral) => {
        const out = swap(referenceOf(own), driverOf(now, neutral), { units, pose: 'absolute' });
        expect(geodesicAngle(headRotation(out), headRotation(now))).toBeLessThan(1e-6);
      }),
    );
  });

  test('happens in the neck: shoulders stay, the head turns', () => {
    const own = motion([], [0.1, -0.2, 0.05]);
    const out = swap(referenceOf(own), driverOf(motion([], [0, 0.5, 0])), {
      units,
      gain: { translation: 0 },
    });
    expect([...out.theta.subarray(0, 3)]).toEqual([...own.theta.subarray(0, 3)]);
    const shaped = shapeHead(head, []);
    const [before, after] = [poseHead(shaped, own), poseHead(shaped, out)];
    for (let v = 0; v < head.vertexCount; v++) {
      const moved = Math.hypot(...[0, 1, 2].map((axis) => after[v * 3 + axis] - before[v * 3 + axis]));
      if (head.skinWeights[v * 5] === 1) expect(moved).toBeLessThan(1e-6);
    }
    const crown = 0;
    expect(Math.abs(after[crown * 3 + 2] - before[crown * 3 + 2])).toBeGreaterThan(1e-3);
  });

  test('gain scales the angle of the turn about its axis', () => {
    const out = swap(referenceOf(motion()), driverOf(motion([], [0.1, 0.4, -0.2])), {
      units,
      gain: { head: 0.5 },
    });
    logRotation(headRotation(out)).forEach((value, axis) => {
      expect(value).toBeCloseTo([0.05, 0.2, -0.1][axis], 6);
    });
  });

  test('at rest leaves the portrait as it is, whatever its pose and the driver’s rest', () => {
    fc.assert(
      fc.property(anyMotion, anyMotion, (own, neutral) => {
        const out = swap(referenceOf(own), driverOf(neutral, neutral), { units, expression: 'relative' });
        expect(geodesicAngle(headRotation(out), headRotation(own))).toBeLessThan(1e-6);
        out.psi.forEach((value, c) => {
          expect(value).toBeCloseTo(own.psi[c], 6);
        });
        out.theta.subarray(6).forEach((value, i) => {
          expect(value).toBeCloseTo(own.theta[6 + i], 6);
        });
        out.translation.forEach((value, axis) => {
          expect(value).toBeCloseTo(own.translation[axis], 6);
        });
      }),
    );
  });
});

describe('expression', () => {
  test('absolute is the driver’s, scaled by the gain of its region and kept within bounds', () => {
    const now = motion(new Array(units.length).fill(0.8), [0, 0, 0, 0, 0, 0, 0.2, 0.02, 0]);
    const own = motion(new Array(units.length).fill(0.3), [0, 0, 0, 0, 0, 0, 0.1]);
    const out = swap(referenceOf(own), driverOf(now), { units, gain: { brows: 0.5, mouth: 2, jaw: 1.5 } });
    expect(out.psi[unitAt('brow-up-left')]).toBeCloseTo(0.4, 6);
    expect(out.psi[unitAt('smile-left')]).toBeCloseTo(1.15, 6);
    expect(out.psi[unitAt('blink-left')]).toBeCloseTo(0.8, 6);
    expect(out.theta[6]).toBeCloseTo(0.3, 6);
    expect(out.theta[7]).toBeCloseTo(0.03, 6);
  });

  test('relative adds the difference from the neutral to the portrait’s own', () => {
    const neutral = motion([0.2], [0, 0, 0, 0, 0, 0, 0.1]);
    const now = motion([0.5], [0, 0, 0, 0, 0, 0, 0.25]);
    const own = motion([0.4], [0, 0, 0, 0, 0, 0, 0.05]);
    const out = swap(referenceOf(own), driverOf(now, neutral), { units, expression: 'relative' });
    expect(out.psi[0]).toBeCloseTo(0.7, 6);
    expect(out.theta[6]).toBeCloseTo(0.2, 6);
  });

  test('relative never closes the jaw beyond closed', () => {
    const neutral = motion([], [0, 0, 0, 0, 0, 0, 0.3]);
    const out = swap(referenceOf(motion()), driverOf(motion(), neutral), { units, expression: 'relative' });
    expect(out.theta[6]).toBe(0);
  });
});

describe('gaze', () => {
  const looking = (x: number, y: number) => motion([], [...new Array(9).fill(0), x, y, 0, x, y, 0]);

  test('follows the driver’s change from its neutral, from where the portrait looks', () => {
    const out = swap(referenceOf(looking(0.05, -0.1)), driverOf(looking(0.1, 0.3), looking(0.02, 0.1)), {
      units,
    });
    expect(out.theta[9]).toBeCloseTo(0.13, 6);
    expect(out.theta[13]).toBeCloseTo(0.1, 6);
  });

  test('can be the driver’s own, and never rolls an iris away', () => {
    const driver = driverOf(looking(0.3, 0.7), looking(0.1, 0.1));
    const out = swap(referenceOf(looking(0.2, 0.2)), driver, { units, gaze: 'absolute', gain: { gaze: 2 } });
    expect([...out.theta.subarray(9)]).toEqual([0.5, 0.75, 0, 0.5, 0.75, 0]);
  });
});

describe('translation', () => {
  const atGain = (translation: number) => ({ units, gain: { translation } });

  test('between equal heads at gain 1 is the driver’s displacement', () => {
    fc.assert(
      fc.property(anyMotion, anyMotion, (neutral, now) => {
        const moved = { ...neutral, translation: now.translation };
        const out = swap(referenceOf(neutral), driverOf(moved, neutral), atGain(1));
        out.translation.forEach((value, axis) => {
          expect(value).toBeCloseTo(now.translation[axis], 5);
        });
      }),
    );
  });

  test('counts in inter-ocular distances of the picture and is damped to 0.4', () => {
    const now = motion([], [], [0.06, -0.03, -0.6]);
    const out = swap(referenceOf(motion([], [], [0.01, 0.02, -1.2]), 0.05), driverOf(now, motion(), 0.06), {
      units,
    });
    expect(out.translation[0]).toBeCloseTo(0.01 + 0.4 * 0.05, 6);
    expect(out.translation[1]).toBeCloseTo(0.02 - 0.4 * 0.025, 6);
    expect(out.translation[2]).toBeCloseTo(-1.2, 6);
  });

  test('in depth keeps the place in the picture and does not depend on the driver’s focal length', () => {
    const own = motion([], [], [0.1, 0, -1]);
    const near = (scale: number) =>
      swap(
        referenceOf(own),
        driverOf(motion([], [], [0, 0, -0.4 * scale]), motion([], [], [0, 0, -0.5 * scale])),
        atGain(1),
      ).translation;
    expect(near(1)[2]).toBeCloseTo(-0.8, 6);
    expect(near(1)[0] / near(1)[2]).toBeCloseTo(-0.1, 6);
    expect([...near(2)]).toEqual([...near(1)]);
  });

  test('a driver who turns about the neck does not move', () => {
    const turn = rodrigues([0.2, 0.5, 0]);
    const arm = [0, 1, 2].map((axis) => joints[3 + axis] - joints[axis]);
    // The translation that a fit with all rotation in the global joint finds for a turn about the neck joint.
    const made = arm.map(
      (value, row) =>
        value - (turn[row * 3] * arm[0] + turn[row * 3 + 1] * arm[1] + turn[row * 3 + 2] * arm[2]),
    );
    const now = motion([], [0.2, 0.5, 0], [made[0], made[1], made[2] - 0.6]);
    const out = swap(referenceOf(motion()), driverOf(now), atGain(1));
    expect(out.translation[0]).toBeCloseTo(0, 6);
    expect(out.translation[1]).toBeCloseTo(0, 6);
    expect(out.translation[2]).toBeCloseTo(-0.6, 6);
  });
});

describe('mirror', () => {
  test('changes sides of units, eyes, turns and displacement', () => {
    const now = motion(
      [],
      [0.1, 0.2, 0.3, 0, 0, 0, 0.2, 0.05, 0, 0.1, 0.2, 0, 0.1, 0.3, 0],
      [0.05, 0.01, -0.6],
    );
    now.psi[unitAt('smile-left')] = 0.9;
    const out = swap(referenceOf(motion()), driverOf(now), { units, mirror: true, gain: { translation: 1 } });
    const plain = swap(referenceOf(motion()), driverOf(now), { units, gain: { translation: 1 } });
    expect(out.psi[unitAt('smile-right')]).toBeCloseTo(0.9, 6);
    expect(out.psi[unitAt('smile-left')]).toBe(0);
    expect(out.theta[9 + 1]).toBeCloseTo(-0.3, 6);
    expect(out.theta[12 + 1]).toBeCloseTo(-0.2, 6);
    expect(out.theta[7]).toBeCloseTo(-0.05, 6);
    expect(out.translation[0]).toBeCloseTo(-plain.translation[0], 6);
    const [mirrored, straight] = [logRotation(headRotation(out)), logRotation(headRotation(plain))];
    expect(mirrored[0]).toBeCloseTo(straight[0], 6);
    expect(mirrored[1]).toBeCloseTo(-straight[1], 6);
    expect(mirrored[2]).toBeCloseTo(-straight[2], 6);
  });
});

test('neither argument is changed', () => {
  const own = motion([0.1], [0.1, 0.2, 0.3]);
  const now = motion([0.4], [0.3, 0.2, 0.1]);
  const copies = structuredClone([own, now]);
  swap(referenceOf(own), driverOf(now), { units, mirror: true });
  expect([own, now]).toEqual(copies);
});

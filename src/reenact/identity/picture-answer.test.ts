import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';
import { type PictureAnswer, TURN_FEATURES, tellTurn, turnFeatures, turnFrom } from './picture-answer.ts';
import { regressAnswer } from './regress-answer.ts';

const HEIGHTS = Float64Array.of(0.1, 0);

function face(neck: readonly number[], jawRad = 0, brow = 0): HeadCoefficients {
  const theta = new Float32Array(15);
  theta.set([0.1, -0.2, 0.02]);
  theta.set(neck, 3);
  theta[6] = jawRad;
  return { psi: Float32Array.of(brow, 0), theta, translation: Float32Array.of(0, 0, -1) };
}

const PORTRAIT = face([0.05, 0, 0.01], 0.02);

function answer(turn: readonly number[]): PictureAnswer {
  return { turn: Float64Array.from(turn), browHeights: HEIGHTS, opening: null, lids: null };
}

const anyTurn = fc.array(fc.double({ min: -0.25, max: 0.25, noNaN: true }), { minLength: 3, maxLength: 3 });
/** Answers of the size that pictures give. */
const anyAnswer = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), {
    minLength: 3 * TURN_FEATURES,
    maxLength: 3 * TURN_FEATURES,
  })
  .map((values) =>
    answer(
      values.map((value, i) => value * [0.02, 0.1, 0.1, 0.1, 0.2, 0.2, 0.1, 0.02, 0.3][i % TURN_FEATURES]),
    ),
  );

/** What the picture is read as, by the answer's own account. */
function read({ turn }: PictureAnswer, told: HeadCoefficients): number[] {
  const t = turnFrom(PORTRAIT, told);
  const state = {
    turn: t,
    jawRad: told.theta[6] - PORTRAIT.theta[6],
    browIod: HEIGHTS[0] * (told.psi[0] - PORTRAIT.psi[0]),
  };
  const features = turnFeatures(state, new Float64Array(TURN_FEATURES));
  return [0, 1, 2].map((axis) =>
    features.reduce((sum, value, f) => sum + value * turn[axis * TURN_FEATURES + f], t[axis]),
  );
}

describe('tellTurn', () => {
  it('tells what is read as commanded, whatever the answer', () => {
    fc.assert(
      fc.property(anyAnswer, anyTurn, fc.double({ min: 0, max: 0.4, noNaN: true }), (given, neck, jawRad) => {
        const commanded = face(neck, jawRad, 0.5);
        const told = tellTurn({ answer: given, coefficients: PORTRAIT }, commanded);
        const wanted = turnFrom(PORTRAIT, commanded);
        read(given, told).forEach((angle, axis) => {
          expect(Math.abs(angle - wanted[axis])).toBeLessThan(0.002);
        });
      }),
    );
  });

  it('turns the neck only, and nothing where nobody looked', () => {
    const commanded = face([0.1, 0.2, -0.1], 0.1);
    expect(tellTurn({ coefficients: PORTRAIT }, commanded)).toBe(commanded);
    const turn = new Float64Array(3 * TURN_FEATURES);
    turn[TURN_FEATURES + 2] = -0.1;
    const told = tellTurn({ answer: answer([...turn]), coefficients: PORTRAIT }, commanded);
    expect(told.theta.subarray(0, 3)).toEqual(commanded.theta.subarray(0, 3));
    expect(told.theta.subarray(6)).toEqual(commanded.theta.subarray(6));
    expect(turnFrom(PORTRAIT, told)[1] / turnFrom(PORTRAIT, commanded)[1]).toBeCloseTo(1 / 0.9, 2);
  });

  it('turns a repaired picture less, as far as was looked', () => {
    const none = { answer: answer([...new Float64Array(3 * TURN_FEATURES)]), coefficients: PORTRAIT };
    const told = (degrees: number, repaired: number): number => {
      const turned = multiply(rodrigues([0, (degrees * Math.PI) / 180, 0]), headRotation(PORTRAIT));
      const theta = Float32Array.from(PORTRAIT.theta);
      theta.set(logRotation(multiply(transpose(rodrigues(theta)), turned)), 3);
      return (turnFrom(PORTRAIT, tellTurn(none, { ...PORTRAIT, theta }, repaired))[1] * 180) / Math.PI;
    };
    for (const side of [-1, 1]) {
      expect(told(side * 20, 1)).toBeCloseTo((side * 20) / 1.055, 2);
      expect(told(side * 20, 0.5)).toBeCloseTo((side * 20) / 1.0275, 2);
      expect(told(side * 20, 0)).toBeCloseTo(side * 20, 3);
      expect(told(side * 60, 1)).toBeCloseTo(side * (60 - 0.055 * 36), 2);
    }
  });

  it('corrects a turn beyond all that was seen no further than the last that was', () => {
    const turn = new Float64Array(3 * TURN_FEATURES);
    turn[TURN_FEATURES + 2] = -0.1;
    const far = face([0, 1, 0]);
    const told = tellTurn({ answer: answer([...turn]), coefficients: PORTRAIT }, far);
    expect(turnFrom(PORTRAIT, told)[1] - turnFrom(PORTRAIT, far)[1]).toBeCloseTo(0.04, 3);
  });
});

describe('regressAnswer', () => {
  it('finds the answer that readings were made with, noise and all', () => {
    fc.assert(
      fc.property(anyAnswer, fc.infiniteStream(anyTurn), ({ turn }, turns) => {
        const noise = (k: number): number => 0.004 * Math.sin(12.9898 * k) * Math.cos(78.233 * k);
        const readings = Array.from({ length: 60 }, (_, k) => {
          const state = {
            turn: turns.next().value as number[],
            jawRad: (k % 7) / 20,
            browIod: ((k % 5) - 2) / 20,
          };
          const features = turnFeatures(state, new Float64Array(TURN_FEATURES));
          const further = [0, 1, 2].map((axis) =>
            features.reduce(
              (sum, value, f) => sum + value * turn[axis * TURN_FEATURES + f],
              noise(3 * k + axis),
            ),
          );
          return { features, further };
        });
        const learned = regressAnswer(readings);
        for (const { features, further } of readings)
          for (let axis = 0; axis < 3; axis++) {
            const said = features.reduce(
              (sum, value, f) => sum + value * learned[axis * TURN_FEATURES + f],
              0,
            );
            expect(Math.abs(said - further[axis])).toBeLessThan(0.02);
          }
      }),
      { numRuns: 30 },
    );
  });

  it('says nothing where nothing was read', () => {
    expect(regressAnswer([])).toEqual(new Float64Array(3 * TURN_FEATURES));
  });
});

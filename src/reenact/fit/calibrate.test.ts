import { describe, expect, it } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { geodesicAngle, rodrigues } from '../head/rotation.ts';
import { calibrate, uncalibrated } from './calibrate.ts';
import { packCoefficients } from './face-parameters.ts';
import { fixtureCoefficients, fixtureEmbedding, fixtureFace, fixtureHead } from './fit-fixture.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { seededRandom } from './seeded-random.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT } from './types.ts';

const head = fixtureHead();
const rig = new LandmarkRig(head, fixtureEmbedding(head));
const evaluation = new LandmarkEvaluation(rig);
const NO_BIAS = new Float64Array(LANDMARK_COUNT * 3);

function clip(seed: number, count: number, focalPx: number, change?: (truth: HeadCoefficients) => void) {
  const random = seededRandom(seed);
  const beta = Float64Array.from({ length: head.shapeCount }, () => 2.4 * (random() - 0.5));
  const camera = { focalPx, centreX: 256, centreY: 256 };
  const truths: HeadCoefficients[] = [];
  const faces = Array.from({ length: count }, (_, index) => {
    const truth = fixtureCoefficients(head, random, 0.35);
    change?.(truth);
    truths.push(truth);
    evaluation.evaluate(shapeRig(rig, beta, NO_BIAS), packCoefficients(truth), camera);
    return fixtureFace(
      evaluation.pixels.map((value) => value + 0.4 * (random() + random() - 1)),
      index,
    );
  });
  return { beta, truths, faces };
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.hypot(...Array.from(a, (value, i) => value - b[i]));
}

describe('calibration', () => {
  it('recovers shape and focal length from a varied clip', () => {
    const { beta, faces, truths } = clip(5, 16, 850);
    const calibration = calibrate(rig, faces, { biasRounds: 0 });
    expect(distance(calibration.beta, beta)).toBeLessThan(
      0.25 * distance(beta, new Float64Array(beta.length)),
    );
    expect(Math.abs(Math.log(calibration.camera.focalPx / 850))).toBeLessThan(0.15);
    expect(calibration.neutral.psi).toHaveLength(head.expressionCount);
    const middle = calibration.neutral.theta;
    const turn = Math.min(...truths.map(({ theta }) => geodesicAngle(rodrigues(theta), rodrigues(middle))));
    expect(turn).toBeLessThan(0.4);
  });

  it('does not bake a mouth that never rests into the shape', () => {
    const open = (truth: HeadCoefficients) => {
      truth.theta[6] = 0.25 + 0.05 * truth.theta[1];
    };
    const { faces } = clip(6, 16, 620, open);
    const calibration = calibrate(rig, faces);
    // At least four fifths of the opening stay in the jaw.
    expect(calibration.neutral.theta[6]).toBeGreaterThan(0.2);
  });

  it('takes a single face', () => {
    const { faces } = clip(7, 1, 620);
    const calibration = calibrate(rig, faces);
    expect([...calibration.beta, ...calibration.bias].every(Number.isFinite)).toBe(true);
    expect(calibration.beta.every((value) => Math.abs(value) <= 3)).toBe(true);
  });

  it('refuses no faces, and faces of different pictures', () => {
    expect(() => calibrate(rig, [])).toThrow(expect.objectContaining({ code: 'NO_FACE' }));
    const { faces } = clip(8, 2, 620);
    expect(() => calibrate(rig, [faces[0], { ...faces[1], imageWidth: 640 }])).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('starts from the mean head where nothing is known', () => {
    const calibration = uncalibrated(rig, 640, 480);
    expect(calibration.beta.every((value) => value === 0)).toBe(true);
    expect(calibration.camera).toMatchObject({ centreX: 320, centreY: 240 });
    expect(calibration.interocularM).toBeCloseTo(0.063, 3);
  });
});

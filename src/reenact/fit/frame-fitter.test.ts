import { describe, expect, it } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { turnBetween } from './blend-coefficients.ts';
import { uncalibrated } from './calibrate.ts';
import { packCoefficients } from './face-parameters.ts';
import { fixtureCoefficients, fixtureEmbedding, fixtureFace, fixtureHead } from './fit-fixture.ts';
import { FrameFitter } from './frame-fitter.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { seededRandom } from './seeded-random.ts';
import { shapeRig } from './shaped-rig.ts';

const head = fixtureHead();
const rig = new LandmarkRig(head, fixtureEmbedding(head));
const calibration = uncalibrated(rig, 512, 512);
const evaluation = new LandmarkEvaluation(rig);
const shaped = shapeRig(rig, calibration.beta, calibration.bias);

function faceOf(coefficients: HeadCoefficients, sequence: number) {
  evaluation.evaluate(shaped, packCoefficients(coefficients), calibration.camera);
  return fixtureFace(evaluation.pixels, sequence);
}

function turning(sequence: number): HeadCoefficients {
  const base = fixtureCoefficients(head, seededRandom(9), 0.3);
  const theta = base.theta.slice();
  theta.set([0.1 * Math.sin(sequence / 7), 0.5 * Math.sin(sequence / 10), 0]);
  theta[6] = 0.15 + 0.15 * Math.sin(sequence / 3);
  return { ...base, theta };
}

describe('the frame fitter', () => {
  it('follows a moving head and mouth, warm-started, in a few steps a frame', () => {
    const fitter = new FrameFitter(rig, calibration);
    for (let sequence = 0; sequence < 60; sequence++) {
      const truth = turning(sequence);
      const fitted = fitter.fit(faceOf(truth, sequence));
      expect(fitted.sequence).toBe(sequence);
      expect(fitted.reprojectionIod).toBeLessThan(0.004);
      expect(turnBetween(fitted.coefficients, truth)).toBeLessThan(0.03);
      expect(fitted.coefficients.theta.slice(3, 6)).toEqual(new Float32Array(3));
      if (sequence > 0) expect(fitted.iterations).toBeLessThanOrEqual(3);
    }
  });

  it('finds the head again when it is suddenly elsewhere', () => {
    const fitter = new FrameFitter(rig, calibration);
    fitter.fit(faceOf(turning(0), 0));
    const far = turning(0);
    far.theta.set([-0.3, -0.6, 0.9]);
    far.translation.set([0.1, -0.08, -1]);
    const fitted = fitter.fit(faceOf(far, 1));
    expect(fitted.reprojectionIod).toBeLessThan(0.006);
    expect(turnBetween(fitted.coefficients, far)).toBeLessThan(0.05);
  });

  it('starts from nothing after a reset', () => {
    const once = new FrameFitter(rig, calibration).fit(faceOf(turning(20), 0));
    const fitter = new FrameFitter(rig, calibration);
    fitter.fit(faceOf(turning(0), 0));
    fitter.reset();
    expect(fitter.fit(faceOf(turning(20), 0)).coefficients).toEqual(once.coefficients);
  });

  it('gives the same coefficients for the same frame again and again', () => {
    const fitter = new FrameFitter(rig, calibration);
    const face = faceOf(turning(12), 0);
    let before = fitter.fit(face);
    for (let i = 0; i < 20; i++) before = fitter.fit(face);
    const after = fitter.fit(face);
    expect(turnBetween(before.coefficients, after.coefficients)).toBeLessThan(1e-4);
    after.coefficients.psi.forEach((value, unit) => {
      expect(Math.abs(value - before.coefficients.psi[unit])).toBeLessThan(2e-3);
    });
  });
});

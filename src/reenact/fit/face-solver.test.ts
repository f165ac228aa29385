import { describe, expect, it } from 'vitest';
import { geodesicAngle, rodrigues } from '../head/rotation.ts';
import { packCoefficients } from './face-parameters.ts';
import { FaceSolver } from './face-solver.ts';
import { fixtureCoefficients, fixtureEmbedding, fixtureFace, fixtureHead } from './fit-fixture.ts';
import { restPrior } from './fit-prior.ts';
import { initialPose } from './initial-pose.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { observe } from './observation.ts';
import { plainFit } from './plain-fit.ts';
import { seededRandom } from './seeded-random.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT } from './types.ts';

const camera = { focalPx: 700, centreX: 256, centreY: 256 };
const head = fixtureHead();
const rig = new LandmarkRig(head, fixtureEmbedding(head));
const shaped = shapeRig(rig, [], new Float32Array(LANDMARK_COUNT * 3));
const prior = restPrior(head);

function faceOf(seed: number, noisePx: number, strength = 0.6) {
  const random = seededRandom(seed);
  const truth = fixtureCoefficients(head, random, strength);
  const evaluation = new LandmarkEvaluation(rig);
  evaluation.evaluate(shaped, packCoefficients(truth), camera);
  const pixels = evaluation.pixels.map((value) => value + noisePx * (random() + random() - 1));
  return { truth, face: fixtureFace(pixels) };
}

describe('the first guess of a pose', () => {
  it('is within 20 degrees and 15 % of the depth', () => {
    for (let seed = 1; seed < 20; seed++) {
      const { truth, face } = faceOf(seed, 0.5, 0.2);
      const guess = initialPose(shaped, camera, observe(face));
      expect(geodesicAngle(rodrigues(guess.theta), rodrigues(truth.theta))).toBeLessThan(0.35);
      expect(Math.abs(guess.translation[2] / truth.translation[2] - 1)).toBeLessThan(0.15);
    }
  });
});

describe('the face solver', () => {
  it('reaches the minimum that the plain dense reference reaches', () => {
    const { face } = faceOf(7, 2);
    const observation = observe(face);
    // Outliers, so that Huber's loss is at work.
    for (let i = 0; i < 30; i++) observation.pixels[i * 17] += 40;
    const start = packCoefficients(initialPose(shaped, camera, observation));
    const fast = start.slice();
    const solver = new FaceSolver(rig);
    const { cost } = solver.solve(shaped, camera, observation, prior, fast, {
      maxIterations: 80,
      tolerance: 1e-13,
    });
    const slow = fast.map((value, p) =>
      Math.min(prior.max[p], Math.max(prior.min[p], value + (p < head.expressionCount ? 0.02 : 0.002))),
    );
    const slowCost = plainFit(rig, [], camera, observation, prior, slow, 12);
    expect(cost / slowCost).toBeCloseTo(1, 5);
    for (let p = 0; p < fast.length; p++) expect(fast[p]).toBeCloseTo(slow[p], 2);
  });

  it('finds the pose and the landmarks of a clean face', () => {
    for (let seed = 1; seed < 8; seed++) {
      const { truth, face } = faceOf(seed, 0);
      const observation = observe(face);
      const parameters = packCoefficients(initialPose(shaped, camera, observation));
      const solver = new FaceSolver(rig);
      solver.solve(shaped, camera, observation, prior, parameters, { maxIterations: 40, tolerance: 1e-6 });
      const rotation = rodrigues(parameters, head.expressionCount);
      expect(geodesicAngle(rotation, rodrigues(truth.theta))).toBeLessThan(0.02);
      const errors = Array.from({ length: LANDMARK_COUNT }, (_, i) =>
        Math.hypot(
          solver.evaluation.pixels[i * 2] - observation.pixels[i * 2],
          solver.evaluation.pixels[i * 2 + 1] - observation.pixels[i * 2 + 1],
        ),
      ).sort((a, b) => a - b);
      expect(errors[239] / observation.interocularPx).toBeLessThan(0.005);
    }
  });

  it('never leaves the bounds and never raises the cost', () => {
    const { face } = faceOf(11, 6);
    const observation = observe(face);
    const parameters = packCoefficients(initialPose(shaped, camera, observation));
    const solver = new FaceSolver(rig);
    let before = Number.POSITIVE_INFINITY;
    for (let iteration = 0; iteration < 10; iteration++) {
      const { cost } = solver.solve(shaped, camera, observation, prior, parameters, {
        maxIterations: 1,
        tolerance: 0,
      });
      expect(cost).toBeLessThanOrEqual(before * (1 + 1e-12));
      before = cost;
      parameters.forEach((value, p) => {
        expect(value).toBeGreaterThanOrEqual(prior.min[p]);
        expect(value).toBeLessThanOrEqual(prior.max[p]);
      });
    }
  });

  it('goes without the irises of a 468-point tracker', () => {
    const { truth, face } = faceOf(3, 0);
    const observation = observe({ ...face, points: 468 });
    const parameters = packCoefficients(initialPose(shaped, camera, observation));
    const solver = new FaceSolver(rig);
    solver.solve(shaped, camera, observation, prior, parameters, { maxIterations: 40, tolerance: 1e-6 });
    expect(parameters.every(Number.isFinite)).toBe(true);
    expect(geodesicAngle(rodrigues(parameters, head.expressionCount), rodrigues(truth.theta))).toBeLessThan(
      0.03,
    );
  });
});

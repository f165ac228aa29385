import { describe, expect, it } from 'vitest';
import { shapeHead } from '../head/shape-head.ts';
import { type CalibrationSample, createSample } from './calibration-sample.ts';
import { embedLandmarks, facing } from './embed-landmarks.ts';
import { reportEmbedding } from './embedding-report.ts';
import { packCoefficients } from './face-parameters.ts';
import { fixtureCoefficients, fixtureEmbedding, fixtureFace, fixtureHead } from './fit-fixture.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { learnResponse } from './learn-response.ts';
import { seededRandom } from './seeded-random.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT, type LandmarkEmbedding } from './types.ts';

const head = fixtureHead();
const camera = { focalPx: 700, centreX: 256, centreY: 256 };

/** Pictures of the fixture in which the tracker finds exactly the points of `truth`, give or take `noisePx`. */
function picture(truth: LandmarkEmbedding, count: number, noisePx: number): CalibrationSample[] {
  const random = seededRandom(4);
  const rig = new LandmarkRig(head, truth);
  const evaluation = new LandmarkEvaluation(rig);
  return Array.from({ length: count }, (_, index) => {
    const shaped = shapeHead(
      head,
      Float32Array.from({ length: head.shapeCount }, () => random() - 0.5),
    );
    const coefficients = fixtureCoefficients(head, random, 0.4);
    const bias = new Float32Array(LANDMARK_COUNT * 3);
    evaluation.evaluate(shapeRig(rig, shaped.beta, bias), packCoefficients(coefficients), camera);
    const pixels = evaluation.pixels.map((value) => value + noisePx * (random() + random() - 1));
    return createSample(index % 6, shaped, coefficients, camera, fixtureFace(pixels));
  });
}

function templatePoint({ triangles, barycentric }: LandmarkEmbedding, landmark: number): number[] {
  return [0, 1, 2].map((axis) =>
    [0, 1, 2].reduce(
      (sum, k) =>
        sum +
        barycentric[landmark * 3 + k] * head.template[head.triangles[triangles[landmark] * 3 + k] * 3 + axis],
      0,
    ),
  );
}

describe('the landmark embedding', () => {
  it('finds the surface points that the tracker sees', () => {
    const truth = fixtureEmbedding(head);
    const samples = picture(truth, 36, 0.6);
    const found = embedLandmarks(head, samples.slice(0, 24), samples.slice(24));
    const front = [...truth.triangles.keys()].filter((landmark) =>
      samples.every((sample) => facing(head, sample, truth.triangles[landmark]) > 0.3),
    );
    const errorsMm = front
      .map((landmark) => {
        const [a, b] = [templatePoint(truth, landmark), templatePoint(found, landmark)];
        return 1000 * Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
      })
      .sort((a, b) => a - b);
    expect(front.length).toBeGreaterThan(100);
    expect(errorsMm[errorsMm.length >> 1]).toBeLessThan(0.5);
    expect(errorsMm[Math.floor(errorsMm.length * 0.95)]).toBeLessThan(1.5);
    expect(reportEmbedding(head, found, samples.slice(24)).every(({ frontal }) => (frontal ?? 0) < 2)).toBe(
      true,
    );
  });

  it('learns how the tracked points slide with the head and the jaw', () => {
    const truth = fixtureEmbedding(head, 2, true);
    const still = { ...truth, response: new Float32Array(truth.response.length) };
    const learnt = learnResponse(still, picture(truth, 40, 0.3));
    let [left, all] = [0, 0];
    for (let i = 0; i < learnt.length; i++) {
      // Slides along the line of sight can't be seen: x and y count.
      if (i % 3 === 2) continue;
      left += (learnt[i] - truth.response[i]) ** 2;
      all += truth.response[i] ** 2;
    }
    expect(left).toBeLessThan(0.1 * all);
  });
});

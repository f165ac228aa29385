import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainPoseHead } from '../head/plain-head.ts';
import { applyStep, packCoefficients, unpackCoefficients } from './face-parameters.ts';
import { fixtureCoefficients, fixtureEmbedding, fixtureHead } from './fit-fixture.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { seededRandom } from './seeded-random.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT, RESPONSE_FEATURES } from './types.ts';

const camera = { focalPx: 700, centreX: 256, centreY: 256 };
const NO_BIAS = new Float32Array(LANDMARK_COUNT * 3);

/** Greatest absolute value of `of` over the elements. */
function worst(values: Float64Array, of: (value: number, index: number) => number): number {
  return values.reduce((most, value, index) => Math.max(most, Math.abs(of(value, index))), 0);
}

describe.each([
  ['plain', false, false],
  ['with pose correctives', true, false],
  ["with the tracker's response", false, true],
])('landmark evaluation, %s', (_, withCorrectives, withResponse) => {
  const head = fixtureHead(1, withCorrectives);
  const embedding = fixtureEmbedding(head, 2, withResponse);
  const rig = new LandmarkRig(head, embedding);
  const evaluation = new LandmarkEvaluation(rig);

  it.skipIf(withResponse)('places the landmarks where the whole head has them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const random = seededRandom(seed);
        const beta = Array.from({ length: head.shapeCount }, () => random() * 4 - 2);
        const coefficients = fixtureCoefficients(head, random);
        evaluation.evaluate(shapeRig(rig, beta, NO_BIAS), packCoefficients(coefficients), camera);
        const vertices = plainPoseHead(head, beta, coefficients);
        for (let landmark = 0; landmark < LANDMARK_COUNT; landmark += 7)
          for (let axis = 0; axis < 3; axis++) {
            let expected = 0;
            for (let k = 0; k < 3; k++)
              expected +=
                embedding.barycentric[landmark * 3 + k] *
                vertices[head.triangles[embedding.triangles[landmark] * 3 + k]][axis];
            expect(evaluation.points[landmark * 3 + axis]).toBeCloseTo(expected, 6);
          }
      }),
      { numRuns: 10 },
    );
  });

  it('differentiates the projections by every parameter as finite differences do', () => {
    const random = seededRandom(3);
    const shaped = shapeRig(rig, [1, -1, 0.5], NO_BIAS);
    const parameters = packCoefficients(fixtureCoefficients(head, random));
    const dense = denseJacobian();
    const step = new Float64Array(parameters.length);
    const moved = new Float64Array(parameters.length);
    const h = 1e-5;
    for (let p = 0; p < parameters.length; p++) {
      const ahead = pixelsAfter(p, h);
      const behind = pixelsAfter(p, -h);
      expect(worst(ahead, (value, i) => dense[p][i] - (value - behind[i]) / (2 * h))).toBeLessThan(1e-3);
    }

    function pixelsAfter(parameter: number, by: number): Float64Array {
      step.fill(0);
      step[parameter] = by;
      applyStep(parameters, step, moved);
      evaluation.evaluate(shaped, moved, camera);
      return evaluation.pixels.slice();
    }

    function denseJacobian(): Float64Array[] {
      evaluation.evaluate(shaped, parameters, camera);
      evaluation.differentiate();
      const jacobian = Array.from(parameters, () => new Float64Array(LANDMARK_COUNT * 2));
      for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
        for (let c = evaluation.columnStart[landmark]; c < evaluation.columnStart[landmark + 1]; c++) {
          jacobian[evaluation.columns[c]][landmark * 2] += evaluation.dx[c];
          jacobian[evaluation.columns[c]][landmark * 2 + 1] += evaluation.dy[c];
        }
      return jacobian;
    }
  });

  it('differentiates the projections by the bias as finite differences do', () => {
    const random = seededRandom(4);
    const parameters = packCoefficients(fixtureCoefficients(head, random));
    evaluation.evaluate(shapeRig(rig, [], NO_BIAS), parameters, camera);
    evaluation.differentiate();
    const jacobian = evaluation.restJacobian.slice();
    const h = 1e-5;
    for (let axis = 0; axis < 3; axis++) {
      const [ahead, behind] = [h, -h].map((by) => {
        const bias = new Float64Array(LANDMARK_COUNT * 3);
        for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) bias[landmark * 3 + axis] = by;
        evaluation.evaluate(shapeRig(rig, [], bias), parameters, camera);
        return evaluation.pixels.slice();
      });
      const error = worst(
        ahead,
        (value, i) => jacobian[(i >> 1) * 6 + (i & 1) * 3 + axis] - (value - behind[i]) / (2 * h),
      );
      expect(error).toBeLessThan(1e-3);
    }
  });
});

describe('the response of the tracker', () => {
  it('moves a landmark as a bias of that size would', () => {
    const head = fixtureHead();
    const plain = fixtureEmbedding(head);
    const rig = new LandmarkRig(head, plain);
    const responding = {
      ...plain,
      response: new Float64Array(plain.response.length) as unknown as Float32Array,
    };
    const landmark = 100;
    const count = RESPONSE_FEATURES.length;
    responding.response.set([0.001, 0.002, 0.003], (landmark * count + RESPONSE_FEATURES.indexOf('jaw')) * 3);
    responding.response.set([0.004, 0, 0], (landmark * count + RESPONSE_FEATURES.indexOf('pitch')) * 3);
    const coefficients = fixtureCoefficients(head, seededRandom(8));
    coefficients.theta.set([0.3, 0, 0]);
    const bias = new Float64Array(LANDMARK_COUNT * 3);
    const jaw = coefficients.theta[6];
    bias.set([0.001 * jaw + 0.004 * Math.sin(0.3), 0.002 * jaw, 0.003 * jaw], landmark * 3);
    const [a, b] = [new LandmarkEvaluation(rig), new LandmarkEvaluation(new LandmarkRig(head, responding))];
    a.evaluate(shapeRig(a.rig, [], bias), packCoefficients(coefficients), camera);
    b.evaluate(shapeRig(b.rig, [], NO_BIAS), packCoefficients(coefficients), camera);
    for (let i = 0; i < LANDMARK_COUNT * 2; i++) expect(b.pixels[i]).toBeCloseTo(a.pixels[i], 6);
  });
});

describe('face parameters', () => {
  it('survive packing', () => {
    const head = fixtureHead();
    const coefficients = fixtureCoefficients(head, seededRandom(5));
    expect(unpackCoefficients(packCoefficients(coefficients))).toEqual(coefficients);
  });
});

import { describe, expect, it } from 'vitest';
import { packCoefficients } from './face-parameters.ts';
import { fixtureCoefficients, fixtureEmbedding, fixtureHead } from './fit-fixture.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { seededRandom } from './seeded-random.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT } from './types.ts';

const camera = { focalPx: 700, centreX: 256, centreY: 256 };

describe.each([
  ['plain', false, false],
  ['with pose correctives', true, false],
  ["with the tracker's response", false, true],
])('the gradient without a Jacobian, %s', (_, withCorrectives, withResponse) => {
  const head = fixtureHead(1, withCorrectives);
  const rig = new LandmarkRig(head, fixtureEmbedding(head, 2, withResponse));
  const evaluation = new LandmarkEvaluation(rig);
  const shaped = shapeRig(rig, [1, -1, 0.5], new Float32Array(LANDMARK_COUNT * 3));

  it('is the Jacobian times the forces', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seededRandom(seed);
      const parameters = packCoefficients(fixtureCoefficients(head, random));
      // Forces of both signs, and some landmarks without any.
      const force = Float64Array.from({ length: LANDMARK_COUNT * 2 }, (_, i) =>
        i % 14 < 2 ? 0 : random() - 0.5,
      );
      evaluation.evaluate(shaped, parameters, camera);
      evaluation.differentiate();
      const { columnStart, columns, dx, dy } = evaluation;
      const expected = new Float64Array(parameters.length).fill(1);
      const size = new Float64Array(parameters.length).fill(1);
      for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
        for (let c = columnStart[landmark]; c < columnStart[landmark + 1]; c++) {
          expected[columns[c]] += dx[c] * force[landmark * 2] + dy[c] * force[landmark * 2 + 1];
          size[columns[c]] +=
            Math.abs(dx[c] * force[landmark * 2]) + Math.abs(dy[c] * force[landmark * 2 + 1]);
        }
      const gradient = new Float64Array(parameters.length).fill(1);
      evaluation.addGradient(force, gradient);
      gradient.forEach((value, p) => {
        expect(Math.abs(value - expected[p]) / size[p]).toBeLessThan(1e-12);
      });
    }
  });
});

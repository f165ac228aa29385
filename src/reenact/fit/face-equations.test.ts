import { describe, expect, it } from 'vitest';
import { FaceEquations } from './face-equations.ts';
import { LEFT_GAZE_AT, packCoefficients, RIGHT_GAZE_AT } from './face-parameters.ts';
import { fixtureCoefficients, fixtureEmbedding, fixtureFace, fixtureHead } from './fit-fixture.ts';
import { restPrior } from './fit-prior.ts';
import { APART_PAIRS } from './fit-weights.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { observe } from './observation.ts';
import { seededRandom } from './seeded-random.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT } from './types.ts';

const camera = { focalPx: 700, centreX: 256, centreY: 256 };
const head = fixtureHead();
const rig = new LandmarkRig(head, fixtureEmbedding(head));
const shaped = shapeRig(rig, [], new Float32Array(LANDMARK_COUNT * 3));
const prior = restPrior(head);

describe.each([1, 2, 3])('the equations of face %i', (seed) => {
  const equations = new FaceEquations(rig);
  const random = seededRandom(seed);
  const parameters = packCoefficients(fixtureCoefficients(head, random, 0.4));
  equations.evaluation.evaluate(shaped, parameters, camera);
  const observation = observe(
    fixtureFace(equations.evaluation.pixels.map((value) => value + 20 * (random() - 0.5))),
  );
  observation.precision.fill(0, 100, 120);
  equations.cost(observation, prior, parameters);

  it('have one gradient with the Jacobian and without', () => {
    equations.differentiate(observation, prior, parameters);
    const expected = equations.gradient.slice();
    equations.placeGradient(observation, prior, parameters);
    const size = Math.max(...expected.map(Math.abs));
    equations.gradient.forEach((value, p) => {
      expect(Math.abs(value - expected[p]) / size).toBeLessThan(1e-12);
    });
  });

  it('have the matrix that full Jacobians give', () => {
    equations.differentiate(observation, prior, parameters);
    equations.chooseFree(prior, parameters, false);
    equations.assemble(prior);
    const { count, slotParameter, hessian, freeCount: n, weight } = equations;
    expect(n).toBeLessThan(count);
    const rows: { w: number; of: Float64Array }[] = [];
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
      for (const axis of [0, 1]) rows.push({ w: weight[landmark], of: jacobianRow(landmark, axis) });
    for (let p = 0; p < APART_PAIRS.length; p += 2)
      for (const axis of [0, 1]) {
        const lower = jacobianRow(APART_PAIRS[p + 1], axis);
        const of = jacobianRow(APART_PAIRS[p], axis).map((value, i) => value - lower[i]);
        rows.push({ w: observation.apartPrecision, of });
      }
    for (const axis of [0, 1]) {
      const of = new Float64Array(count);
      of[rig.expressionCount + LEFT_GAZE_AT + axis] = 1;
      of[rig.expressionCount + RIGHT_GAZE_AT + axis] = -1;
      rows.push({ w: prior.gazeDifferencePrecision[axis], of });
    }
    let worst = 0;
    for (let a = 0; a < n; a++)
      for (let b = 0; b <= a; b++) {
        const [i, j] = [slotParameter[a], slotParameter[b]];
        let expected = i === j ? prior.precision[i] : 0;
        let size = 1;
        for (const { w, of } of rows) {
          expected += w * of[i] * of[j];
          size += Math.abs(w * of[i] * of[j]);
        }
        worst = Math.max(worst, Math.abs(hessian[a * n + b] - expected) / size);
      }
    expect(worst).toBeLessThan(1e-12);
  });

  function jacobianRow(landmark: number, axis: number): Float64Array {
    const { columnStart, columns, dx, dy } = equations.evaluation;
    const row = new Float64Array(equations.count);
    for (let c = columnStart[landmark]; c < columnStart[landmark + 1]; c++)
      row[columns[c]] = axis === 0 ? dx[c] : dy[c];
    return row;
  }
});

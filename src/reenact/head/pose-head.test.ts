import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HeadCoefficients, HeadModel } from './head-model.ts';
import { plainPoseHead } from './plain-head.ts';
import { poseHead } from './pose-head.ts';
import { reduceHead } from './reduced-head.ts';
import { composeRotations, rodrigues, rotate } from './rotation.ts';
import { shapeHead } from './shape-head.ts';
import { createSyntheticHead } from './synthetic-head.ts';

const small = createSyntheticHead({ rings: 12, segments: 16 });
const corrected = createSyntheticHead({ rings: 12, segments: 16, poseCorrectives: true });

const real = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
const reals = (length: number, limit: number) =>
  fc.array(real(limit), { minLength: length, maxLength: length });
const anyBeta = reals(small.shapeCount, 2);
const anyMotion: fc.Arbitrary<HeadCoefficients> = fc
  .tuple(reals(small.expressionCount, 1), reals(15, 0.8), reals(3, 0.5))
  .map(([psi, theta, translation]) => motion({ psi, theta, translation }));

function motion(parts: { psi?: number[]; theta?: number[]; translation?: number[] }): HeadCoefficients {
  return {
    psi: Float32Array.from(parts.psi ?? []),
    theta: Float32Array.from(parts.theta ?? new Float32Array(15)),
    translation: Float32Array.from(parts.translation ?? [0, 0, 0]),
  };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-6): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
  expect(worst).toBeLessThan(tolerance);
}

/** The same head with every component written out for every vertex, as FLAME's are. */
function withDenseExpression(head: HeadModel): HeadModel {
  const { expressionCount: nE, vertexCount: V, expression } = head;
  const deltas = new Float32Array(nE * V * 3);
  for (let c = 0; c < nE; c++)
    for (let k = expression.offsets[c]; k < expression.offsets[c + 1]; k++)
      deltas.set(expression.deltas.subarray(k * 3, k * 3 + 3), (c * V + expression.indices[k]) * 3);
  return {
    ...head,
    expression: {
      offsets: Uint32Array.from({ length: nE + 1 }, (_, c) => c * V),
      indices: Uint32Array.from({ length: nE * V }, (_, i) => i % V),
      deltas,
    },
  };
}

describe.each([
  ['with dense expression', withDenseExpression(small)],
  ['without pose correctives', small],
  ['with pose correctives', corrected],
])('a head %s', (_, head) => {
  test('agrees with the plain evaluation of FLAME’s equations', () => {
    fc.assert(
      fc.property(anyBeta, anyMotion, (beta, coefficients) => {
        expectClose(
          poseHead(shapeHead(head, beta), coefficients),
          plainPoseHead(head, beta, coefficients).flat(),
        );
      }),
      { numRuns: 25 },
    );
  });

  test('reduced to some vertices gives the same points there', () => {
    const wanted = [3, 70, 12, 3, head.vertexCount - 1];
    const reduced = reduceHead(head, wanted);
    expect([...reduced.vertexIds]).toEqual([3, 70, 12, head.vertexCount - 1]);
    fc.assert(
      fc.property(anyBeta, anyMotion, (beta, coefficients) => {
        const full = poseHead(shapeHead(head, beta), coefficients);
        const shaped = shapeHead(reduced.model, beta);
        expectClose(shaped.joints, shapeHead(head, beta).joints);
        const points = poseHead(shaped, coefficients);
        for (const vertex of wanted) {
          const at = reduced.positionOf[vertex] * 3;
          expectClose(points.subarray(at, at + 3), full.subarray(vertex * 3, vertex * 3 + 3));
        }
      }),
      { numRuns: 25 },
    );
  });

  test('turns rigidly with the global joint', () => {
    fc.assert(
      fc.property(anyBeta, anyMotion, reals(3, 1), (beta, coefficients, turn) => {
        const shaped = shapeHead(head, beta);
        const before = poseHead(shaped, { ...coefficients, translation: new Float32Array(3) });
        const theta = Float32Array.from(coefficients.theta);
        theta.set(composeRotations(turn, theta.subarray(0, 3)));
        const after = poseHead(shaped, { ...coefficients, theta, translation: new Float32Array(3) });
        const pivot = shaped.joints;
        const matrix = rodrigues(turn);
        for (let v = 0; v < head.vertexCount * 3; v += 3) {
          const turned = rotate(matrix, [
            before[v] - pivot[0],
            before[v + 1] - pivot[1],
            before[v + 2] - pivot[2],
          ]);
          expectClose(after.subarray(v, v + 3), [
            turned[0] + pivot[0],
            turned[1] + pivot[1],
            turned[2] + pivot[2],
          ]);
        }
      }),
      { numRuns: 10 },
    );
  });

  test('at rest is its shaped surface, moved by the translation', () => {
    const shaped = shapeHead(head, [1, -1]);
    const points = poseHead(shaped, motion({ translation: [0.25, 0, -0.5] }));
    expectClose(
      points,
      shaped.vertices.map((value, i) => value + [0.25, 0, -0.5][i % 3]),
    );
  });
});

test('surface and joints are linear in beta', () => {
  fc.assert(
    fc.property(anyBeta, anyBeta, real(1), (a, b, t) => {
      const between = shapeHead(
        small,
        a.map((value, i) => value + t * (b[i] - value)),
      );
      const [from, to] = [shapeHead(small, a), shapeHead(small, b)];
      expectClose(
        between.vertices,
        from.vertices.map((value, i) => value + t * (to.vertices[i] - value)),
      );
      expectClose(
        between.joints,
        from.joints.map((value, i) => value + t * (to.joints[i] - value)),
      );
    }),
  );
});

test('an eye turns about its own joint and moves nothing else', () => {
  const shaped = shapeHead(small, []);
  const rest = poseHead(shaped, motion({}));
  const theta = new Array(15).fill(0);
  theta[10] = 0.4;
  const turned = poseHead(shaped, motion({ theta }));
  const joint = shaped.joints.subarray(9, 12);
  for (let v = 0; v < small.vertexCount; v++) {
    const moved = Math.hypot(...[0, 1, 2].map((axis) => turned[v * 3 + axis] - rest[v * 3 + axis]));
    const weight = small.skinWeights[v * 5 + 3];
    if (weight === 0) expect(moved).toBe(0);
    else {
      const radius = (points: Float32Array) =>
        Math.hypot(...[0, 1, 2].map((axis) => points[v * 3 + axis] - joint[axis]));
      expect(radius(turned)).toBeCloseTo(radius(rest), 6);
    }
  }
});

test('the output buffer given is the one written', () => {
  const out = new Float32Array(small.vertexCount * 3);
  expect(poseHead(shapeHead(small, []), motion({}), out)).toBe(out);
});

test('more coefficients than the head has are refused', () => {
  expect(() => shapeHead(small, new Float32Array(5))).toThrow(/beta has 5 coefficients, the head takes 4/);
  expect(() => poseHead(shapeHead(small, []), motion({ psi: new Array(9).fill(0) }))).toThrow(/psi has 9/);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { poseHead } from '../head/pose-head.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { withoutNeck } from './commanded-landmarks.ts';

const model = createSyntheticHead();
const shaped = shapeHead(model, []);
/** Vertices that the global joint has no part in. */
const above = Array.from({ length: model.vertexCount }, (_, v) => v).filter(
  (v) => model.skinWeights[v * 5] === 0,
);
const turn = fc.float({ min: Math.fround(-0.6), max: Math.fround(0.6), noNaN: true });

describe('a command without its neck', () => {
  it('puts everything above the neck where the neck had it', () => {
    expect(above.length).toBeGreaterThan(100);
    fc.assert(
      fc.property(fc.array(turn, { minLength: 15, maxLength: 15 }), (angles) => {
        const coefficients: HeadCoefficients = {
          psi: new Float32Array(model.expressionCount).fill(0.3),
          theta: Float32Array.from(angles),
          translation: Float32Array.of(0.01, -0.02, -0.7),
        };
        const folded = withoutNeck(coefficients, shaped.joints);
        expect([...folded.theta.subarray(3, 6)]).toEqual([0, 0, 0]);
        const before = poseHead(shaped, coefficients);
        const after = poseHead(shaped, folded);
        for (const v of above)
          for (let axis = 0; axis < 3; axis++)
            expect(Math.abs(after[v * 3 + axis] - before[v * 3 + axis])).toBeLessThan(1e-5);
      }),
      { numRuns: 20 },
    );
  });
});

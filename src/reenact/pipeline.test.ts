import { expect, test } from 'vitest';
import type { HeadCoefficients } from './head/head-model.ts';
import { TURN_FEATURES, turnFrom } from './identity/picture-answer.ts';
import { type CommandedFrame, type ReenactStages, tell } from './pipeline.ts';

function facing(yawRad: number): HeadCoefficients {
  const theta = new Float32Array(15);
  theta[4] = yawRad;
  return { psi: new Float32Array(2), theta, translation: Float32Array.of(0, 0, -1) };
}

test('a generator is told to turn less as far as it says that networks repair its picture', () => {
  const portrait = facing(0);
  const reference = {
    coefficients: portrait,
    answer: {
      turn: new Float64Array(3 * TURN_FEATURES),
      browHeights: new Float64Array(2),
      opening: null,
      lids: null,
    },
  };
  const frame = { sequence: 3, ptsMs: 120, captureTimeMs: 7, commanded: facing(0.4) } as CommandedFrame;
  const toldBy = (generator: { repaired?: number }) => {
    const told = tell(frame, { reference, generator } as unknown as ReenactStages);
    expect(told).toMatchObject({ sequence: 3, ptsMs: 120, captureTimeMs: 7 });
    return turnFrom(portrait, told.coefficients)[1];
  };
  expect(toldBy({})).toBeCloseTo(0.4, 5);
  expect(toldBy({ repaired: 0.5 })).toBeCloseTo(0.4 / 1.0275, 4);
  expect(toldBy({ repaired: 1 })).toBeCloseTo(0.4 / 1.055, 4);
});

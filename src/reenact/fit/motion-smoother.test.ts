import { describe, expect, it } from 'vitest';
import type { HeadCoefficients, HeadModel } from '../head/head-model.ts';
import { turnBetween } from './blend-coefficients.ts';
import { fixtureHead } from './fit-fixture.ts';
import { MotionSmoother } from './motion-smoother.ts';
import { seededRandom } from './seeded-random.ts';

const FRAME_MS = 40;
const head: HeadModel = fixtureHead();
const blinkHead: HeadModel = {
  ...head,
  expressionUnits: head.expressionUnits.map((unit, i) => (i === 0 ? { ...unit, name: 'blink-left' } : unit)),
};

function coefficients(yaw: number, psi: number): HeadCoefficients {
  const theta = new Float32Array(15);
  theta[1] = yaw;
  theta[6] = psi * 0.3;
  return {
    psi: new Float32Array(head.expressionCount).fill(psi),
    theta,
    translation: Float32Array.of(yaw * 0.05, 0, -0.6),
  };
}

const stamp = (index: number) => ({
  sequence: index,
  ptsMs: index * FRAME_MS,
  captureTimeMs: index * FRAME_MS,
});

describe('the motion smoother', () => {
  it('takes most of the jitter out of a still head', () => {
    const random = seededRandom(1);
    const smoother = new MotionSmoother(head);
    const noise = () => 0.004 * (random() + random() - 1);
    let [raw, calm] = [0, 0];
    let [beforeRaw, beforeCalm] = [coefficients(0.2, 0.3), coefficients(0.2, 0.3)];
    for (let i = 0; i < 200; i++) {
      const input = coefficients(0.2 + noise(), 0.3 + noise());
      const output = smoother.smooth(stamp(i), input);
      if (i > 5) {
        raw += turnBetween(beforeRaw, input);
        calm += turnBetween(beforeCalm, output);
      }
      [beforeRaw, beforeCalm] = [input, output];
    }
    expect(calm).toBeLessThan(0.3 * raw);
  });

  it('trails a fast steady turn and a fast mouth by less than a frame', () => {
    const smoother = new MotionSmoother(head);
    const yawPerFrame = 0.05;
    const psiPerFrame = 0.12;
    let output = coefficients(0, 0);
    for (let i = 0; i < 16; i++)
      output = smoother.smooth(stamp(i), coefficients(-0.4 + i * yawPerFrame, i * psiPerFrame));
    expect(-0.4 + 15 * yawPerFrame - output.theta[1]).toBeLessThan(yawPerFrame);
    expect(15 * psiPerFrame - output.psi[1]).toBeLessThan(psiPerFrame);
    expect(0.3 * 15 * psiPerFrame - output.theta[6]).toBeLessThan(0.3 * psiPerFrame);
  });

  it('lets blinks through as they are', () => {
    const smoother = new MotionSmoother(blinkHead);
    const blink = [0, 0, 0.6, 1, 0.7, 0.1, 0];
    blink.forEach((value, i) => {
      expect(smoother.smooth(stamp(i), coefficients(0, value)).psi[0]).toBeCloseTo(value, 6);
    });
  });

  it('starts afresh after a gap', () => {
    const smoother = new MotionSmoother(head);
    smoother.smooth(stamp(0), coefficients(0.5, 1));
    const after = smoother.smooth({ sequence: 1, ptsMs: 2000, captureTimeMs: 2000 }, coefficients(-0.5, 0));
    expect(after.theta[1]).toBeCloseTo(-0.5, 6);
    expect(after.psi[1]).toBe(0);
  });
});

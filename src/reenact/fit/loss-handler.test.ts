import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { blendCoefficients, turnBetween } from './blend-coefficients.ts';
import { DEFAULT_LOSS, LossHandler } from './loss-handler.ts';

const FRAME_MS = 40;

function turned(yaw: number, psi = 0): HeadCoefficients {
  const theta = new Float32Array(15);
  theta[1] = yaw;
  return { psi: Float32Array.of(psi, 1 - psi), theta, translation: Float32Array.of(psi * 0.1, 0, -0.6) };
}

const stamp = (index: number) => ({
  sequence: index,
  ptsMs: index * FRAME_MS,
  captureTimeMs: index * FRAME_MS,
});
const rest = turned(0, 0);

describe('blending coefficients', () => {
  it('starts at one end, stops at the other, and turns at even pace', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1.4, max: 1.4, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (yaw, share) => {
          const target = turned(yaw, 1);
          expect(turnBetween(blendCoefficients(rest, target, 0), rest)).toBeCloseTo(0, 5);
          expect(turnBetween(blendCoefficients(rest, target, 1), target)).toBeCloseTo(0, 5);
          const between = blendCoefficients(rest, target, share);
          expect(between.theta[1]).toBeCloseTo(share * yaw, 5);
          expect(between.psi[0]).toBeCloseTo(share, 5);
        },
      ),
    );
  });
});

describe('the loss handler', () => {
  it('passes a tracked face through unchanged', () => {
    const handler = new LossHandler(rest);
    for (let i = 0; i < 20; i++) {
      const fitted = turned(Math.sin(i), 0.5);
      expect(handler.handle(stamp(i), fitted)).toBe(fitted);
    }
  });

  it('is at rest one second after the face is lost, and stays there', () => {
    const handler = new LossHandler(rest);
    handler.handle(stamp(0), turned(0.8, 1));
    for (let i = 1; i <= 60; i++) {
      const out = handler.handle(stamp(i), null);
      if (i * FRAME_MS <= 120) expect(out.theta[1]).toBeCloseTo(0.8, 5);
      if (i * FRAME_MS >= 1000) {
        expect(turnBetween(out, rest)).toBeCloseTo(0, 5);
        expect(out.psi[0]).toBeCloseTo(0, 5);
      }
    }
  });

  it('follows the driver exactly again soon after the face is back', () => {
    const handler = new LossHandler(rest);
    handler.handle(stamp(0), turned(0.3, 1));
    for (let i = 1; i < 40; i++) handler.handle(stamp(i), null);
    let out = rest;
    for (let i = 40; i < 55; i++) out = handler.handle(stamp(i), turned(0.5, 0.7));
    expect(turnBetween(out, turned(0.5, 0.7))).toBeCloseTo(0, 6);
  });

  it('never steps further than the driver does plus the allowed speed, whatever is lost and found', () => {
    const runs = fc.array(
      fc.record({
        frames: fc.integer({ min: 1, max: 30 }),
        yaw: fc.double({ min: -1.2, max: 1.2, noNaN: true }),
      }),
      { minLength: 2, maxLength: 8 },
    );
    fc.assert(
      fc.property(runs, fc.boolean(), (spans, startLost) => {
        const handler = new LossHandler(rest);
        let index = 0;
        let before: HeadCoefficients | null = null;
        spans.forEach(({ frames, yaw }, span) => {
          const lost = (span % 2 === 0) === startLost;
          for (let i = 0; i < frames; i++, index++) {
            const out = handler.handle(stamp(index), lost ? null : turned(yaw, 0.5));
            if (before !== null) {
              const limit = Math.max(
                DEFAULT_LOSS.maxReturnTurnRadPerS,
                (1.5 * 1.2) / ((DEFAULT_LOSS.restAfterMs - DEFAULT_LOSS.holdMs) / 1000),
              );
              expect(turnBetween(before, out)).toBeLessThan((limit * FRAME_MS) / 1000 + 1e-4);
              expect(Math.abs(out.psi[0] - before.psi[0])).toBeLessThan(0.2);
            }
            before = out;
          }
        });
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cosineSchedule, ddimStep, stepTimes } from './schedule.ts';

const time = fc.double({ min: 0, max: 1, noNaN: true });
const value = fc.double({ min: -3, max: 3, noNaN: true });

/** DDIM as the paper writes it, by way of the clean latent and the noise. */
function plainStep(x: number, v: number, t: number, next: number): number {
  const [alpha, sigma] = [Math.cos((Math.PI * t) / 2), Math.sin((Math.PI * t) / 2)];
  const clean = alpha * x - sigma * v;
  const noise = sigma * x + alpha * v;
  return Math.cos((Math.PI * next) / 2) * clean + Math.sin((Math.PI * next) / 2) * noise;
}

describe('the cosine schedule', () => {
  test('keeps the variance, and has no signal left at 1 and no noise at 0', () => {
    fc.assert(
      fc.property(time, (t) => {
        const [alpha, sigma] = cosineSchedule(t);
        expect(alpha ** 2 + sigma ** 2).toBeCloseTo(1, 12);
      }),
    );
    expect(cosineSchedule(1)).toEqual([0, 1]);
    expect(cosineSchedule(0)).toEqual([1, 0]);
  });

  test('has its steps from noise on, evenly, and those of fewer steps among those of more', () => {
    expect(stepTimes(1)).toEqual([1]);
    expect(stepTimes(4)).toEqual([1, 0.75, 0.5, 0.25]);
    for (const steps of [1, 2]) expect(stepTimes(4)).toEqual(expect.arrayContaining(stepTimes(steps)));
  });
});

describe('a step of DDIM', () => {
  test('equals the plain one', () => {
    fc.assert(
      fc.property(value, value, time, time, (x, v, t, next) => {
        const latent = Float32Array.of(9, x, 9);
        ddimStep(latent, 1, Float32Array.of(v), 0, 1, t, next);
        expect(latent[1]).toBeCloseTo(plainStep(x, v, t, next), 5);
        expect([latent[0], latent[2]]).toEqual([9, 9]);
      }),
    );
  });

  test('of a perfect denoiser finds the clean latent in any number of steps', () => {
    fc.assert(
      fc.property(value, value, fc.integer({ min: 1, max: 32 }), (clean, noise, steps) => {
        const times = stepTimes(steps);
        const latent = Float32Array.of(noise);
        for (const [i, t] of times.entries()) {
          const [alpha, sigma] = cosineSchedule(t);
          const v = alpha * noise - sigma * clean;
          ddimStep(latent, 0, Float32Array.of(v), 0, 1, t, times[i + 1] ?? 0);
        }
        expect(latent[0]).toBeCloseTo(clean, 4);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { FrameDifference, landmarkJitterIod } from './flicker.ts';

/** Eyes 100 px apart; landmark 1 at `x`. */
function face(x: number): Float32Array {
  const landmarks = new Float32Array(478 * 3);
  for (const corner of [263, 362]) landmarks[corner * 3] = 100;
  landmarks[3] = x;
  return landmarks;
}

describe('landmark jitter', () => {
  it('is the RMS distance from the mean in inter-ocular distances', () => {
    const shaking = [9, 11, 9, 11].map((x) => face(x));
    const still = [10, 10, 10].map((x) => face(x));
    expect(landmarkJitterIod(still)).toEqual({ median: 0, p95: 0 });
    // One landmark of 478 shakes by a pixel: neither the median nor p95 sees it; all of them, both do.
    expect(landmarkJitterIod(shaking).p95).toBe(0);
    const all = [0, 2, 0, 2].map((dx) => face(0).map((value, i) => (i % 3 === 0 ? value + dx : value)));
    expect(landmarkJitterIod(all).median).toBeCloseTo(0.01, 6);
  });

  it('has nothing to say of a single face', () => {
    expect(landmarkJitterIod([face(1)]).median).toBeNaN();
  });
});

describe('frame difference', () => {
  const flat = (value: number) => ({ width: 2, height: 2, data: new Uint8Array(16).fill(value) });

  it('is the mean energy from frame to frame', () => {
    const difference = new FrameDifference();
    difference.add(flat(10));
    expect(difference.mean).toBeNaN();
    difference.add(flat(12));
    difference.add(flat(12));
    expect(difference.mean).toBeCloseTo(2, 5);
  });
});

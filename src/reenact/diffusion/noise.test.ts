import { describe, expect, test } from 'vitest';
import { CoherentNoise, GaussianSource } from './noise.ts';

const LENGTH = 8192;
const frame = (noise: CoherentNoise, index: number): Float32Array => {
  const out = new Float32Array(LENGTH);
  noise.write(index, out, 0);
  return out;
};
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const correlation = (a: Float32Array, b: Float32Array): number => mean(a.map((value, i) => value * b[i]));

describe('GaussianSource', () => {
  test('gives the numbers of xoshiro128** for its seed, on every machine', () => {
    const source = new GaussianSource(1);
    const again = new GaussianSource(1);
    const first = Array.from({ length: 4 }, () => source.nextUint32());
    expect(first).toEqual(Array.from({ length: 4 }, () => again.nextUint32()));
    expect(first).toEqual(plainXoshiro(1, 4));
  });

  test('is standard normal', () => {
    const source = new GaussianSource(7);
    const values = Array.from({ length: 50_000 }, () => source.next());
    expect(mean(values)).toBeCloseTo(0, 1);
    expect(mean(values.map((value) => value ** 2))).toBeCloseTo(1, 1);
    expect(mean(values.map((value) => value ** 4))).toBeGreaterThan(2.8);
    expect(mean(values.map((value) => (Math.abs(value) < 1 ? 1 : 0)))).toBeCloseTo(0.683, 1);
  });
});

describe('CoherentNoise', () => {
  test('is the same for the same seed and frame, whatever was asked before', () => {
    const noise = new CoherentNoise(3, 0.9, LENGTH);
    frame(noise, 5);
    expect(frame(noise, 8)).toEqual(frame(new CoherentNoise(3, 0.9, LENGTH), 8));
    expect(frame(noise, 8)).not.toEqual(frame(new CoherentNoise(4, 0.9, LENGTH), 8));
  });

  test('that was made before is the one that is asked for', () => {
    const noise = new CoherentNoise(3, 0.9, LENGTH);
    noise.prepare(5);
    expect(frame(noise, 8)).toEqual(frame(new CoherentNoise(3, 0.9, LENGTH), 8));
    noise.prepare(9);
    expect(frame(noise, 9)).toEqual(frame(new CoherentNoise(3, 0.9, LENGTH), 9));
  });

  test.each([0, 0.5, 0.9])('shares %d of its variance from frame to frame, and has a variance of 1', (c) => {
    const noise = new CoherentNoise(11, c, LENGTH);
    const [a, b, far] = [frame(noise, 0), frame(noise, 1), frame(noise, 1000)];
    expect(Math.abs(correlation(a, a) - 1)).toBeLessThan(0.06);
    expect(Math.abs(correlation(a, b) - c)).toBeLessThan(0.06);
    expect(Math.abs(correlation(a, far) - c)).toBeLessThan(0.06);
  });
});

/** The generator as its authors write it, in big integers. */
function plainXoshiro(seed: number, count: number): number[] {
  const mask = 0xffffffffn;
  let x = BigInt(seed);
  const s = Array.from({ length: 4 }, () => {
    x = (x + 0x9e3779b9n) & mask;
    let z = x;
    z = ((z ^ (z >> 16n)) * 0x21f0aaadn) & mask;
    z = ((z ^ (z >> 15n)) * 0x735a2d97n) & mask;
    return z ^ (z >> 15n);
  });
  const rotate = (v: bigint, k: bigint): bigint => ((v << k) | (v >> (32n - k))) & mask;
  return Array.from({ length: count }, () => {
    const result = (rotate((s[1] * 5n) & mask, 7n) * 9n) & mask;
    const t = (s[1] << 9n) & mask;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11n);
    return Number(result);
  });
}

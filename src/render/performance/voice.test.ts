import { describe, expect, it } from 'vitest';
import { timePhrase } from './phones.ts';
import { encodeWav, synthesiseVoice } from './voice.ts';

const RATE = 16_000;

function power(samples: Float32Array, fromS: number, toS: number): number {
  const part = samples.subarray(fromS * RATE, toS * RATE);
  return part.reduce((sum, value) => sum + value * value, 0) / part.length;
}

describe('synthesiseVoice', () => {
  const phones = timePhrase('AA1 S IY1', 0.3);
  const samples = synthesiseVoice(phones, 1.5, RATE, 1);

  it('sounds where something is said and is silent elsewhere', () => {
    expect(samples.length).toBe(1.5 * RATE);
    expect(power(samples, 0.3, 0.7)).toBeGreaterThan(1e-3);
    expect(power(samples, 0, 0.28)).toBeLessThan(1e-8);
    expect(power(samples, 1.2, 1.5)).toBeLessThan(1e-6);
    expect(Math.max(...samples.map(Math.abs))).toBeCloseTo(0.6, 3);
    expect(samples.every(Number.isFinite)).toBe(true);
  });

  it('hisses higher than it sings', () => {
    const crossings = (fromS: number, toS: number): number => {
      let count = 0;
      for (let i = Math.floor(fromS * RATE) + 1; i < toS * RATE; i++)
        if (samples[i] > 0 !== samples[i - 1] > 0) count++;
      return count / (toS - fromS);
    };
    const [vowel, hiss] = phones;
    expect(crossings(hiss.startS + 0.04, hiss.endS)).toBeGreaterThan(
      2 * crossings(vowel.startS + 0.03, vowel.endS),
    );
  });
});

describe('encodeWav', () => {
  it('writes a header that states what follows', () => {
    const bytes = encodeWav(Float32Array.of(0, 0.5, -2), 48_000);
    const view = new DataView(bytes.buffer);
    expect(String.fromCharCode(...bytes.subarray(0, 4), ...bytes.subarray(8, 12))).toBe('RIFFWAVE');
    expect(view.getUint32(24, true)).toBe(48_000);
    expect(view.getUint32(40, true)).toBe(6);
    expect(view.getInt16(46, true)).toBe(16384);
    expect(view.getInt16(48, true)).toBe(-32767);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AudioPacket, DelayedAudio } from './delayed-audio.ts';

const T0 = 1.7e12;

function packet(i: number): AudioPacket {
  const atMs = T0 + i * 20;
  return {
    sequence: i & 0xffff,
    mediaTicks: i * 960,
    marker: false,
    payload: Uint8Array.of(i & 255),
    captureTimeMs: atMs,
    arrivedMs: atMs + 30,
  };
}

describe('delayed audio', () => {
  it('lets each packet go the delay after its capture', () => {
    const audio = new DelayedAudio(48_000);
    audio.push(packet(0), 100);
    audio.push(packet(1), 100);
    expect(audio.take(T0 + 99)).toEqual([]);
    expect(audio.nextDueMs).toBe(T0 + 100);
    expect(audio.take(T0 + 100).map(({ payload }) => payload[0])).toEqual([0]);
    expect(audio.take(T0 + 500).map(({ payload }) => payload[0])).toEqual([1]);
    expect(audio.nextDueMs).toBeNull();
  });

  it('gives every packet at most once and in order, whatever the order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 200 }), (delays) => {
        const audio = new DelayedAudio(48_000);
        const arrivals = delays
          .map((late, i) => ({ i, atMs: T0 + i * 20 + 30 + late * 5 }))
          .sort((a, b) => a.atMs - b.atMs);
        const sent: number[] = [];
        for (const { i, atMs } of arrivals) {
          audio.push(packet(i), 120);
          sent.push(...audio.take(atMs).map(({ mediaTicks }) => mediaTicks / 960));
          expect(audio.size).toBeLessThanOrEqual(75);
        }
        sent.push(...audio.take(T0 + 1e6).map(({ mediaTicks }) => mediaTicks / 960));
        expect(sent.every((value, k) => k === 0 || value > sent[k - 1])).toBe(true);
        expect(sent.length + audio.dropped).toBe(delays.length);
      }),
    );
  });

  it('follows a change of the delay slowly, and a jump at once', () => {
    const audio = new DelayedAudio(48_000);
    audio.push(packet(0), 60);
    for (let i = 1; i <= 10; i++) audio.push(packet(i), 100);
    expect(audio.delayMs).toBeCloseTo(60 + 10 * 20 * 0.08, 6);
    for (let i = 11; i <= 60; i++) audio.push(packet(i), 100);
    expect(audio.delayMs).toBe(100);
    audio.push(packet(61), 600);
    expect(audio.delayMs).toBe(600);
  });

  it('drops the oldest of a flood', () => {
    const audio = new DelayedAudio(48_000);
    for (let i = 0; i < 500; i++) audio.push(packet(i), 1000);
    expect(audio.size).toBe(75);
    expect(audio.dropped).toBe(425);
    audio.push(packet(3), 1000);
    expect(audio.dropped).toBe(426);
  });
});

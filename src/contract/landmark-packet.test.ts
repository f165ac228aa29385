import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLandmarkPacket, encodeLandmarkPacket } from './landmark-packet.ts';

const packet = fc.record({
  sequence: fc.nat(0xffffffff),
  captureTimeMs: fc.double({ min: 0, max: 4e12, noNaN: true }),
  imageWidth: fc.integer({ min: 16, max: 4096 }),
  imageHeight: fc.integer({ min: 16, max: 4096 }),
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  points: fc.constantFrom(0, 468, 478),
  seed: fc.nat(),
});

describe('landmark packet', () => {
  it('comes back within a 16384th of the image', () => {
    fc.assert(
      fc.property(packet, ({ points, seed, ...rest }) => {
        const landmarks = Float32Array.from(
          { length: points * 3 },
          (_, i) =>
            ((Math.sin(seed + i * 12.9898) + 1) / 2) * (i % 3 === 1 ? rest.imageHeight : rest.imageWidth),
        );
        const back = decodeLandmarkPacket(encodeLandmarkPacket({ ...rest, landmarks }));
        if (back === null) throw new Error('refused its own packet');
        expect(back.sequence).toBe(rest.sequence);
        expect(back.captureTimeMs).toBe(rest.captureTimeMs);
        expect(Math.abs(back.confidence - rest.confidence)).toBeLessThan(1e-4);
        const step = Math.max(rest.imageWidth, rest.imageHeight) / 16384;
        expect(back.landmarks.every((value, i) => Math.abs(value - landmarks[i]) <= step)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses bytes that are no packet, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => {
        expect(decodeLandmarkPacket(bytes)).toBeNull();
      }),
    );
  });

  it('refuses a packet that was cut short', () => {
    const whole = encodeLandmarkPacket({
      sequence: 1,
      captureTimeMs: 5,
      imageWidth: 640,
      imageHeight: 480,
      confidence: 1,
      landmarks: new Float32Array(478 * 3),
    });
    for (const length of [0, 10, 24, whole.length - 1]) {
      expect(decodeLandmarkPacket(whole.subarray(0, length))).toBeNull();
    }
  });
});

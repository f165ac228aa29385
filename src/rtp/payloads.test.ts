import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAssembler } from './frame-assembler.ts';
import { H264Depacketiser, packetiseH264, splitAnnexB } from './h264-payload.ts';
import type { RtpPacket } from './rtp-packet.ts';
import { packetiseVp8, parseVp8Payload } from './vp8-payload.ts';

const MTU = 1200;
const plain = (data: Uint8Array | undefined): number[] => Array.from(data ?? []);

/** A NAL unit: a type, and bytes without the zeros that Annex B would have to escape. */
const nalUnit = fc
  .tuple(
    fc.constantFrom(1, 5, 6, 7, 8),
    fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 60 }) }, fc.integer({ min: 1000, max: 5000 })),
    fc.integer({ min: 1, max: 255 }),
  )
  .map(([type, length, fill]) => Uint8Array.from([0x60 | type, ...new Array<number>(length).fill(fill)]));

function annexB(units: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(units.flatMap((unit) => [0, 0, 0, 1, ...unit]));
}

function packetsOf(payloads: readonly Uint8Array[], timestamp: number): RtpPacket[] {
  return payloads.map((payload, i) => ({
    marker: i === payloads.length - 1,
    payloadType: 96,
    sequence: i,
    timestamp,
    ssrc: 1,
    extensions: [],
    payload,
  }));
}

function assemble(assembler: FrameAssembler, packets: readonly RtpPacket[], lossAt = -1) {
  return packets.flatMap((packet, i) => assembler.push(packet, i, i === lossAt));
}

describe('VP8 payloads', () => {
  it('of any frame fit the packet and put together give the frame', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 9000 }),
        fc.integer({ min: 0, max: 0x7fff }),
        fc.integer({ min: 50, max: MTU }),
        (frame, pictureId, maxBytes) => {
          const payloads = packetiseVp8(frame, pictureId, maxBytes);
          for (const payload of payloads) {
            expect(payload.length).toBeLessThanOrEqual(maxBytes);
            expect(parseVp8Payload(payload)).toMatchObject({ pictureId, partition: 0 });
          }
          frame[0] &= 0xfe;
          const key = packetiseVp8(frame, pictureId, maxBytes);
          const [assembled] = assemble(new FrameAssembler({ codec: 'VP8' }), packetsOf(key, 7));
          expect(assembled.key).toBe(true);
          expect(plain(assembled.data)).toEqual(plain(frame));
        },
      ),
    );
  });

  it('with short ids and layers, as browsers send them, are read', () => {
    const withAll = Uint8Array.of(0x90, 0xf0, 0x05, 0x07, 0x40, 0xaa);
    expect(parseVp8Payload(withAll)).toMatchObject({ pictureId: 5, temporalLayer: 1, partitionStart: true });
    expect(plain(parseVp8Payload(withAll)!.data)).toEqual([0xaa]);
    expect(parseVp8Payload(Uint8Array.of(0x90, 0x80, 0x81, 0x02, 1))).toMatchObject({ pictureId: 258 });
    expect(parseVp8Payload(Uint8Array.of(0x90, 0xf0, 0x85, 0x07, 0x40))).toBeNull();
  });
});

describe('H.264 payloads', () => {
  it('of any access unit fit the packet and put together give its NAL units', () => {
    fc.assert(
      fc.property(fc.array(nalUnit, { minLength: 1, maxLength: 6 }), (units) => {
        const payloads = packetiseH264(annexB(units), MTU);
        for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(MTU);
        const depacketiser = new H264Depacketiser();
        for (const payload of payloads) expect(depacketiser.add(payload)).toBe(true);
        const frame = depacketiser.take()!;
        expect(splitAnnexB(frame.data).map(plain)).toEqual(units.map(plain));
        expect(frame.key).toBe(units.some((unit) => (unit[0] & 0x1f) === 5));
      }),
    );
  });

  it('share a packet when they are small', () => {
    const payloads = packetiseH264(annexB([Uint8Array.of(0x67, 1), Uint8Array.of(0x68, 2)]), MTU);
    expect(payloads.map(plain)).toEqual([[0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2]]);
  });

  it('give no frame where a fragment is missing', () => {
    const payloads = packetiseH264(annexB([new Uint8Array(5000).fill(0x65)]), MTU);
    for (let missing = 0; missing < payloads.length; missing++) {
      const depacketiser = new H264Depacketiser();
      const taken = payloads.filter((_, i) => i !== missing).map((payload) => depacketiser.add(payload));
      const whole = taken.every(Boolean) && depacketiser.take() !== null;
      // A hole in the middle shows only in the sequence numbers.
      expect(whole).toBe(missing > 0 && missing < payloads.length - 1);
    }
  });
});

describe('frame assembler', () => {
  const key = Uint8Array.of(0, ...new Array<number>(3000).fill(1));
  const delta = Uint8Array.of(1, ...new Array<number>(3000).fill(2));
  const stream = (frames: readonly Uint8Array[]): RtpPacket[] =>
    frames.flatMap((frame, i) => packetsOf(packetiseVp8(frame, i, MTU), i * 3000));

  it('begins with a key frame', () => {
    const assembler = new FrameAssembler({ codec: 'VP8' });
    expect(assemble(assembler, stream([delta, key, delta])).map((frame) => frame.key)).toEqual([true, false]);
    expect(assembler.dropped).toBe(1);
  });

  it('drops everything from a loss to the next key frame', () => {
    const packets = stream([key, delta, delta, key, delta]);
    for (let lost = 4; lost < 9; lost++) {
      const assembler = new FrameAssembler({ codec: 'VP8' });
      const left = packets.filter((_, i) => i !== lost);
      expect(assemble(assembler, left, lost).map(({ timestamp }) => timestamp)).toEqual(
        lost < 6 ? [0, 9000, 12000] : [0, 3000, 9000, 12000],
      );
    }
  });

  it('ends a frame without a marker when the next begins', () => {
    const packets = stream([key, delta]).map((packet) => ({ ...packet, marker: false }));
    const assembler = new FrameAssembler({ codec: 'VP8' });
    expect(assemble(assembler, packets).length).toBe(1);
  });

  it('keeps the turn of the picture until it changes, and ignores empty packets', () => {
    const assembler = new FrameAssembler({ codec: 'VP8', videoOrientation: 4 });
    const [first, ...rest] = stream([key, delta]);
    const turned = { ...first, extensions: [{ id: 4, data: Uint8Array.of(1) }] };
    const empty = { ...first, payload: new Uint8Array(0), timestamp: 99 };
    const frames = assemble(assembler, [turned, empty, ...rest]);
    expect(frames.map(({ orientation }) => orientation.rotationDeg)).toEqual([90, 90]);
  });

  it('never throws on garbage and holds no more than one frame', () => {
    for (const codec of ['VP8', 'H264'] as const) {
      const assembler = new FrameAssembler({ codec });
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 60 }),
          fc.boolean(),
          fc.integer({ min: 0, max: 3 }),
          fc.boolean(),
          (payload, marker, timestamp, lossBefore) => {
            const packet = { ...packetsOf([payload], timestamp)[0], marker };
            for (const { data } of assembler.push(packet, 0, lossBefore))
              expect(data.length).toBeLessThan(4e6);
          },
        ),
        { numRuns: 3000 },
      );
    }
  });

  it('gives a frame up that grows without end', () => {
    const assembler = new FrameAssembler({ codec: 'VP8' });
    const [first] = packetsOf(packetiseVp8(key, 0, MTU), 0);
    assembler.push(first, 0, false);
    const more = {
      ...first,
      payload: Uint8Array.of(0x80, 0x80, 0x80, 0, ...new Array<number>(1000).fill(1)),
    };
    for (let i = 0; i < 5000; i++) assembler.push({ ...more, marker: false }, 0, false);
    expect(assembler.push({ ...more, marker: true }, 0, false)).toEqual([]);
    expect(assembler.dropped).toBe(1);
  });
});

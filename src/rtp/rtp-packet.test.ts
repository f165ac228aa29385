import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAbsCaptureTime, parseAbsCaptureTime } from './abs-capture-time.ts';
import { buildHeaderExtensions, parseHeaderExtensions } from './header-extensions.ts';
import { buildRtp, isRtcp, parseRtp } from './rtp-packet.ts';

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const oneByte = fc.record({ id: fc.integer({ min: 1, max: 14 }), data: bytes(1, 16) });
const twoByte = fc.record({ id: fc.integer({ min: 1, max: 255 }), data: bytes(0, 40) });
const packet = fc.record({
  marker: fc.boolean(),
  payloadType: fc.integer({ min: 0, max: 127 }),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffffffff }),
  ssrc: fc.integer({ min: 0, max: 0xffffffff }),
  extensions: fc.oneof(fc.array(oneByte, { maxLength: 4 }), fc.array(twoByte, { maxLength: 4 })),
  payload: bytes(0, 100),
});

const plain = (data: Uint8Array): number[] => Array.from(data);

describe('RTP packets', () => {
  it('come back as they were built, with either form of extensions and any padding', () => {
    fc.assert(
      fc.property(packet, fc.integer({ min: 0, max: 255 }), (original, padding) => {
        const parsed = parseRtp(buildRtp(original, padding))!;
        expect({ ...parsed, payload: plain(parsed.payload), extensions: undefined }).toEqual({
          ...original,
          payload: plain(original.payload),
          extensions: undefined,
        });
        expect(parsed.extensions.map(({ id, data }) => [id, ...data])).toEqual(
          original.extensions.map(({ id, data }) => [id, ...data]),
        );
      }),
    );
  });

  it('takes the two-byte form only where the one-byte form is too small', () => {
    expect(plain(buildHeaderExtensions([{ id: 3, data: Uint8Array.of(9) }]).subarray(0, 6))).toEqual([
      0xbe, 0xde, 0, 1, 0x30, 9,
    ]);
    expect(plain(buildHeaderExtensions([{ id: 15, data: Uint8Array.of(9) }]).subarray(0, 7))).toEqual([
      0x10, 0, 0, 1, 15, 1, 9,
    ]);
  });

  it('skips contributing sources and padding between extensions', () => {
    const parsed = parseRtp(
      Uint8Array.from([
        ...[0x92, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 1, 1, 1, 2, 2, 2, 2],
        ...[0xbe, 0xde, 0, 2, 0, 0x10, 7, 0, 0x21, 8, 9, 0, 42],
      ]),
    )!;
    expect(parsed.extensions).toEqual([
      { id: 1, data: Uint8Array.of(7) },
      { id: 2, data: Uint8Array.of(8, 9) },
    ]);
    expect(plain(parsed.payload)).toEqual([42]);
  });

  it('reads nothing behind the reserved id 15', () => {
    expect(parseHeaderExtensions(0xbede, Uint8Array.of(0xf0, 1, 0x10, 2))).toEqual([]);
  });

  it('never throws on garbage and never gives back more than came in', () => {
    fc.assert(
      fc.property(bytes(0, 200), (garbage) => {
        const parsed = parseRtp(garbage);
        if (parsed !== null) expect(parsed.payload.length).toBeLessThanOrEqual(garbage.length - 12);
      }),
      { numRuns: 2000 },
    );
  });

  it('survives any single byte changed and any cut of a real packet', () => {
    fc.assert(
      fc.property(
        packet,
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(),
        (original, at, value, cut) => {
          const built = buildRtp(original, 3);
          built[at % built.length] = value;
          parseRtp(built.subarray(0, cut % (built.length + 1)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('tells RTCP from RTP on one port', () => {
    expect(isRtcp(Uint8Array.of(0x80, 200))).toBe(true);
    expect(isRtcp(Uint8Array.of(0x80, 0x80 | 96))).toBe(false);
    expect(isRtcp(Uint8Array.of(0x80, 111))).toBe(false);
  });
});

describe('absolute capture time', () => {
  it('comes back within a microsecond, with and without an offset', () => {
    const time = fc.double({ min: 1e12, max: 2e12, noNaN: true });
    const offset = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(time, offset, (captureTimeMs, clockOffsetMs) => {
        const data = buildAbsCaptureTime({ captureTimeMs, clockOffsetMs });
        expect(data.length).toBe(clockOffsetMs === null ? 8 : 16);
        const parsed = parseAbsCaptureTime(data)!;
        expect(Math.abs(parsed.captureTimeMs - captureTimeMs)).toBeLessThan(1e-3);
        if (clockOffsetMs === null) expect(parsed.clockOffsetMs).toBeNull();
        else expect(Math.abs(parsed.clockOffsetMs! - clockOffsetMs)).toBeLessThan(1e-3);
      }),
    );
    expect(parseAbsCaptureTime(new Uint8Array(7))).toBeNull();
  });
});

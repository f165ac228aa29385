import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFir, buildNack, buildPli, buildSenderReport, parseRtcp } from './rtcp.ts';

const ssrc = fc.integer({ min: 0, max: 0xffffffff });

describe('RTCP', () => {
  it('says in a sender report what was built into it, with the canonical name', () => {
    fc.assert(
      fc.property(
        ssrc,
        fc.double({ min: 1e12, max: 2e12, noNaN: true }),
        ssrc,
        fc.string({ maxLength: 60 }),
        (source, ntpMs, rtpTimestamp, cname) => {
          const [report, description] = parseRtcp(
            buildSenderReport({ ssrc: source, ntpMs, rtpTimestamp, packetCount: 7, octetCount: 9, cname }),
          );
          expect(report).toMatchObject({
            type: 'sr',
            ssrc: source,
            rtpTimestamp,
            packetCount: 7,
            octetCount: 9,
          });
          expect(Math.abs((report as { ntpMs: number }).ntpMs - ntpMs)).toBeLessThan(1e-3);
          expect(description).toMatchObject({ type: 'sdes', ssrc: source });
          expect((description as { cname: string }).cname).toBe(
            new TextDecoder().decode(new TextEncoder().encode(cname).subarray(0, 255)),
          );
        },
      ),
    );
  });

  it('carries picture loss, intra requests and generic NACKs behind a receiver report', () => {
    expect(parseRtcp(buildPli(1, 2))).toEqual([
      { type: 'rr', ssrc: 1, reports: [] },
      { type: 'pli', ssrc: 1, mediaSsrc: 2 },
    ]);
    expect(parseRtcp(buildFir(1, 2, 3))[1]).toEqual({ type: 'fir', ssrc: 1, mediaSsrc: 2, sequence: 3 });
    expect(parseRtcp(buildNack(1, 2, [65535, 4]))[1]).toEqual({
      type: 'nack',
      ssrc: 1,
      mediaSsrc: 2,
      sequences: [65535, 4],
    });
  });

  it('opens the bit mask of a NACK across the wrap', () => {
    const packet = buildNack(1, 2, [65534]);
    packet.set([0b10000000, 0b00000011], packet.length - 2);
    expect(parseRtcp(packet)[1]).toMatchObject({ sequences: [65534, 65535, 0, 14] });
  });

  it('reads report blocks, with losses below zero', () => {
    const bytes = new Uint8Array(32);
    bytes.set([0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2, 64, 0xff, 0xff, 0xfe]);
    expect(parseRtcp(bytes)).toMatchObject([
      { type: 'rr', ssrc: 1, reports: [{ ssrc: 2, fractionLost: 0.25, packetsLost: -2 }] },
    ]);
  });

  it('never throws on garbage, cut or changed packets, and gives a bounded answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (garbage) => {
        expect(parseRtcp(garbage).length).toBeLessThanOrEqual(garbage.length);
      }),
      { numRuns: 2000 },
    );
    const report = { ssrc: 5, ntpMs: 1e12, rtpTimestamp: 1, packetCount: 2, octetCount: 3, cname: 'loki' };
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), (at, value, cut) => {
        const built = buildSenderReport(report);
        built[at % built.length] = value;
        parseRtcp(built.subarray(0, cut % (built.length + 1)));
      }),
      { numRuns: 2000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAssembler } from '../../rtp/frame-assembler.ts';
import { parseRtcp } from '../../rtp/rtcp.ts';
import { isRtcp, parseRtp, type RtpPacket } from '../../rtp/rtp-packet.ts';
import { AvatarSender } from './avatar-sender.ts';
import { isContiguous, streamsOf } from './live-fixture.ts';
import type { EgressReservation } from './types.ts';

const plain = streamsOf('VP8', 7000);
const streams = {
  ...plain,
  video: { ...plain.video, extensions: { ...plain.video.extensions, playoutDelay: 9 } },
};

function collect(egress: EgressReservation | null): {
  sender: AvatarSender;
  packets: RtpPacket[];
  reports: Uint8Array[];
  reservations: EgressReservation[];
} {
  const packets: RtpPacket[] = [];
  const reports: Uint8Array[] = [];
  const reservations: EgressReservation[] = [];
  const sender = new AvatarSender({
    streams,
    egress,
    send: (bytes) => (isRtcp(bytes) ? reports.push(bytes) : packets.push(parseRtp(bytes)!)),
    onReserved: (reservation) => reservations.push(reservation),
  });
  return { sender, packets, reports, reservations };
}

const frame = (bytes: number, key = false) => ({
  data: new Uint8Array(bytes).fill(key ? 2 : 3),
  key,
});

/** How far `to` lies ahead of `from`. */
const ahead = (from: number, to: number, modulus: number): number => (to - from + modulus) % modulus;

describe('avatar sender', () => {
  it('numbers without gaps across the wrap, marks frames, and stamps every packet', () => {
    const { sender, packets } = collect({ videoSequence: 65_530, audioSequence: 65_535, pictureId: 32_766 });
    for (let i = 0; i < 6; i++) {
      sender.sendVideo(frame(3000, i === 0), 1.5e14 + i * 3600, 1.7e12 + i * 40);
      sender.sendAudio(Uint8Array.of(1, 2), 8e13 + i * 960, false, 1.7e12 + i * 40);
    }
    const video = packets.filter(({ ssrc }) => ssrc === 7000);
    expect(video.length).toBe(18);
    expect(isContiguous(video.map(({ sequence }) => sequence))).toBe(true);
    expect(isContiguous(packets.filter(({ ssrc }) => ssrc === 7001).map(({ sequence }) => sequence))).toBe(
      true,
    );
    const assembler = new FrameAssembler({ codec: 'VP8', absCaptureTime: 5 });
    const frames = video.flatMap((packet) => assembler.push(packet, 0, false));
    expect(frames.map(({ data }) => data.length)).toEqual(new Array(6).fill(3000));
    frames.forEach(({ timestamp, absCaptureTime }, i) => {
      expect(timestamp).toBe((1.5e14 + i * 3600) % 2 ** 32);
      expect(absCaptureTime!.captureTimeMs).toBeCloseTo(1.7e12 + i * 40, 2);
    });
    for (const { payload, extensions } of video) {
      expect(payload.length).toBeLessThanOrEqual(1150);
      // Shown at once: no delay at least, and 20 steps of 10 ms at most.
      expect(extensions.find(({ id }) => id === 9)?.data).toEqual(Uint8Array.of(0, 0, 20));
    }
  });

  it('has always reserved more numbers than it has used', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 60 }), (sizes) => {
        const { sender, packets, reservations } = collect(null);
        for (const bytes of sizes) {
          const { length } = packets;
          sender.sendVideo(frame(bytes), 1e14, 1e12);
          sender.sendAudio(Uint8Array.of(1), 1e14, false, 1e12);
          const { videoSequence, audioSequence } = reservations.at(-1)!;
          const sent = packets.slice(length);
          for (const { sequence, ssrc } of sent) {
            const margin = ahead(sequence, ssrc === 7000 ? videoSequence : audioSequence, 65_536);
            expect(margin).toBeGreaterThan(0);
            // The sound behind a frame may have been what reserved anew.
            expect(margin).toBeLessThanOrEqual(500 + sent.length);
          }
        }
      }),
      { numRuns: 30, examples: [[[101_995, 181_069]]] },
    );
  });

  it('reports both streams on one clock, with what was sent', () => {
    const { sender, reports } = collect(null);
    sender.sendReports(1.7e12);
    expect(reports).toEqual([]);
    sender.sendVideo(frame(2000), 90 * 1.7e12, 1.7e12);
    sender.sendAudio(Uint8Array.of(1, 2, 3), 48 * 1.7e12, false, 1.7e12);
    sender.sendReports(1.7e12 + 100);
    const [video, audio] = reports.map((bytes) => parseRtcp(bytes)[0]);
    expect(video).toMatchObject({
      ssrc: 7000,
      packetCount: 2,
      rtpTimestamp: (90 * (1.7e12 + 100)) % 2 ** 32,
    });
    expect(audio).toMatchObject({ ssrc: 7001, octetCount: 3, rtpTimestamp: (48 * (1.7e12 + 100)) % 2 ** 32 });
  });
});

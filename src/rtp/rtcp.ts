import { readNtp, writeNtp } from './ntp.ts';

/** Reception report of one source (RFC 3550, 6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Part of the packets lost since the last report, 0..1. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  readonly highestSequence: number;
  /** Units of the payload's clock. */
  readonly jitter: number;
  readonly lastSenderReport: number;
  /** Since then, in 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

/** What is read of RTCP (RFC 3550, 6; RFC 4585, 6; RFC 5104, 4.3.1). */
export type RtcpPacket =
  | {
      readonly type: 'sr';
      readonly ssrc: number;
      /** Milliseconds since the Unix epoch. */
      readonly ntpMs: number;
      readonly rtpTimestamp: number;
      readonly packetCount: number;
      readonly octetCount: number;
      readonly reports: readonly ReportBlock[];
    }
  | { readonly type: 'rr'; readonly ssrc: number; readonly reports: readonly ReportBlock[] }
  | { readonly type: 'sdes'; readonly ssrc: number; readonly cname: string }
  | { readonly type: 'bye'; readonly ssrcs: readonly number[] }
  | { readonly type: 'pli'; readonly ssrc: number; readonly mediaSsrc: number }
  | { readonly type: 'fir'; readonly ssrc: number; readonly mediaSsrc: number; readonly sequence: number }
  | {
      readonly type: 'nack';
      readonly ssrc: number;
      readonly mediaSsrc: number;
      readonly sequences: readonly number[];
    };

const SR = 200;
const RR = 201;
const SDES = 202;
const BYE = 203;
const RTPFB = 205;
const PSFB = 206;
const FORMAT_NACK = 1;
const FORMAT_PLI = 1;
const FORMAT_FIR = 4;
const SDES_CNAME = 1;
const REPORT_BYTES = 24;

/** The packets of a compound that are understood; a damaged one ends the list. */
export function parseRtcp(bytes: Uint8Array): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 8 <= bytes.length && bytes[at] >> 6 === 2) {
    const end = at + (view.getUint16(at + 2) + 1) * 4;
    if (end > bytes.length) break;
    const padding = (bytes[at] & 0x20) === 0 ? 0 : bytes[end - 1];
    if (at + 8 + padding > end) break;
    parseOne(bytes, view, at, end - padding, packets);
    at = end;
  }
  return packets;
}

function parseOne(bytes: Uint8Array, view: DataView, at: number, end: number, packets: RtcpPacket[]): void {
  const count = bytes[at] & 0x1f;
  const ssrc = view.getUint32(at + 4);
  switch (bytes[at + 1]) {
    case SR:
      if (at + 28 <= end)
        packets.push({
          type: 'sr',
          ssrc,
          ntpMs: readNtp(view, at + 8),
          rtpTimestamp: view.getUint32(at + 16),
          packetCount: view.getUint32(at + 20),
          octetCount: view.getUint32(at + 24),
          reports: parseReports(view, at + 28, end, count),
        });
      return;
    case RR:
      packets.push({ type: 'rr', ssrc, reports: parseReports(view, at + 8, end, count) });
      return;
    case SDES:
      parseCnames(bytes, view, at + 4, end, count, packets);
      return;
    case BYE: {
      const ssrcs: number[] = [];
      for (let i = 0; i < count && at + 8 + i * 4 <= end; i++) ssrcs.push(view.getUint32(at + 4 + i * 4));
      packets.push({ type: 'bye', ssrcs });
      return;
    }
    case RTPFB:
      if (count === FORMAT_NACK && at + 12 <= end)
        packets.push({
          type: 'nack',
          ssrc,
          mediaSsrc: view.getUint32(at + 8),
          sequences: parseNacks(view, at + 12, end),
        });
      return;
    case PSFB:
      if (count === FORMAT_PLI && at + 12 <= end)
        packets.push({ type: 'pli', ssrc, mediaSsrc: view.getUint32(at + 8) });
      if (count === FORMAT_FIR)
        for (let entry = at + 12; entry + 8 <= end; entry += 8)
          packets.push({ type: 'fir', ssrc, mediaSsrc: view.getUint32(entry), sequence: bytes[entry + 4] });
  }
}

function parseReports(view: DataView, from: number, end: number, count: number): ReportBlock[] {
  const reports: ReportBlock[] = [];
  for (let i = 0, at = from; i < count && at + REPORT_BYTES <= end; i++, at += REPORT_BYTES)
    reports.push({
      ssrc: view.getUint32(at),
      fractionLost: view.getUint8(at + 4) / 256,
      // 24 bits with a sign.
      packetsLost: (view.getUint32(at + 4) << 8) >> 8,
      highestSequence: view.getUint32(at + 8),
      jitter: view.getUint32(at + 12),
      lastSenderReport: view.getUint32(at + 16),
      delaySinceLastSenderReport: view.getUint32(at + 20),
    });
  return reports;
}

function parseCnames(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  end: number,
  count: number,
  packets: RtcpPacket[],
): void {
  let at = from;
  for (let chunk = 0; chunk < count && at + 4 <= end; chunk++) {
    const ssrc = view.getUint32(at);
    at += 4;
    while (at < end && bytes[at] !== 0) {
      if (at + 2 > end || at + 2 + bytes[at + 1] > end) return;
      const text = bytes.subarray(at + 2, at + 2 + bytes[at + 1]);
      if (bytes[at] === SDES_CNAME)
        packets.push({ type: 'sdes', ssrc, cname: new TextDecoder().decode(text) });
      at += 2 + text.length;
    }
    // A chunk ends with one zero at least and on a boundary of 32 bits, counted from its packet.
    at += 4 - ((at - from) % 4);
  }
}

function parseNacks(view: DataView, from: number, end: number): number[] {
  const sequences: number[] = [];
  for (let at = from; at + 4 <= end; at += 4) {
    const first = view.getUint16(at);
    const mask = view.getUint16(at + 2);
    sequences.push(first);
    for (let bit = 0; bit < 16; bit++)
      if ((mask & (1 << bit)) !== 0) sequences.push((first + bit + 1) & 0xffff);
  }
  return sequences;
}

export interface SenderReport {
  readonly ssrc: number;
  /** Milliseconds since the Unix epoch. */
  readonly ntpMs: number;
  /** Of the same moment. */
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
  readonly cname: string;
}

/** A compound of sender report and source description (RFC 3550, 6.1). */
export function buildSenderReport(report: SenderReport): Uint8Array {
  const head = new Uint8Array(28);
  const view = rtcpHeader(head, 0, SR, report.ssrc);
  writeNtp(view, 8, report.ntpMs);
  view.setUint32(16, report.rtpTimestamp);
  view.setUint32(20, report.packetCount);
  view.setUint32(24, report.octetCount);
  return join(head, buildCname(report.ssrc, report.cname));
}

/** A receiver report without blocks: what has to lead a compound of feedback. */
export function buildEmptyReceiverReport(ssrc: number): Uint8Array {
  const bytes = new Uint8Array(8);
  rtcpHeader(bytes, 0, RR, ssrc);
  return bytes;
}

/** Picture loss indication (RFC 4585, 6.3.1) behind an empty receiver report. */
export function buildPli(ssrc: number, mediaSsrc: number): Uint8Array {
  const pli = new Uint8Array(12);
  rtcpHeader(pli, FORMAT_PLI, PSFB, ssrc).setUint32(8, mediaSsrc);
  return join(buildEmptyReceiverReport(ssrc), pli);
}

/** Full intra request (RFC 5104, 4.3.1) behind an empty receiver report. */
export function buildFir(ssrc: number, mediaSsrc: number, sequence: number): Uint8Array {
  const fir = new Uint8Array(20);
  const view = rtcpHeader(fir, FORMAT_FIR, PSFB, ssrc);
  view.setUint32(12, mediaSsrc);
  view.setUint8(16, sequence);
  return join(buildEmptyReceiverReport(ssrc), fir);
}

/** Generic NACK (RFC 4585, 6.2.1) behind an empty receiver report. */
export function buildNack(ssrc: number, mediaSsrc: number, sequences: readonly number[]): Uint8Array {
  const nack = new Uint8Array(12 + sequences.length * 4);
  const view = rtcpHeader(nack, FORMAT_NACK, RTPFB, ssrc);
  view.setUint32(8, mediaSsrc);
  sequences.forEach((sequence, i) => {
    view.setUint16(12 + i * 4, sequence);
  });
  return join(buildEmptyReceiverReport(ssrc), nack);
}

function buildCname(ssrc: number, cname: string): Uint8Array {
  const text = new TextEncoder().encode(cname).subarray(0, 255);
  const bytes = new Uint8Array(Math.ceil((10 + text.length + 1) / 4) * 4);
  rtcpHeader(bytes, 1, SDES, ssrc);
  bytes.set([SDES_CNAME, text.length], 8);
  bytes.set(text, 10);
  return bytes;
}

function rtcpHeader(bytes: Uint8Array, countOrFormat: number, type: number, ssrc: number): DataView {
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x80 | countOrFormat;
  bytes[1] = type;
  view.setUint16(2, bytes.length / 4 - 1);
  view.setUint32(4, ssrc);
  return view;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

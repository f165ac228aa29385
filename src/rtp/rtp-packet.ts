import { buildHeaderExtensions, type HeaderExtension, parseHeaderExtensions } from './header-extensions.ts';

/** One RTP packet (RFC 3550, 5.1). */
export interface RtpPacket {
  readonly marker: boolean;
  /** 0..127 */
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, in units of the payload's clock. */
  readonly timestamp: number;
  /** 32 bits. */
  readonly ssrc: number;
  readonly extensions: readonly HeaderExtension[];
  /** Without padding; a view of the received bytes. */
  readonly payload: Uint8Array;
}

const FIXED_BYTES = 12;
const NO_EXTENSIONS: readonly HeaderExtension[] = [];

/** RTCP on the same port: its packet types 192..223 are no RTP payload types with a marker (RFC 5761, 4). */
export function isRtcp(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[1] >= 192 && bytes[1] <= 223;
}

/** @returns null for anything that is not a whole RTP packet of version 2 */
export function parseRtp(bytes: Uint8Array): RtpPacket | null {
  if (bytes.length < FIXED_BYTES || bytes[0] >> 6 !== 2) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = FIXED_BYTES + (bytes[0] & 0x0f) * 4;
  let end = bytes.length;
  let extensions = NO_EXTENSIONS;
  if ((bytes[0] & 0x10) !== 0) {
    if (start + 4 > end) return null;
    const blockEnd = start + 4 + view.getUint16(start + 2) * 4;
    if (blockEnd > end) return null;
    extensions = parseHeaderExtensions(view.getUint16(start), bytes.subarray(start + 4, blockEnd));
    start = blockEnd;
  }
  if ((bytes[0] & 0x20) !== 0) {
    const padding = bytes[end - 1];
    if (padding === 0 || start + padding > end) return null;
    end -= padding;
  }
  if (start > end) return null;
  return {
    marker: (bytes[1] & 0x80) !== 0,
    payloadType: bytes[1] & 0x7f,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    extensions,
    payload: bytes.subarray(start, end),
  };
}

/** @param paddingBytes 0 to 255 bytes of padding behind the payload, the last of which counts them */
export function buildRtp(packet: RtpPacket, paddingBytes = 0): Uint8Array {
  const extension = buildHeaderExtensions(packet.extensions);
  const payloadAt = FIXED_BYTES + extension.length;
  const bytes = new Uint8Array(payloadAt + packet.payload.length + paddingBytes);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x80 | (paddingBytes > 0 ? 0x20 : 0) | (extension.length > 0 ? 0x10 : 0);
  bytes[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  view.setUint16(2, packet.sequence);
  view.setUint32(4, packet.timestamp);
  view.setUint32(8, packet.ssrc);
  bytes.set(extension, FIXED_BYTES);
  bytes.set(packet.payload, payloadAt);
  if (paddingBytes > 0) bytes[bytes.length - 1] = paddingBytes;
  return bytes;
}

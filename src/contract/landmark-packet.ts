/**
 * Landmarks of private mode, as the driver's browser sends them over an unordered, unreliable data channel and the
 * reenactment worker reads them. Little-endian:
 *
 *     offset bytes
 *     0      4     'LKL1'
 *     4      4     uint32   sequence, counts up by one a packet
 *     8      8     float64  capture time, milliseconds since the Unix epoch on the server's clock
 *     16     2     uint16   image width, pixels
 *     18     2     uint16   image height, pixels
 *     20     2     uint16   confidence, 65535 is 1
 *     22     2     uint16   number of landmarks: 0 (no face), 468 or 478
 *     24     6 n   int16    x, y, z a landmark: parts of the image width (x, z) and height (y), 16384 is 1
 */
export interface LandmarkPacket {
  readonly sequence: number;
  readonly captureTimeMs: number;
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** 0..1 */
  readonly confidence: number;
  /** `[points, 3]` as `TrackedFace` has them: pixels; empty while no face is seen. */
  readonly landmarks: Float32Array;
}

const MAGIC = 0x314c4b4c;
const HEADER_BYTES = 24;
const BYTES_A_LANDMARK = 6;
const UNIT = 16384;
/** Room for 478 landmarks; anything longer is refused unread. */
export const MAX_LANDMARK_PACKET_BYTES = HEADER_BYTES + 478 * BYTES_A_LANDMARK;

export function encodeLandmarkPacket(packet: LandmarkPacket): Uint8Array {
  const points = packet.landmarks.length / 3;
  const bytes = new Uint8Array(HEADER_BYTES + points * BYTES_A_LANDMARK);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, packet.sequence >>> 0, true);
  view.setFloat64(8, packet.captureTimeMs, true);
  view.setUint16(16, packet.imageWidth, true);
  view.setUint16(18, packet.imageHeight, true);
  view.setUint16(20, Math.round(Math.min(1, Math.max(0, packet.confidence)) * 65535), true);
  view.setUint16(22, points, true);
  for (let i = 0; i < packet.landmarks.length; i++) {
    const whole = i % 3 === 1 ? packet.imageHeight : packet.imageWidth;
    const value = Math.round((packet.landmarks[i] / whole) * UNIT);
    view.setInt16(HEADER_BYTES + i * 2, Math.min(32767, Math.max(-32768, value)), true);
  }
  return bytes;
}

/** @returns null for anything that is not such a packet, whole and sane */
export function decodeLandmarkPacket(bytes: Uint8Array): LandmarkPacket | null {
  if (bytes.byteLength < HEADER_BYTES || bytes.byteLength > MAX_LANDMARK_PACKET_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const points = view.getUint16(22, true);
  const imageWidth = view.getUint16(16, true);
  const imageHeight = view.getUint16(18, true);
  const captureTimeMs = view.getFloat64(8, true);
  const rightSize =
    (points === 0 || points === 468 || points === 478) &&
    bytes.byteLength === HEADER_BYTES + points * BYTES_A_LANDMARK;
  if (view.getUint32(0, true) !== MAGIC || !rightSize) return null;
  if (!Number.isFinite(captureTimeMs) || imageWidth === 0 || imageHeight === 0) return null;
  const landmarks = new Float32Array(points * 3);
  for (let i = 0; i < landmarks.length; i++) {
    const whole = i % 3 === 1 ? imageHeight : imageWidth;
    landmarks[i] = (view.getInt16(HEADER_BYTES + i * 2, true) / UNIT) * whole;
  }
  return {
    sequence: view.getUint32(4, true),
    captureTimeMs,
    imageWidth,
    imageHeight,
    confidence: view.getUint16(20, true) / 65535,
    landmarks,
  };
}

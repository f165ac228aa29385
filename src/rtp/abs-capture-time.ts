import { readNtp, writeNtp } from './ntp.ts';

export const ABS_CAPTURE_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/** When the first pixel or sample of a packet's frame was captured. */
export interface AbsCaptureTime {
  /** Milliseconds since the Unix epoch, on the clock of whoever captured. */
  readonly captureTimeMs: number;
  /** Capturer's clock minus the sender's, milliseconds; null where the sender does not say. */
  readonly clockOffsetMs: number | null;
}

/** Reads the extension (webrtc.org, abs-capture-time; 8 or 16 bytes). */
export function parseAbsCaptureTime(data: Uint8Array): AbsCaptureTime | null {
  if (data.length < 8) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const clockOffsetMs = data.length < 16 ? null : (view.getInt32(8) + view.getUint32(12) / 2 ** 32) * 1000;
  return { captureTimeMs: readNtp(view, 0), clockOffsetMs };
}

/** 8 bytes, or 16 where the offset is known. */
export function buildAbsCaptureTime({ captureTimeMs, clockOffsetMs }: AbsCaptureTime): Uint8Array {
  const data = new Uint8Array(clockOffsetMs === null ? 8 : 16);
  const view = new DataView(data.buffer);
  writeNtp(view, 0, captureTimeMs);
  if (clockOffsetMs !== null) {
    const whole = Math.floor(clockOffsetMs / 1000);
    view.setInt32(8, whole);
    view.setUint32(12, Math.min(2 ** 32 - 1, Math.round((clockOffsetMs / 1000 - whole) * 2 ** 32)));
  }
  return data;
}

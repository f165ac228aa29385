/** What the VP8 payload descriptor says (RFC 7741, 4.2). */
export interface Vp8Payload {
  /** The packet begins a partition. */
  readonly partitionStart: boolean;
  /** 0..15; a frame begins where `partitionStart` holds and this is 0. */
  readonly partition: number;
  /** 7 or 15 bits; null where absent. */
  readonly pictureId: number | null;
  /** No later frame depends on it. */
  readonly discardable: boolean;
  /** Of the temporal layer; null where absent. */
  readonly temporalLayer: number | null;
  /** Bytes of the frame; never empty. */
  readonly data: Uint8Array;
}

/** @returns null where the descriptor is cut short or nothing follows it */
export function parseVp8Payload(payload: Uint8Array): Vp8Payload | null {
  if (payload.length < 2) return null;
  const first = payload[0];
  let at = 1;
  let pictureId: number | null = null;
  let temporalLayer: number | null = null;
  if ((first & 0x80) !== 0) {
    const fields = payload[at++];
    if ((fields & 0x80) !== 0) {
      if (at >= payload.length) return null;
      pictureId = payload[at++];
      if ((pictureId & 0x80) !== 0) {
        if (at >= payload.length) return null;
        pictureId = ((pictureId & 0x7f) << 8) | payload[at++];
      }
    }
    if ((fields & 0x40) !== 0) at++;
    if ((fields & 0x30) !== 0) {
      if (at >= payload.length) return null;
      if ((fields & 0x20) !== 0) temporalLayer = payload[at] >> 6;
      at++;
    }
  }
  if (at >= payload.length) return null;
  return {
    partitionStart: (first & 0x10) !== 0,
    partition: first & 0x0f,
    pictureId,
    discardable: (first & 0x20) !== 0,
    temporalLayer,
    data: payload.subarray(at),
  };
}

/** Whether a frame can be decoded without those before it: bit P of its first byte (RFC 6386, 9.1). */
export function isVp8KeyFrame(frame: Uint8Array): boolean {
  return frame.length > 0 && (frame[0] & 1) === 0;
}

export const PICTURE_ID_MODULUS = 2 ** 15;
const DESCRIPTOR_BYTES = 4;

/**
 * Cuts a frame into payloads of at most `maxBytes`, each with a descriptor that carries a 15-bit picture id. All of a
 * frame goes as partition 0, as browsers send it.
 */
export function packetiseVp8(frame: Uint8Array, pictureId: number, maxBytes: number): Uint8Array[] {
  const room = maxBytes - DESCRIPTOR_BYTES;
  const count = Math.max(1, Math.ceil(frame.length / room));
  // Even sizes: a last packet of a few bytes would cost as much as a full one.
  const size = Math.ceil(frame.length / count);
  return Array.from({ length: count }, (_, i) => {
    const part = frame.subarray(i * size, (i + 1) * size);
    const payload = new Uint8Array(DESCRIPTOR_BYTES + part.length);
    payload[0] = 0x80 | (i === 0 ? 0x10 : 0);
    payload[1] = 0x80;
    payload[2] = 0x80 | ((pictureId >> 8) & 0x7f);
    payload[3] = pictureId & 0xff;
    payload.set(part, DESCRIPTOR_BYTES);
    return payload;
  });
}

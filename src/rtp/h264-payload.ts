/** Types of H.264 NAL units (Rec. ITU-T H.264, table 7-1) and of RTP aggregates (RFC 6184, 5.2). */
export const NAL_IDR = 5;
export const NAL_SPS = 7;
export const NAL_PPS = 8;
const STAP_A = 24;
const FU_A = 28;
const START_CODE = [0, 0, 0, 1] as const;

/** NAL units of the payloads of one frame, put together again. Reads single NAL units, STAP-A and FU-A. */
export class H264Depacketiser {
  readonly #parts: Uint8Array[] = [];
  #fragmented = false;
  #key = false;
  #bytes = 0;

  /** @returns false where the payload is damaged or continues a unit that did not begin: the frame is lost */
  add(payload: Uint8Array): boolean {
    if (payload.length < 2) return false;
    const type = payload[0] & 0x1f;
    if (type >= 1 && type <= 23) return this.#fragmented ? false : this.#unit(payload);
    if (type === STAP_A) return this.#fragmented ? false : this.#aggregate(payload);
    if (type === FU_A) return this.#fragment(payload);
    return false;
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The frame in Annex B form with whether it can be decoded by itself; null where a unit is not complete. */
  take(): { data: Uint8Array; key: boolean } | null {
    const whole = !this.#fragmented && this.#parts.length > 0;
    const data = new Uint8Array(whole ? this.#bytes : 0);
    let at = 0;
    if (whole)
      for (const part of this.#parts) {
        data.set(part, at);
        at += part.length;
      }
    const key = this.#key;
    this.reset();
    return whole ? { data, key } : null;
  }

  reset(): void {
    this.#parts.length = 0;
    this.#fragmented = false;
    this.#key = false;
    this.#bytes = 0;
  }

  #unit(unit: Uint8Array): boolean {
    this.#begin(unit[0] & 0x1f);
    this.#push(unit);
    return true;
  }

  #aggregate(payload: Uint8Array): boolean {
    let at = 1;
    while (at + 2 <= payload.length) {
      const length = (payload[at] << 8) | payload[at + 1];
      at += 2;
      if (length === 0 || at + length > payload.length) return false;
      this.#unit(payload.subarray(at, at + length));
      at += length;
    }
    return at === payload.length;
  }

  #fragment(payload: Uint8Array): boolean {
    if (payload.length < 3) return false;
    const start = (payload[1] & 0x80) !== 0;
    if (start === this.#fragmented) return false;
    if (start) {
      const type = payload[1] & 0x1f;
      this.#begin(type);
      this.#push(Uint8Array.of((payload[0] & 0xe0) | type));
    }
    this.#push(payload.subarray(2));
    this.#fragmented = (payload[1] & 0x40) === 0;
    return true;
  }

  #begin(type: number): void {
    if (type === NAL_IDR) this.#key = true;
    this.#push(Uint8Array.from(START_CODE));
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#bytes += part.length;
  }
}

/** The NAL units of a frame in Annex B form (Rec. ITU-T H.264, annex B), as views. */
export function splitAnnexB(frame: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let unitAt = -1;
  let zeros = 0;
  for (let at = 0; at < frame.length; at++) {
    const byte = frame[at];
    if (byte === 1 && zeros >= 2) {
      if (unitAt >= 0) pushUnit(units, frame.subarray(unitAt, at - zeros));
      unitAt = at + 1;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  // Zeros behind the last unit are padding, too.
  if (unitAt >= 0) pushUnit(units, frame.subarray(unitAt, frame.length - zeros));
  return units;
}

function pushUnit(units: Uint8Array[], unit: Uint8Array): void {
  if (unit.length > 0) units.push(unit);
}

/**
 * Cuts a frame in Annex B form into RTP payloads of at most `maxBytes` (packetization-mode 1): small units that follow
 * each other share a STAP-A, large ones are cut into FU-A, the rest go alone. Access unit delimiters are left out.
 */
export function packetiseH264(frame: Uint8Array, maxBytes: number): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  let smallBytes = 1;
  const flush = (): void => {
    if (small.length === 1) payloads.push(small[0]);
    else if (small.length > 1) payloads.push(aggregate(small, smallBytes));
    small = [];
    smallBytes = 1;
  };
  for (const unit of splitAnnexB(frame)) {
    if ((unit[0] & 0x1f) === NAL_DELIMITER || unit.length < 2) continue;
    if (smallBytes + 2 + unit.length > maxBytes) flush();
    if (unit.length > maxBytes) payloads.push(...fragments(unit, maxBytes));
    else {
      small.push(unit);
      smallBytes += 2 + unit.length;
    }
  }
  flush();
  return payloads;
}

const NAL_DELIMITER = 9;

function aggregate(units: readonly Uint8Array[], bytes: number): Uint8Array {
  const payload = new Uint8Array(bytes);
  // The highest importance of the units, and forbidden where one of them is.
  const importance = Math.max(...units.map((unit) => unit[0] & 0x60));
  payload[0] = (units.some((unit) => (unit[0] & 0x80) !== 0) ? 0x80 : 0) | importance | STAP_A;
  let at = 1;
  for (const unit of units) {
    payload[at] = unit.length >> 8;
    payload[at + 1] = unit.length & 0xff;
    payload.set(unit, at + 2);
    at += 2 + unit.length;
  }
  return payload;
}

function fragments(unit: Uint8Array, maxBytes: number): Uint8Array[] {
  const body = unit.subarray(1);
  const count = Math.ceil(body.length / (maxBytes - 2));
  const size = Math.ceil(body.length / count);
  return Array.from({ length: count }, (_, i) => {
    const part = body.subarray(i * size, (i + 1) * size);
    const payload = new Uint8Array(2 + part.length);
    payload[0] = (unit[0] & 0xe0) | FU_A;
    payload[1] = (i === 0 ? 0x80 : 0) | (i === count - 1 ? 0x40 : 0) | (unit[0] & 0x1f);
    payload.set(part, 2);
    return payload;
  });
}

/** One element of an RTP header extension (RFC 8285): a negotiated id and up to 255 bytes. */
export interface HeaderExtension {
  /** 1..14 in the one-byte form, 1..255 in the two-byte form. */
  readonly id: number;
  readonly data: Uint8Array;
}

const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;

/**
 * Elements of an extension block (RFC 8285, 4.2 and 4.3). What is damaged ends the list; other profiles give none.
 *
 * @param profile the 16 bits before the block's length
 */
export function parseHeaderExtensions(profile: number, block: Uint8Array): HeaderExtension[] {
  if (profile === ONE_BYTE_PROFILE) return parseOneByte(block);
  // The low four bits are the application's own.
  if ((profile & 0xfff0) === TWO_BYTE_PROFILE) return parseTwoByte(block);
  return [];
}

function parseOneByte(block: Uint8Array): HeaderExtension[] {
  const extensions: HeaderExtension[] = [];
  let at = 0;
  while (at < block.length) {
    const id = block[at] >> 4;
    if (id === 0) {
      at++;
      continue;
    }
    // 15 is reserved: nothing behind it may be read.
    if (id === 15) break;
    const end = at + 2 + (block[at] & 0x0f);
    if (end > block.length) break;
    extensions.push({ id, data: block.subarray(at + 1, end) });
    at = end;
  }
  return extensions;
}

function parseTwoByte(block: Uint8Array): HeaderExtension[] {
  const extensions: HeaderExtension[] = [];
  let at = 0;
  while (at < block.length) {
    const id = block[at];
    if (id === 0) {
      at++;
      continue;
    }
    if (at + 2 > block.length) break;
    const end = at + 2 + block[at + 1];
    if (end > block.length) break;
    extensions.push({ id, data: block.subarray(at + 2, end) });
    at = end;
  }
  return extensions;
}

/**
 * A whole extension with its four bytes of profile and length: in the one-byte form where everything fits it. Empty
 * without elements.
 *
 * @throws RangeError for an id outside 1..255 or more than 255 bytes
 */
export function buildHeaderExtensions(extensions: readonly HeaderExtension[]): Uint8Array {
  if (extensions.length === 0) return new Uint8Array(0);
  for (const { id, data } of extensions)
    if (id < 1 || id > 255 || data.length > 255) throw new RangeError(`no header extension ${id}`);
  const oneByte = extensions.every(({ id, data }) => id < 15 && data.length >= 1 && data.length <= 16);
  const head = oneByte ? 1 : 2;
  const used = extensions.reduce((sum, { data }) => sum + head + data.length, 0);
  const words = Math.ceil(used / 4);
  const out = new Uint8Array(4 + words * 4);
  const profile = oneByte ? ONE_BYTE_PROFILE : TWO_BYTE_PROFILE;
  out.set([profile >> 8, profile & 0xff, words >> 8, words & 0xff]);
  let at = 4;
  for (const { id, data } of extensions) {
    if (oneByte) out[at] = (id << 4) | (data.length - 1);
    else out.set([id, data.length], at);
    out.set(data, at + head);
    at += head + data.length;
  }
  return out;
}

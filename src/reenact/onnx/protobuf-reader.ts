/** A field of a message: a number, or the bytes of a text, of a message or of packed numbers. */
export interface ProtobufField {
  readonly field: number;
  readonly value: number | Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * The fields of one protobuf message, in their order (protobuf.dev, "Encoding"). Bytes are views of `message`, and so are
 * numbers of fixed length.
 *
 * @throws RangeError where the message ends too early, or has groups, which nobody writes any more
 */
export function readProtobuf(message: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case VARINT:
        fields.push({ field, value: varint() });
        break;
      case FIXED64:
        fields.push({ field, value: bytes(8) });
        break;
      case LENGTH_DELIMITED:
        fields.push({ field, value: bytes(varint()) });
        break;
      case FIXED32:
        fields.push({ field, value: bytes(4) });
        break;
      default:
        throw new RangeError('no protobuf message: a field of no known kind');
    }
  }
  return fields;

  function varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      if (at >= message.length) throw new RangeError('no protobuf message: it ends within a number');
      const byte = message[at++];
      value += (byte % 0x80) * factor;
      if (byte < 0x80) return value;
    }
  }

  function bytes(length: number): Uint8Array {
    if (length > message.length - at) throw new RangeError('no protobuf message: it ends within a field');
    return message.subarray(at, (at += length));
  }
}

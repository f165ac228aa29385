const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * One protobuf message, field by field, in the wire format (protobuf.dev, "Encoding"). Only what an ONNX model
 * needs: whole numbers from 0 to 2^53 - 1, texts, bytes, and messages in messages.
 */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #byteLength = 0;

  number(field: number, value: number): this {
    this.#tag(field, VARINT);
    this.#add(varint(value));
    return this;
  }

  /** In single precision. */
  float(field: number, value: number): this {
    this.#tag(field, FIXED32);
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.#add(bytes);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  /** `value` is copied by `finish` only. */
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#add(varint(value.byteLength));
    this.#add(value);
    return this;
  }

  /** A repeated number, packed. */
  numbers(field: number, values: readonly number[]): this {
    return this.bytes(field, Buffer.concat(values.map(varint)));
  }

  message(field: number, value: ProtobufWriter): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#add(varint(value.#byteLength));
    for (const part of value.#parts) this.#add(part);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts, this.#byteLength);
  }

  #tag(field: number, wireType: number): void {
    this.#add(varint(field * 8 + wireType));
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part);
    this.#byteLength += part.byteLength;
  }
}

/** Seven bits a byte, lowest first; the top bit says that more follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

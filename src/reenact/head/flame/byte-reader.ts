import { cutShort } from './import-error.ts';

/** Reads a file from front to back; what lies beyond its end is one clear error. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  uint8(): number {
    return this.#bytes[this.#skip(1)];
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** A length; 2^53 and more, which no file has, counts as too long. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  /** Big-endian, as pickles have it. */
  float64(): number {
    return this.#view.getFloat64(this.#skip(8), false);
  }

  /** The text before the next line feed, as Latin-1. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw cutShort();
    const line = Buffer.from(this.take(end - this.#at)).toString('latin1');
    this.#at++;
    return line;
  }

  #skip(length: number): number {
    if (!(length >= 0 && length <= this.remaining)) throw cutShort();
    const start = this.#at;
    this.#at += length;
    return start;
  }
}

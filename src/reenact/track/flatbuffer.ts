import { LokiError } from '../../errors.ts';

/** Elements of a vector: byte position of the first, and their number. */
interface FlatBufferVector {
  readonly start: number;
  readonly count: number;
}

/**
 * Bounds-checked access to the few kinds of flatbuffer field that a `.tflite` file is read by. All positions are
 * bytes from the start of the file.
 *
 * Source: "FlatBuffers internals", flatbuffers.dev.
 *
 * @throws LokiError `MODEL_INVALID` from every method whose offsets lead outside.
 */
export class FlatBufferReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The root table. */
  root(): number {
    return this.#target(0);
  }

  /** Four letters behind the root's offset say what kind of file it is; empty where the file ends before. */
  identifier(): string {
    return String.fromCharCode(...this.#bytes.subarray(4, 8));
  }

  /** A number of `size` bytes, `fallback` where the table leaves it out. */
  int(table: number, field: number, fallback: number): number {
    const at = this.#fieldPosition(table, field, 4);
    return at === 0 ? fallback : this.#view.getInt32(at, true);
  }

  /** An unsigned byte, `fallback` where the table leaves it out. */
  byte(table: number, field: number, fallback: number): number {
    const at = this.#fieldPosition(table, field, 1);
    return at === 0 ? fallback : this.#view.getUint8(at);
  }

  /** The table that a field points to; null where the table leaves it out. */
  table(table: number, field: number): number | null {
    const at = this.#fieldPosition(table, field, 4);
    return at === 0 ? null : this.#target(at);
  }

  /** The tables of a vector of tables; empty where the field is absent. */
  tables(table: number, field: number): number[] {
    const { start, count } = this.#vector(table, field, 4);
    return Array.from({ length: count }, (_, i) => this.#target(start + 4 * i));
  }

  /** The values of a vector of int32; empty where the field is absent. */
  ints(table: number, field: number): number[] {
    const { start, count } = this.#vector(table, field, 4);
    return Array.from({ length: count }, (_, i) => this.#view.getInt32(start + 4 * i, true));
  }

  /** A vector of bytes, a view into the file; empty where the field is absent. */
  bytes(table: number, field: number): Uint8Array {
    const { start, count } = this.#vector(table, field, 1);
    return this.#bytes.subarray(start, start + count);
  }

  #vector(table: number, field: number, elementBytes: number): FlatBufferVector {
    const at = this.#fieldPosition(table, field, 4);
    if (at === 0) return { start: 0, count: 0 };
    const vector = this.#target(at);
    const count = this.#view.getUint32(vector, true);
    this.#check(vector + 4, elementBytes * count);
    return { start: vector + 4, count };
  }

  /** Position of a table's field of `size` bytes, 0 where the table leaves it out. */
  #fieldPosition(table: number, field: number, size: number): number {
    this.#check(table, 4);
    const vtable = table - this.#view.getInt32(table, true);
    this.#check(vtable, 4);
    const slot = 4 + 2 * field;
    if (slot + 2 > this.#view.getUint16(vtable, true)) return 0;
    this.#check(vtable + slot, 2);
    const offset = this.#view.getUint16(vtable + slot, true);
    if (offset === 0) return 0;
    this.#check(table + offset, size);
    return table + offset;
  }

  #target(at: number): number {
    this.#check(at, 4);
    const target = at + this.#view.getUint32(at, true);
    this.#check(target, 4);
    return target;
  }

  #check(at: number, size: number): void {
    if (at < 0 || at + size > this.#view.byteLength) throw invalidModel('an offset points outside the file');
  }
}

/** One sentence about a network that can't be read. */
export function invalidModel(what: string): LokiError {
  return new LokiError(
    'MODEL_INVALID',
    `The network is not a TFLite model that this program can run: ${what}.`,
  );
}

import { LokiError } from '../../errors.ts';

/** A vector of 4-byte elements: byte position of its first element, and their number. */
export interface WordVector {
  readonly start: number;
  readonly count: number;
}

/**
 * Bounds-checked access to the few kinds of flatbuffer field that a `.tflite` file is read and patched by. All
 * positions are bytes from the start of the file.
 *
 * Source: "FlatBuffers internals", flatbuffers.dev.
 *
 * @throws LokiError `MODEL_INVALID` from every method whose offsets lead outside.
 */
export class FlatBufferReader {
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The root table. */
  root(): number {
    return this.#target(0);
  }

  int32(at: number): number {
    this.#check(at, 4);
    return this.view.getInt32(at, true);
  }

  /** The tables of a vector of tables; empty where the field is absent. */
  tables(table: number, field: number): number[] {
    const { start, count } = this.words(table, field);
    return Array.from({ length: count }, (_, i) => this.#target(start + 4 * i));
  }

  /** The values of a vector of int32; empty where the field is absent. */
  int32s(table: number, field: number): number[] {
    const { start, count } = this.words(table, field);
    return Array.from({ length: count }, (_, i) => this.int32(start + 4 * i));
  }

  /** Where a vector of 4-byte elements lies; of no elements where the field is absent. */
  words(table: number, field: number): WordVector {
    const at = this.fieldPosition(table, field);
    if (at === 0) return { start: 0, count: 0 };
    const vector = this.#target(at);
    const count = this.view.getUint32(vector, true);
    this.#check(vector + 4, 4 * count);
    return { start: vector + 4, count };
  }

  /** Position of a table's 4-byte field, 0 where the table leaves it out. */
  fieldPosition(table: number, field: number): number {
    const vtable = table - this.int32(table);
    this.#check(vtable, 4);
    const slot = 4 + 2 * field;
    if (slot + 2 > this.view.getUint16(vtable, true)) return 0;
    this.#check(vtable + slot, 2);
    const offset = this.view.getUint16(vtable + slot, true);
    if (offset === 0) return 0;
    this.#check(table + offset, 4);
    return table + offset;
  }

  #target(at: number): number {
    this.#check(at, 4);
    const target = at + this.view.getUint32(at, true);
    this.#check(target, 4);
    return target;
  }

  #check(at: number, size: number): void {
    if (at < 0 || at + size > this.view.byteLength) throw invalidModel('an offset points outside the file');
  }
}

/** One sentence about a network that can't be read. */
export function invalidModel(what: string): LokiError {
  return new LokiError('MODEL_INVALID', `The network is not a valid TFLite model: ${what}.`);
}

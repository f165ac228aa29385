import { LokiError } from '../../errors.ts';

/** Shapes that a network takes and gives, in the order of the graph's inputs and outputs. */
export interface TfliteShapes {
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

// Field numbers of the tables in tensorflow/lite/schema/schema.fbs (schema version 3).
const MODEL_SUBGRAPHS = 2;
const SUBGRAPH_TENSORS = 0;
const SUBGRAPH_INPUTS = 1;
const SUBGRAPH_OUTPUTS = 2;
const TENSOR_SHAPE = 0;
const TENSOR_SHAPE_SIGNATURE = 7;

const IDENTIFIER = 0x334c4654; // "TFL3"
const MAX_RANK = 8;

/**
 * A copy of a `.tflite` flatbuffer in which every dynamic dimension (-1 in a tensor's `shape_signature`) has the
 * size that the tensor's `shape` gives it: LiteRT.js refuses models with a dynamic batch.
 *
 * @throws LokiError `MODEL_INVALID`: not a TFLite file, or offsets that point outside.
 */
export function withStaticShapes(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const buffer = openModel(copy);
  for (const subgraph of buffer.tables(buffer.root(), MODEL_SUBGRAPHS)) {
    for (const tensor of buffer.tables(subgraph, SUBGRAPH_TENSORS)) {
      const shape = buffer.int32Vector(tensor, TENSOR_SHAPE);
      const signature = buffer.int32Vector(tensor, TENSOR_SHAPE_SIGNATURE);
      if (signature.count > MAX_RANK || (signature.count > 0 && signature.count !== shape.count)) {
        throw invalid('a tensor has an impossible shape');
      }
      for (let i = 0; i < signature.count; i++) {
        if (buffer.int32(signature.start + 4 * i) < 0) {
          buffer.view.setInt32(signature.start + 4 * i, buffer.int32(shape.start + 4 * i), true);
        }
      }
    }
  }
  return copy;
}

/**
 * Shapes of the inputs and outputs of the first subgraph.
 *
 * @throws LokiError `MODEL_INVALID`: not a TFLite file, or offsets that point outside.
 */
export function tfliteShapes(bytes: Uint8Array): TfliteShapes {
  const buffer = openModel(bytes);
  const [subgraph] = buffer.tables(buffer.root(), MODEL_SUBGRAPHS);
  if (subgraph === undefined) throw invalid('it has no graph');
  const tensors = buffer.tables(subgraph, SUBGRAPH_TENSORS);
  const shapesOf = (field: number): number[][] =>
    buffer.int32s(subgraph, field).map((index) => {
      const tensor = tensors[index];
      if (tensor === undefined) throw invalid('an input or output names a tensor that is not there');
      return buffer.int32s(tensor, TENSOR_SHAPE);
    });
  const shapes = { inputs: shapesOf(SUBGRAPH_INPUTS), outputs: shapesOf(SUBGRAPH_OUTPUTS) };
  for (const shape of [...shapes.inputs, ...shapes.outputs]) {
    if (shape.length > MAX_RANK || shape.some((size) => size < 1)) {
      throw invalid('an input or output has an impossible shape');
    }
  }
  return shapes;
}

function openModel(bytes: Uint8Array): FlatBufferReader {
  const buffer = new FlatBufferReader(bytes);
  if (bytes.byteLength < 8 || buffer.view.getUint32(4, true) !== IDENTIFIER) {
    throw invalid('it does not start as a TFLite file');
  }
  return buffer;
}

/** Bounds-checked access to the few kinds of flatbuffer field needed here. Positions are bytes from the start. */
class FlatBufferReader {
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): number {
    return this.#target(0);
  }

  int32(at: number): number {
    this.#check(at, 4);
    return this.view.getInt32(at, true);
  }

  /** Positions of the tables in a vector of tables; empty where the field is absent. */
  tables(table: number, field: number): number[] {
    const { start, count } = this.#vector(table, field);
    const positions = new Array<number>(count);
    for (let i = 0; i < count; i++) positions[i] = this.#target(start + 4 * i);
    return positions;
  }

  int32Vector(table: number, field: number): { start: number; count: number } {
    return this.#vector(table, field);
  }

  int32s(table: number, field: number): number[] {
    const { start, count } = this.#vector(table, field);
    return Array.from({ length: count }, (_, i) => this.int32(start + 4 * i));
  }

  /** A vector of 4-byte elements: its first element and length, checked to lie inside. */
  #vector(table: number, field: number): { start: number; count: number } {
    const at = this.#field(table, field);
    if (at === 0) return { start: 0, count: 0 };
    const vector = this.#target(at);
    const count = this.view.getUint32(vector, true);
    this.#check(vector + 4, 4 * count);
    return { start: vector + 4, count };
  }

  /** Position of a table's field, 0 where the table leaves it out. */
  #field(table: number, field: number): number {
    const vtable = table - this.int32(table);
    this.#check(vtable, 4);
    const slot = 4 + 2 * field;
    if (slot + 2 > this.view.getUint16(vtable, true)) return 0;
    this.#check(vtable + slot, 2);
    const offset = this.view.getUint16(vtable + slot, true);
    return offset === 0 ? 0 : table + offset;
  }

  #target(at: number): number {
    this.#check(at, 4);
    const target = at + this.view.getUint32(at, true);
    this.#check(target, 4);
    return target;
  }

  #check(at: number, size: number): void {
    if (at < 0 || at + size > this.view.byteLength) throw invalid('an offset points outside the file');
  }
}

function invalid(what: string): LokiError {
  return new LokiError('MODEL_INVALID', `The network is not a valid TFLite model: ${what}.`);
}

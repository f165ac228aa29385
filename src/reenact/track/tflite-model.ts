import { FlatBufferReader, invalidModel } from './flatbuffer.ts';

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
const SUBGRAPH_OPERATORS = 3;
const TENSOR_SHAPE = 0;
const TENSOR_SHAPE_SIGNATURE = 7;
const OPERATOR_INPUTS = 1;
const OPERATOR_OUTPUTS = 2;

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
      const shape = buffer.words(tensor, TENSOR_SHAPE);
      const signature = buffer.words(tensor, TENSOR_SHAPE_SIGNATURE);
      if (signature.count > MAX_RANK || (signature.count > 0 && signature.count !== shape.count)) {
        throw invalidModel('a tensor has an impossible shape');
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
  const subgraph = firstSubgraph(buffer);
  const tensors = buffer.tables(subgraph, SUBGRAPH_TENSORS);
  const shapesOf = (field: number): number[][] =>
    buffer.int32s(subgraph, field).map((index) => {
      const tensor = tensors[index];
      if (tensor === undefined) throw invalidModel('an input or output names a tensor that is not there');
      return buffer.int32s(tensor, TENSOR_SHAPE);
    });
  const shapes = { inputs: shapesOf(SUBGRAPH_INPUTS), outputs: shapesOf(SUBGRAPH_OUTPUTS) };
  for (const shape of [...shapes.inputs, ...shapes.outputs]) {
    if (shape.length > MAX_RANK || shape.some((size) => size < 1)) {
      throw invalidModel('an input or output has an impossible shape');
    }
  }
  return shapes;
}

/**
 * A copy of a model cut down to the operators that compute `outputs` from `inputs` (tensor numbers of the first
 * subgraph): the way to run a network of which some operators are unknown to the runtime, in pieces around them.
 *
 * The list of operators is shortened where it stands, for a flatbuffer's offsets can only point forward; the new
 * lists of inputs and outputs are appended. Weights of the other operators stay in the file, unused.
 *
 * @throws LokiError `MODEL_INVALID`: not a TFLite file, offsets that point outside, or tensors that are not there.
 */
export function cutModel(
  bytes: Uint8Array,
  inputs: readonly number[],
  outputs: readonly number[],
): Uint8Array {
  const start = Math.ceil(bytes.byteLength / 4) * 4;
  const copy = new Uint8Array(start + 4 * (2 + inputs.length + outputs.length));
  copy.set(bytes);
  const buffer = openModel(copy);
  const subgraph = firstSubgraph(buffer);
  const operators = buffer.tables(subgraph, SUBGRAPH_OPERATORS);
  const kept = operatorsBetween(buffer, operators, inputs, outputs);
  const list = buffer.words(subgraph, SUBGRAPH_OPERATORS);
  kept.forEach((table, i) => {
    if (table < list.start + 4 * i) throw invalidModel('an operator stands before the list of operators');
    buffer.view.setUint32(list.start + 4 * i, table - (list.start + 4 * i), true);
  });
  buffer.view.setUint32(list.start - 4, kept.length, true);
  appendVector(buffer, subgraph, SUBGRAPH_INPUTS, start, inputs);
  appendVector(buffer, subgraph, SUBGRAPH_OUTPUTS, start + 4 * (1 + inputs.length), outputs);
  return copy;
}

/** Operators, in their order, that `outputs` depend on without going through `inputs`. */
function operatorsBetween(
  buffer: FlatBufferReader,
  operators: readonly number[],
  inputs: readonly number[],
  outputs: readonly number[],
): number[] {
  const needed = new Set(outputs);
  const kept: number[] = [];
  // Operators stand in the order of execution, so one pass from the end meets every need.
  for (const operator of [...operators].reverse()) {
    const results = buffer.int32s(operator, OPERATOR_OUTPUTS);
    if (!results.some((tensor) => needed.has(tensor) && !inputs.includes(tensor))) continue;
    kept.push(operator);
    for (const tensor of buffer.int32s(operator, OPERATOR_INPUTS)) needed.add(tensor);
  }
  if (kept.length === 0) throw invalidModel('nothing in it computes what is asked for');
  return kept.reverse();
}

function appendVector(
  buffer: FlatBufferReader,
  table: number,
  field: number,
  at: number,
  values: readonly number[],
): void {
  const position = buffer.fieldPosition(table, field);
  if (position === 0) throw invalidModel('its graph has no inputs or outputs');
  buffer.view.setUint32(position, at - position, true);
  buffer.view.setUint32(at, values.length, true);
  for (const [i, value] of values.entries()) buffer.view.setInt32(at + 4 + 4 * i, value, true);
}

function openModel(bytes: Uint8Array): FlatBufferReader {
  const buffer = new FlatBufferReader(bytes);
  if (bytes.byteLength < 8 || buffer.view.getUint32(4, true) !== IDENTIFIER) {
    throw invalidModel('it does not start as a TFLite file');
  }
  return buffer;
}

function firstSubgraph(buffer: FlatBufferReader): number {
  const [subgraph] = buffer.tables(buffer.root(), MODEL_SUBGRAPHS);
  if (subgraph === undefined) throw invalidModel('it has no graph');
  return subgraph;
}

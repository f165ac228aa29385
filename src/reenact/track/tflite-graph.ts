import { FlatBufferReader, invalidModel } from './flatbuffer.ts';

/** A value of the graph. Sizes are static: what a file calls dynamic (a batch) has the size that it gives for it. */
export interface TfliteTensor {
  /** Activations are `[batch, height, width, channels]`. */
  readonly shape: readonly number[];
  readonly type: 'float32' | 'float16' | 'int32' | 'other';
  /** Little-endian values of a constant, a view into the file; null where an operator makes the tensor. */
  readonly data: Uint8Array | null;
}

/** Where a window lies: `same` pads so that the output is the input's size over the stride, rounded up. */
export type TflitePadding = 'same' | 'valid';

/** Numbers of tensors; -1 is an optional input left out. */
export interface TfliteWiring {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
export interface TfliteWindow {
  readonly padding: TflitePadding;
  /** `[along height, along width]`. */
  readonly strides: readonly [number, number];
}

/** One step of the graph. */
export type TfliteOperator = TfliteWiring &
  (
    | { readonly kind: 'add' | 'dequantize' | 'pad' | 'prelu' | 'relu' | 'reshape' }
    | ({ readonly kind: 'conv' | 'depthwiseConv' } & TfliteWindow)
    | ({ readonly kind: 'maxPool'; readonly size: readonly [number, number] } & TfliteWindow)
    | { readonly kind: 'concat'; readonly axis: number }
    | { readonly kind: 'unknown'; readonly code: number }
  );

/** A network: operators in the order of their execution. */
export interface TfliteGraph extends TfliteWiring {
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
}

// Field numbers of the tables in tensorflow/lite/schema/schema.fbs (schema version 3).
const MODEL_OPERATOR_CODES = 1;
const MODEL_SUBGRAPHS = 2;
const MODEL_BUFFERS = 4;
const CODE_OLD_BUILTIN = 0;
const CODE_BUILTIN = 3;
const SUBGRAPH_TENSORS = 0;
const SUBGRAPH_INPUTS = 1;
const SUBGRAPH_OUTPUTS = 2;
const SUBGRAPH_OPERATORS = 3;
const TENSOR_SHAPE = 0;
const TENSOR_TYPE = 1;
const TENSOR_BUFFER = 2;
const BUFFER_DATA = 0;
const OPERATOR_CODE = 0;
const OPERATOR_INPUTS = 1;
const OPERATOR_OUTPUTS = 2;
const OPERATOR_OPTIONS = 4;
// Conv2DOptions, DepthwiseConv2DOptions and Pool2DOptions start alike.
const WINDOW_PADDING = 0;
const WINDOW_STRIDE_WIDTH = 1;
const WINDOW_STRIDE_HEIGHT = 2;
const CONV_DILATION_WIDTH = 4;
const CONV_DILATION_HEIGHT = 5;
const CONV_ACTIVATION = 3;
const DEPTHWISE_MULTIPLIER = 3;
const DEPTHWISE_ACTIVATION = 4;
const DEPTHWISE_DILATION_WIDTH = 5;
const DEPTHWISE_DILATION_HEIGHT = 6;
const POOL_WIDTH = 3;
const POOL_HEIGHT = 4;
const POOL_ACTIVATION = 5;
const CONCAT_AXIS = 0;
const CONCAT_ACTIVATION = 1;
const ADD_ACTIVATION = 0;

// BuiltinOperator of the same schema.
const ADD = 0;
const CONCATENATION = 2;
const CONV_2D = 3;
const DEPTHWISE_CONV_2D = 4;
const DEQUANTIZE = 6;
const MAX_POOL_2D = 17;
const RELU = 19;
const RESHAPE = 22;
const PAD = 34;
const PRELU = 54;

const TENSOR_TYPES = ['float32', 'float16', 'int32'] as const;
const MAX_RANK = 8;

/**
 * The first graph of a `.tflite` flatbuffer, every offset and number checked.
 *
 * @throws LokiError `MODEL_INVALID`: not a TFLite file, or offsets that point outside.
 */
export function readTfliteGraph(bytes: Uint8Array): TfliteGraph {
  const buffer = new FlatBufferReader(bytes);
  if (buffer.identifier() !== 'TFL3') throw invalidModel('it does not start as a TFLite file');
  const model = buffer.root();
  const [subgraph] = buffer.tables(model, MODEL_SUBGRAPHS);
  if (subgraph === undefined) throw invalidModel('it has no graph');
  const buffers = buffer.tables(model, MODEL_BUFFERS);
  const tensors = buffer
    .tables(subgraph, SUBGRAPH_TENSORS)
    .map((table) => readTensor(buffer, table, buffers));
  const codes = buffer
    .tables(model, MODEL_OPERATOR_CODES)
    .map((table) => Math.max(buffer.byte(table, CODE_OLD_BUILTIN, 0), buffer.int(table, CODE_BUILTIN, 0)));
  const graph: TfliteGraph = {
    tensors,
    operators: buffer.tables(subgraph, SUBGRAPH_OPERATORS).map((table) => readOperator(buffer, table, codes)),
    inputs: buffer.ints(subgraph, SUBGRAPH_INPUTS),
    outputs: buffer.ints(subgraph, SUBGRAPH_OUTPUTS),
  };
  for (const { inputs, outputs } of [graph, ...graph.operators]) {
    if (![...inputs, ...outputs].every((index) => index >= -1 && index < tensors.length)) {
      throw invalidModel('an operator names a tensor that is not there');
    }
  }
  return graph;
}

/** Shapes of the graph's inputs and outputs, for comparison: `1x2 3x4 → 5`. */
export function describeShapes({ tensors, inputs, outputs }: TfliteGraph): string {
  const list = (indices: readonly number[]): string =>
    indices.map((index) => tensors[index]?.shape.join('x')).join(' ');
  return `${list(inputs)} → ${list(outputs)}`;
}

/**
 * The operators that compute `outputs` from `inputs` (numbers of tensors): the way to run a network of which some
 * operators are unknown to the runtime, in pieces around them.
 *
 * @throws LokiError `MODEL_INVALID`: tensors that are not there, or that nothing computes.
 */
export function cutGraph(
  graph: TfliteGraph,
  inputs: readonly number[],
  outputs: readonly number[],
): TfliteGraph {
  if (![...inputs, ...outputs].every((index) => graph.tensors[index] !== undefined)) {
    throw invalidModel('it lacks the tensors that it would have to be cut at');
  }
  const needed = new Set(outputs);
  const kept: TfliteOperator[] = [];
  // Operators stand in the order of execution, so one pass from the end meets every need.
  for (const operator of [...graph.operators].reverse()) {
    if (!operator.outputs.some((tensor) => needed.has(tensor) && !inputs.includes(tensor))) continue;
    kept.push(operator);
    for (const tensor of operator.inputs) needed.add(tensor);
  }
  if (kept.length === 0) throw invalidModel('nothing in it computes what is asked for');
  return { tensors: graph.tensors, operators: kept.reverse(), inputs, outputs };
}

function readTensor(buffer: FlatBufferReader, table: number, buffers: readonly number[]): TfliteTensor {
  const shape = buffer.ints(table, TENSOR_SHAPE);
  if (shape.length > MAX_RANK || shape.some((size) => size < 0)) {
    throw invalidModel('a tensor has an impossible shape');
  }
  const store = buffers[buffer.int(table, TENSOR_BUFFER, 0)];
  if (store === undefined) throw invalidModel('a tensor names a buffer that is not there');
  const data = buffer.bytes(store, BUFFER_DATA);
  return {
    shape,
    type: TENSOR_TYPES[buffer.byte(table, TENSOR_TYPE, 0)] ?? 'other',
    data: data.byteLength === 0 ? null : data,
  };
}

function readOperator(buffer: FlatBufferReader, table: number, codes: readonly number[]): TfliteOperator {
  const wiring = {
    inputs: buffer.ints(table, OPERATOR_INPUTS),
    outputs: buffer.ints(table, OPERATOR_OUTPUTS),
  };
  const code = codes[buffer.int(table, OPERATOR_CODE, 0)];
  if (code === undefined) throw invalidModel('an operator is of a kind that is not listed');
  const options = buffer.table(table, OPERATOR_OPTIONS);
  const byte = (field: number, fallback: number): number =>
    options === null ? fallback : buffer.byte(options, field, fallback);
  const int = (field: number, fallback: number): number =>
    options === null ? fallback : buffer.int(options, field, fallback);
  const plain = (field: number): boolean => byte(field, 0) === 0;
  const ones = (...fields: number[]): boolean => fields.every((field) => int(field, 1) === 1);
  const window = (): TfliteWindow => ({
    padding: byte(WINDOW_PADDING, 0) === 0 ? 'same' : 'valid',
    strides: [int(WINDOW_STRIDE_HEIGHT, 0), int(WINDOW_STRIDE_WIDTH, 0)],
  });
  // An operator with a fused activation or a dilation falls through to `unknown`: none of the known networks has one.
  switch (code) {
    case ADD:
      if (plain(ADD_ACTIVATION)) return { ...wiring, kind: 'add' };
      break;
    case CONCATENATION:
      if (plain(CONCAT_ACTIVATION)) return { ...wiring, kind: 'concat', axis: int(CONCAT_AXIS, 0) };
      break;
    case CONV_2D:
      if (plain(CONV_ACTIVATION) && ones(CONV_DILATION_WIDTH, CONV_DILATION_HEIGHT)) {
        return { ...wiring, kind: 'conv', ...window() };
      }
      break;
    case DEPTHWISE_CONV_2D:
      if (
        plain(DEPTHWISE_ACTIVATION) &&
        ones(DEPTHWISE_MULTIPLIER, DEPTHWISE_DILATION_WIDTH, DEPTHWISE_DILATION_HEIGHT)
      ) {
        return { ...wiring, kind: 'depthwiseConv', ...window() };
      }
      break;
    case DEQUANTIZE:
      return { ...wiring, kind: 'dequantize' };
    case MAX_POOL_2D:
      if (plain(POOL_ACTIVATION)) {
        return { ...wiring, kind: 'maxPool', size: [int(POOL_HEIGHT, 0), int(POOL_WIDTH, 0)], ...window() };
      }
      break;
    case RELU:
      return { ...wiring, kind: 'relu' };
    case RESHAPE:
      return { ...wiring, kind: 'reshape' };
    case PAD:
      return { ...wiring, kind: 'pad' };
    case PRELU:
      return { ...wiring, kind: 'prelu' };
  }
  return { ...wiring, kind: 'unknown', code };
}

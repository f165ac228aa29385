import { ProtobufWriter } from './protobuf-writer.ts';
import type { StoredGraph } from './stored-graph.ts';

/** Input or output of an ONNX graph, float32 unless it says otherwise. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: 'int64';
}

/** Whole numbers; a number that isn't one stands in a `float`. */
export type OnnxAttributes = Readonly<
  Record<string, number | readonly number[] | { readonly float: number }>
>;

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: OnnxAttributes;
}

/** A constant: float32, or int64 where an operator wants sizes. */
export interface OnnxConstant extends OnnxValue {
  readonly values: Float32Array | BigInt64Array;
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
  readonly nodes: readonly OnnxNode[];
  /** A graph of a file among the nodes, behind so many of them. What its operators mean, all do. */
  readonly around?: { readonly stored: StoredGraph; readonly behind: number };
}

/** Attributes of a Conv node. @param pads `[top, left, bottom, right]`. */
export function convolution(
  group: number,
  size: readonly [number, number],
  strides: readonly [number, number],
  pads: readonly number[],
): OnnxAttributes {
  return { group, kernel_shape: size, strides, pads };
}

/** Version of the operators that nodes mean, and the first format version that carries it. */
const OPSET = 17;
const IR_VERSION = 8;

// Enumerations of onnx.proto.
const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

/** The bytes of an `.onnx` file (field numbers of onnx/onnx.proto). */
export function writeOnnxModel(graph: OnnxGraph): Uint8Array {
  const { nodes, around } = graph;
  const content = new ProtobufWriter();
  const behind = around?.behind ?? nodes.length;
  for (const node of nodes.slice(0, behind)) content.message(1, nodeMessage(node));
  for (const { field, value } of around?.stored.content ?? []) content.bytes(field, value);
  for (const node of nodes.slice(behind)) content.message(1, nodeMessage(node));
  content.text(2, 'graph');
  for (const constant of graph.constants) content.message(5, tensorMessage(constant));
  for (const input of graph.inputs) content.message(11, valueMessage(input));
  for (const output of graph.outputs) content.message(12, valueMessage(output));
  const model = new ProtobufWriter()
    .number(1, Math.max(IR_VERSION, around?.stored.irVersion ?? 0))
    .message(7, content);
  if (around === undefined) model.message(8, new ProtobufWriter().text(1, '').number(2, OPSET));
  else for (const { field, value } of around.stored.meaning) model.bytes(field, value);
  return model.finish();
}

function nodeMessage({ operator, inputs, output, attributes = {} }: OnnxNode): ProtobufWriter {
  const node = new ProtobufWriter();
  for (const input of inputs) node.text(1, input);
  node.text(2, output).text(3, output).text(4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    const attribute = new ProtobufWriter().text(1, name);
    if (typeof value === 'number') attribute.number(3, value).number(20, ATTRIBUTE_INT);
    else if ('float' in value) attribute.float(2, value.float).number(20, ATTRIBUTE_FLOAT);
    else attribute.numbers(8, value).number(20, ATTRIBUTE_INTS);
    node.message(5, attribute);
  }
  return node;
}

function tensorMessage({ name, shape, values }: OnnxConstant): ProtobufWriter {
  return new ProtobufWriter()
    .numbers(1, shape)
    .number(2, values instanceof Float32Array ? FLOAT : INT64)
    .text(8, name)
    .bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function valueMessage({ name, shape, type }: OnnxValue): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const size of shape) dimensions.message(1, new ProtobufWriter().number(1, size));
  const tensor = new ProtobufWriter().number(1, type === 'int64' ? INT64 : FLOAT).message(2, dimensions);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}

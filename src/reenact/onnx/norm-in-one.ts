import { readProtobuf } from './protobuf-reader.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { GRAPH, type StoredField, type StoredGraph } from './stored-graph.ts';

// Fields and values of onnx/onnx.proto.
const NODE = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, integer: 3, tensor: 5, type: 20 };
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9 };
const ATTRIBUTE_INT = 2;
const FLOAT = 1;
const INT64 = 7;

/**
 * The same graph with its group norms in one kernel each on a GPU: what PyTorch exports as an instance norm of
 * `[n, groups, length]`, which ONNX Runtime computes in two, is a layer norm of the last axis (an operator that it has in
 * opsets before 17, too). Norms with a scale or shift of their own stay as they are.
 */
export function withNormsInOne(stored: StoredGraph): StoredGraph {
  const constants = constantsOf(stored);
  const lengths = reshapedLengths(stored, constants);
  const used = new Set<number>();
  const content = stored.content.map((entry) => {
    const node = nodeOf(entry);
    if (node?.operator !== 'InstanceNormalization') return entry;
    const [input, scale, shift] = node.inputs;
    const length = lengths.get(input);
    const plain = isAll(constants.get(scale), 1) && isAll(constants.get(shift), 0);
    if (length === undefined || !plain) return entry;
    used.add(length);
    return { field: GRAPH.node, value: layerNorm(node, length) };
  });
  if (used.size === 0) return stored;
  const weights = [...used].flatMap((length) => [
    filled(nameOf('ones', length), length, 1),
    filled(nameOf('zeros', length), length, 0),
  ]);
  return { ...stored, content: [...weights, ...content] };
}

interface StoredNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly Uint8Array[];
}

function nodeOf({ field, value }: StoredField): StoredNode | null {
  if (field !== GRAPH.node) return null;
  return {
    operator: textIn(value, NODE.operator) ?? '',
    inputs: bytesIn(value, NODE.input).map(text),
    outputs: bytesIn(value, NODE.output).map(text),
    attributes: bytesIn(value, NODE.attribute),
  };
}

/** Tensors that the file holds, by name. */
function constantsOf({ content }: StoredGraph): Map<string, Uint8Array> {
  const constants = new Map<string, Uint8Array>();
  for (const entry of content) {
    if (entry.field === GRAPH.initializer) constants.set(textIn(entry.value, TENSOR.name) ?? '', entry.value);
    const node = nodeOf(entry);
    if (node?.operator !== 'Constant') continue;
    for (const attribute of node.attributes)
      for (const tensor of bytesIn(attribute, ATTRIBUTE.tensor)) constants.set(node.outputs[0], tensor);
  }
  return constants;
}

/** Of what has been given three axes, the last one's length. */
function reshapedLengths({ content }: StoredGraph, constants: Map<string, Uint8Array>): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const entry of content) {
    const node = nodeOf(entry);
    if (node?.operator !== 'Reshape') continue;
    const shape = valuesOf(constants.get(node.inputs[1]));
    if (shape instanceof BigInt64Array && shape.length === 3 && shape[2] > 0n)
      lengths.set(node.outputs[0], Number(shape[2]));
  }
  return lengths;
}

function layerNorm({ inputs, outputs, attributes }: StoredNode, length: number): Uint8Array {
  const node = new ProtobufWriter();
  for (const input of [inputs[0], nameOf('ones', length), nameOf('zeros', length)])
    node.text(NODE.input, input);
  node.text(NODE.output, outputs[0]).text(NODE.name, outputs[0]).text(NODE.operator, 'LayerNormalization');
  // Its epsilon, which both norms have under one name.
  for (const attribute of attributes) node.bytes(NODE.attribute, attribute);
  const axis = new ProtobufWriter()
    .text(ATTRIBUTE.name, 'axis')
    .number(ATTRIBUTE.integer, 2)
    .number(ATTRIBUTE.type, ATTRIBUTE_INT);
  return node.message(NODE.attribute, axis).finish();
}

/** `[length]` of one value. */
function filled(name: string, length: number, value: number): StoredField {
  const tensor = new ProtobufWriter()
    .numbers(TENSOR.dims, [length])
    .number(TENSOR.type, FLOAT)
    .text(TENSOR.name, name)
    .bytes(TENSOR.raw, new Uint8Array(new Float32Array(length).fill(value).buffer));
  return { field: GRAPH.initializer, value: tensor.finish() };
}

/** @returns null where there are none, of another type, or not as bytes */
function valuesOf(tensor: Uint8Array | undefined): Float32Array | BigInt64Array | null {
  const raw = tensor && bytesIn(tensor, TENSOR.raw)[0];
  if (raw === undefined) return null;
  const type = readProtobuf(tensor!).find(({ field }) => field === TENSOR.type)?.value;
  // Copied: where it lies in the file it need not be aligned.
  const { buffer } = Uint8Array.from(raw);
  if (type === FLOAT) return new Float32Array(buffer);
  return type === INT64 ? new BigInt64Array(buffer) : null;
}

function isAll(tensor: Uint8Array | undefined, wanted: number): boolean {
  const values = valuesOf(tensor);
  return values instanceof Float32Array && values.every((value) => value === wanted);
}

function nameOf(what: string, length: number): string {
  return `loki-live ${length} ${what}`;
}

function bytesIn(message: Uint8Array, wanted: number): Uint8Array[] {
  return readProtobuf(message).flatMap(({ field, value }) =>
    field === wanted && value instanceof Uint8Array ? [value] : [],
  );
}

function textIn(message: Uint8Array, wanted: number): string | undefined {
  return bytesIn(message, wanted).map(text)[0];
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

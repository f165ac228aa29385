import { type ProtobufField, readProtobuf } from './protobuf-reader.ts';

/** A graph as an `.onnx` file holds it, for a graph of our own to go around: nothing in it is read, or named anew. */
export interface StoredGraph {
  readonly irVersion: number;
  /** What its operators mean: fields of the model. */
  readonly meaning: readonly StoredField[];
  /** Operators and weights: fields of the graph. */
  readonly content: readonly StoredField[];
}

export interface StoredField {
  readonly field: number;
  readonly value: Uint8Array;
}

// Fields of onnx/onnx.proto.
const MODEL = { irVersion: 1, graph: 7, opsetImport: 8, functions: 25 };
export const GRAPH = { node: 1, initializer: 5, quantization: 14, sparseInitializer: 15 };
const TENSOR = { dataLocation: 14 };
const EXTERNAL = 1;

/**
 * @returns null where the weights lie in other files
 * @throws RangeError for bytes that are no model
 */
export function readStoredGraph(model: Uint8Array): StoredGraph | null {
  const fields = readProtobuf(model);
  const irVersion = fields.find(({ field }) => field === MODEL.irVersion)?.value;
  const graph = fields.find(({ field }) => field === MODEL.graph)?.value;
  if (typeof irVersion !== 'number' || !(graph instanceof Uint8Array))
    throw new RangeError('no ONNX model: it has no graph');
  const content = stored(readProtobuf(graph), Object.values(GRAPH));
  if (content.some(isExternal)) return null;
  return { irVersion, meaning: stored(fields, [MODEL.opsetImport, MODEL.functions]), content };
}

function stored(fields: readonly ProtobufField[], wanted: readonly number[]): StoredField[] {
  return fields.flatMap(({ field, value }) =>
    wanted.includes(field) && value instanceof Uint8Array ? [{ field, value }] : [],
  );
}

function isExternal({ field, value }: StoredField): boolean {
  if (field !== GRAPH.initializer) return false;
  return readProtobuf(value).some(({ field, value }) => field === TENSOR.dataLocation && value === EXTERNAL);
}

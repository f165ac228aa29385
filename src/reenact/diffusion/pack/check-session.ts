import type { InferenceSession } from 'onnxruntime-node';
import type { GraphEntry, TensorEntry } from './manifest.ts';

/** What of a session this looks at. */
export type SessionInterface = Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>;

/**
 * Holds a graph as ONNX Runtime has loaded it against what its manifest says of it.
 *
 * @returns what differs, in one sentence, or null
 */
export function sessionMismatch(session: SessionInterface, entry: GraphEntry): string | null {
  return (
    sideMismatch(session.inputMetadata, entry.inputs) ?? sideMismatch(session.outputMetadata, entry.outputs)
  );
}

function sideMismatch(
  found: readonly InferenceSession.ValueMetadata[],
  declared: Readonly<Record<string, TensorEntry>>,
): string | null {
  for (const value of found) {
    const entry = declared[value.name];
    if (entry === undefined) return `the graph has the tensor ${value.name}, which pack.json does not name.`;
    if (!value.isTensor || value.type !== entry.type)
      return `the graph's tensor ${value.name} is not ${entry.type}, as pack.json says.`;
    const shape = value.shape.map((size) => (typeof size === 'number' ? size : -1));
    // Exporters leave outputs free whose size they can't derive: what the run gives is checked by its length.
    const fits =
      shape.length === entry.shape.length &&
      shape.every((size, i) => size === entry.shape[i] || size === -1 || entry.shape[i] === -1);
    if (!fits)
      return `the graph's tensor ${value.name} is [${shape.join(', ')}], not [${entry.shape.join(', ')}] as pack.json says.`;
  }
  const names = new Set(found.map(({ name }) => name));
  const missing = Object.keys(declared).find((name) => !names.has(name));
  return missing === undefined ? null : `the graph lacks the tensor ${missing}, which pack.json names.`;
}

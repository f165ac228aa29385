import type { OnnxConstant, OnnxGraph, OnnxNode, OnnxValue } from './onnx-model.ts';
import type { StoredGraph } from './stored-graph.ts';

/** Of what lies between inputs and outputs, so that a file's graph has none of these names. */
const OWN = 'loki-live';

/** Writes a graph operator by operator, and names what lies between its inputs and outputs. */
export class GraphWriter {
  readonly #inputs = new Map<string, OnnxValue>();
  readonly #outputs: OnnxValue[] = [];
  readonly #constants: OnnxConstant[] = [];
  readonly #nodes: OnnxNode[] = [];
  #around: OnnxGraph['around'];

  /** An input; asked for twice, it is one. @returns its name */
  take(value: OnnxValue): string {
    this.#inputs.set(value.name, value);
    return value.name;
  }

  /** An operator whose result is an output. */
  give(
    operator: string,
    inputs: readonly string[],
    output: OnnxValue,
    attributes?: OnnxNode['attributes'],
  ): void {
    this.node(operator, inputs, attributes, output.name);
    this.result(output);
  }

  /** An output that an operator makes under its name. */
  result(output: OnnxValue): void {
    this.#outputs.push(output);
  }

  /** @param output a name for the result, where others look for it @returns the name */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: OnnxNode['attributes'],
    output = `${OWN} between ${this.#nodes.length}`,
  ): string {
    this.#nodes.push({ operator, inputs, output, ...(attributes && { attributes }) });
    return output;
  }

  /** A graph of a file, once: it finds its inputs by their names, and its outputs can be taken from by theirs. */
  goAround(stored: StoredGraph): void {
    this.#around = { stored, behind: this.#nodes.length };
  }

  /** From `from` to before `to` along one axis. */
  slice(input: string, axis: number, from: number, to: number, output?: string): string {
    return this.node(
      'Slice',
      [input, this.sizes([from]), this.sizes([to]), this.sizes([axis])],
      undefined,
      output,
    );
  }

  reshape(input: string, shape: readonly number[], output?: string): string {
    return this.node('Reshape', [input, this.sizes(shape)], undefined, output);
  }

  sizes(values: readonly number[]): string {
    return this.#add([values.length], BigInt64Array.from(values, BigInt));
  }

  number(value: number): string {
    return this.constant([1], Float32Array.of(value));
  }

  constant(shape: readonly number[], values: Float32Array, name?: string): string {
    return this.#add(shape, values, name);
  }

  finish(): OnnxGraph {
    return {
      inputs: [...this.#inputs.values()],
      outputs: this.#outputs,
      constants: this.#constants,
      nodes: this.#nodes,
      ...(this.#around && { around: this.#around }),
    };
  }

  #add(
    shape: readonly number[],
    values: OnnxConstant['values'],
    name = `${OWN} constant ${this.#constants.length}`,
  ): string {
    this.#constants.push({ name, shape, values });
    return name;
  }
}

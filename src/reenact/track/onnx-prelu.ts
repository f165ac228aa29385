import { convolution, type OnnxConstant, type OnnxGraph, type OnnxNode } from '../onnx/onnx-model.ts';

/** Channels of a block of ONNX Runtime's layout for convolutions where vectors are widest (AVX-512). */
const BLOCK_CHANNELS = 16;

/**
 * The same graph without PRelu. ONNX Runtime runs convolutions in a layout of channel blocks (NCHWc) that PRelu does
 * not know: around each one it carries the values to the plain layout and back, which takes as long as the
 * convolutions do. Relu and sums it does know, so with slope `a`:
 *
 * - `prelu(x) = a · x + (1 - a) · relu(x)`, the factors as convolutions of one pixel and one channel;
 * - between convolutions of fewer channels than a block holds, where as many again cost nothing,
 *   `prelu(x) = relu(x) - sign(a) · relu(-|a| · x)`: the convolution before makes both halves, relu included, and
 *   the linear ones behind take them together.
 */
export function withoutPRelu(graph: OnnxGraph): OnnxGraph {
  const rewriter = new Rewriter(graph);
  for (const node of graph.nodes) if (node.operator === 'PRelu') rewriter.replace(node);
  return rewriter.result();
}

/** Convolution, PRelu, convolution a channel, convolution; nothing else looks in between. */
interface NarrowChain {
  readonly before: OnnxNode;
  readonly depthwise: OnnxNode;
  readonly after: OnnxNode;
}

class Rewriter {
  readonly #graph: OnnxGraph;
  readonly #constants: Map<string, OnnxConstant>;
  readonly #makers: Map<string, OnnxNode>;
  readonly #users = new Map<string, OnnxNode[]>();
  readonly #replaced = new Map<OnnxNode, OnnxNode[]>();

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#constants = new Map(graph.constants.map((constant) => [constant.name, constant]));
    this.#makers = new Map(graph.nodes.map((node) => [node.output, node]));
    for (const node of graph.nodes) {
      for (const input of node.inputs) this.#users.set(input, [...(this.#users.get(input) ?? []), node]);
    }
  }

  replace(prelu: OnnxNode): void {
    const slopes = this.#floats(prelu.inputs[1]);
    const chain = slopes.length < BLOCK_CHANNELS ? this.#narrowChain(prelu) : null;
    if (chain === null) this.#splitAround(prelu, slopes);
    else this.#splitThrough(chain, prelu, slopes);
  }

  result(): OnnxGraph {
    const nodes = this.#graph.nodes.flatMap((node) => this.#replaced.get(node) ?? [node]);
    const used = new Set(nodes.flatMap(({ inputs }) => inputs));
    const constants = [...this.#constants.values()].filter(({ name }) => used.has(name));
    return { ...this.#graph, nodes, constants };
  }

  #splitAround(prelu: OnnxNode, slopes: Float32Array): void {
    const [input] = prelu.inputs;
    const { output } = prelu;
    const scale = (from: string, to: string, factors: Float32Array): OnnxNode => ({
      operator: 'Conv',
      inputs: [from, this.#constant(`${to}_factors`, [factors.length, 1, 1, 1], factors)],
      output: to,
      attributes: convolution(factors.length, [1, 1], [1, 1], [0, 0, 0, 0]),
    });
    this.#replaced.set(prelu, [
      { operator: 'Relu', inputs: [input], output: `${output}_relu` },
      scale(
        `${output}_relu`,
        `${output}_bent`,
        slopes.map((slope) => 1 - slope),
      ),
      scale(input, `${output}_straight`, slopes),
      { operator: 'Add', inputs: [`${output}_straight`, `${output}_bent`], output },
    ]);
  }

  #splitThrough({ before, depthwise, after }: NarrowChain, prelu: OnnxNode, slopes: Float32Array): void {
    const scales = slopes.map((slope) => -Math.abs(slope));
    const both = (values: Float32Array, factors: Float32Array): Float32Array =>
      concat(values, scaleRows(values, factors));
    const twice = (node: OnnxNode, weights: Float32Array, biases: Float32Array): OnnxNode => {
      const [, ...rest] = this.#shape(node.inputs[1]);
      return {
        ...node,
        inputs: [
          node.inputs[0],
          this.#constant(`${node.output}_weights`, [2 * slopes.length, ...rest], weights),
          this.#constant(`${node.output}_biases`, [2 * slopes.length], biases),
        ],
      };
    };
    const weights = this.#floats(before.inputs[1]);
    this.#replaced.set(before, [
      twice(before, both(weights, scales), both(this.#floats(before.inputs[2]), scales)),
    ]);
    this.#replaced.set(prelu, [{ operator: 'Relu', inputs: [prelu.inputs[0]], output: prelu.output }]);
    const kernels = this.#floats(depthwise.inputs[1]);
    const biases = this.#floats(depthwise.inputs[2]);
    const doubled = twice(
      depthwise,
      concat(kernels, kernels),
      concat(biases, new Float32Array(biases.length)),
    );
    this.#replaced.set(depthwise, [
      { ...doubled, attributes: { ...depthwise.attributes, group: 2 * slopes.length } },
    ]);
    const [count] = this.#shape(after.inputs[1]);
    const mixed = mixHalves(this.#floats(after.inputs[1]), slopes);
    const name = this.#constant(`${after.output}_weights`, [count, 2 * slopes.length, 1, 1], mixed);
    this.#replaced.set(after, [{ ...after, inputs: [after.inputs[0], name, after.inputs[2]] }]);
  }

  #narrowChain(prelu: OnnxNode): NarrowChain | null {
    const before = this.#makers.get(prelu.inputs[0]);
    const depthwise = this.#onlyUser(prelu.output);
    const after = depthwise && this.#onlyUser(depthwise.output);
    if (before === undefined || depthwise === undefined || after === undefined) return null;
    const known =
      this.#isConvolution(before) &&
      this.#onlyUser(before.output) === prelu &&
      this.#isConvolution(depthwise) &&
      groupsOf(depthwise) === this.#shape(prelu.inputs[1])[0] &&
      this.#isConvolution(after) &&
      groupsOf(after) === 1 &&
      this.#shape(after.inputs[1])[2] === 1 &&
      this.#shape(after.inputs[1])[3] === 1;
    return known ? { before, depthwise, after } : null;
  }

  /** With biases, and not rewritten yet. */
  #isConvolution(node: OnnxNode): boolean {
    return node.operator === 'Conv' && node.inputs.length === 3 && !this.#replaced.has(node);
  }

  #onlyUser(value: string): OnnxNode | undefined {
    const users = this.#users.get(value) ?? [];
    const given = this.#graph.outputs.some(({ name }) => name === value);
    return users.length === 1 && !given ? users[0] : undefined;
  }

  #constant(name: string, shape: readonly number[], values: Float32Array): string {
    this.#constants.set(name, { name, shape, values });
    return name;
  }

  #shape(name: string): readonly number[] {
    return this.#constants.get(name)?.shape ?? [];
  }

  #floats(name: string): Float32Array {
    return this.#constants.get(name)?.values as Float32Array;
  }
}

function groupsOf({ attributes = {} }: OnnxNode): unknown {
  const { group } = attributes;
  return group;
}

function concat(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Row r of `values` times `factors[r]`. */
function scaleRows(values: Float32Array, factors: Float32Array): Float32Array {
  const rowLength = values.length / factors.length;
  return values.map((value, i) => value * factors[Math.floor(i / rowLength)]);
}

/** Rows of weights for the channels, followed by those for their second halves. */
function mixHalves(weights: Float32Array, slopes: Float32Array): Float32Array {
  const width = slopes.length;
  const out = new Float32Array(2 * weights.length);
  for (let i = 0; i < weights.length; i++) {
    const [row, channel] = [Math.floor(i / width), i % width];
    out[2 * row * width + channel] = weights[i];
    out[(2 * row + 1) * width + channel] = -Math.sign(slopes[channel]) * weights[i];
  }
  return out;
}

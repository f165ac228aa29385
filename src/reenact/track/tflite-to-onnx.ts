import {
  convolution,
  type OnnxAttributes,
  type OnnxConstant,
  type OnnxGraph,
  type OnnxNode,
  type OnnxValue,
} from '../onnx/onnx-model.ts';
import { invalidModel } from './flatbuffer.ts';
import { halfToFloat } from './half-float.ts';
import type {
  TfliteGraph,
  TfliteOperator,
  TfliteTensor,
  TfliteWindow,
  TfliteWiring,
} from './tflite-graph.ts';

/**
 * The same network for ONNX Runtime. TFLite has pictures as `[batch, height, width, channels]`, ONNX as
 * `[batch, channels, height, width]`: every tensor of rank 4 changes to that, inputs and outputs too; tensors of
 * other ranks stay as they are. Weights in half precision become single precision, which holds them exactly.
 *
 * Inputs are named `in0`, `in1`…, outputs `out0`, `out1`….
 *
 * @throws LokiError `MODEL_INVALID`: an operator that is not among the known, or has unexpected operands.
 */
export function tfliteToOnnx(graph: TfliteGraph): OnnxGraph {
  return new Converter(graph).convert();
}

class Converter {
  readonly #graph: TfliteGraph;
  readonly #constants = new Map<string, OnnxConstant>();
  readonly #nodes: OnnxNode[] = [];
  /** Tensors that `dequantize` makes of constants, and those constants. */
  readonly #dequantized = new Map<number, number>();

  constructor(graph: TfliteGraph) {
    this.#graph = graph;
  }

  convert(): OnnxGraph {
    for (const operator of this.#graph.operators) this.#convertOperator(operator);
    const value = (index: number): OnnxValue => ({
      name: this.#name(index),
      shape: toPlanes(this.#tensor(index).shape),
    });
    return {
      inputs: this.#graph.inputs.map(value),
      outputs: this.#graph.outputs.map(value),
      constants: [...this.#constants.values()],
      nodes: this.#nodes,
    };
  }

  #convertOperator(operator: TfliteOperator): void {
    switch (operator.kind) {
      case 'add':
        this.#add(operator);
        break;
      case 'concat':
        this.#concat(operator, operator.axis);
        break;
      case 'conv':
        this.#conv(operator);
        break;
      case 'depthwiseConv':
        this.#depthwiseConv(operator);
        break;
      case 'dequantize':
        this.#dequantized.set(operator.outputs[0], operator.inputs[0]);
        break;
      case 'maxPool':
        this.#maxPool(operator, operator.size);
        break;
      case 'pad':
        this.#pad(operator);
        break;
      case 'prelu':
        this.#prelu(operator);
        break;
      case 'relu':
        this.#emit('Relu', [this.#name(operator.inputs[0])], operator);
        break;
      case 'reshape':
        this.#reshape(operator);
        break;
      case 'unknown':
        throw invalidModel(`it has operator ${operator.code}`);
    }
  }

  #add(operator: TfliteWiring): void {
    const [a, b] = operator.inputs;
    // Broadcasting would depend on the order of the axes.
    if (!sameShape(this.#tensor(a).shape, this.#tensor(b).shape))
      throw invalidModel('a sum of unequal shapes');
    this.#emit('Add', [this.#name(a), this.#name(b)], operator);
  }

  #concat(operator: TfliteWiring, axis: number): void {
    if (this.#tensor(operator.outputs[0]).shape.length === 4) throw invalidModel('pictures joined');
    const inputs = operator.inputs.map((index) => this.#name(index));
    this.#emit('Concat', inputs, operator, { axis });
  }

  #conv(operator: TfliteWiring & TfliteWindow): void {
    const [input, weights, bias] = operator.inputs;
    const [count, height, width, depth] = this.#tensor(weights).shape;
    const planes = transposeLast(this.#floats(weights), count, height * width, depth);
    this.#constant(weights, [count, depth, height, width], planes);
    this.#convolve(operator, input, weights, bias, [height, width], 1);
  }

  #depthwiseConv(operator: TfliteWiring & TfliteWindow): void {
    const [input, weights, bias] = operator.inputs;
    const [, height, width, depth] = this.#tensor(weights).shape;
    const planes = transposeLast(this.#floats(weights), 1, height * width, depth);
    this.#constant(weights, [depth, 1, height, width], planes);
    this.#convolve(operator, input, weights, bias, [height, width], depth);
  }

  #convolve(
    operator: TfliteWiring & TfliteWindow,
    input: number,
    weights: number,
    bias: number,
    size: readonly [number, number],
    group: number,
  ): void {
    this.#constant(bias, this.#tensor(bias).shape, this.#floats(bias));
    const pads = this.#pads(input, size, operator);
    const operands = [input, weights, bias].map((index) => this.#name(index));
    this.#emit('Conv', operands, operator, convolution(group, size, operator.strides, pads));
  }

  #maxPool(operator: TfliteWiring & TfliteWindow, size: readonly [number, number]): void {
    const [input] = operator.inputs;
    this.#emit('MaxPool', [this.#name(input)], operator, {
      kernel_shape: size,
      strides: operator.strides,
      pads: this.#pads(input, size, operator),
    });
  }

  /**
   * Zeros behind the channels, as a convolution of one pixel with ones on its diagonal: unlike ONNX's Pad it stays
   * in the layout in which the convolutions around it run (and takes the sum that follows into itself).
   */
  #pad(operator: TfliteWiring): void {
    const [input, amounts] = operator.inputs;
    const [output] = operator.outputs;
    const from = this.#tensor(input).shape;
    const to = this.#tensor(output).shape;
    const expected = [0, 0, 0, 0, 0, 0, 0, to[3] - from[3]];
    if (from.length !== 4 || !sameShape(this.#integers(amounts), expected)) {
      throw invalidModel('it pads something else than channels');
    }
    const diagonal = new Float32Array(to[3] * from[3]);
    for (let channel = 0; channel < from[3]; channel++) diagonal[channel * (from[3] + 1)] = 1;
    const name = `diagonal${output}`;
    this.#constants.set(name, { name, shape: [to[3], from[3], 1, 1], values: diagonal });
    this.#emit('Conv', [this.#name(input), name], operator, convolution(1, [1, 1], [1, 1], [0, 0, 0, 0]));
  }

  #prelu(operator: TfliteWiring): void {
    const [input, slope] = operator.inputs;
    const floats = this.#floats(slope);
    if (floats.length !== this.#tensor(input).shape[3]) throw invalidModel('a slope for each pixel');
    this.#constant(slope, [floats.length, 1, 1], floats);
    this.#emit('PRelu', [this.#name(input), this.#name(slope)], operator);
  }

  #reshape(operator: TfliteWiring): void {
    const [input] = operator.inputs;
    const [output] = operator.outputs;
    const { shape } = this.#tensor(output);
    if (shape.length === 4) throw invalidModel('values reshaped to a picture');
    let source = this.#name(input);
    if (this.#tensor(input).shape.length === 4) {
      // The values' order in memory counts, which is TFLite's.
      const interleaved = `${source}_interleaved`;
      this.#nodes.push({
        operator: 'Transpose',
        inputs: [source],
        output: interleaved,
        attributes: { perm: [0, 2, 3, 1] },
      });
      source = interleaved;
    }
    this.#emit('Reshape', [source, this.#sizes(output, shape)], operator);
  }

  /** `[top, left, bottom, right]`. */
  #pads(input: number, size: readonly [number, number], window: TfliteWindow): number[] {
    const { shape } = this.#tensor(input);
    const [vertical, horizontal] = [0, 1].map((axis) =>
      window.padding === 'valid' ? 0 : samePadding(shape[1 + axis], size[axis], window.strides[axis]),
    );
    const [top, left] = [Math.floor(vertical / 2), Math.floor(horizontal / 2)];
    return [top, left, vertical - top, horizontal - left];
  }

  #emit(name: string, inputs: string[], operator: TfliteWiring, attributes: OnnxAttributes = {}): void {
    this.#nodes.push({ operator: name, inputs, output: this.#name(operator.outputs[0]), attributes });
  }

  #constant(index: number, shape: readonly number[], values: Float32Array): void {
    const name = this.#name(index);
    this.#constants.set(name, { name, shape, values });
  }

  #sizes(index: number, values: readonly number[]): string {
    const name = `sizes${index}`;
    this.#constants.set(name, { name, shape: [values.length], values: BigInt64Array.from(values, BigInt) });
    return name;
  }

  #tensor(index: number): TfliteTensor {
    const tensor = this.#graph.tensors[index];
    if (tensor === undefined) throw invalidModel('an operator lacks an operand');
    return tensor;
  }

  #integers(index: number): number[] {
    const { type, data } = this.#tensor(index);
    if (data === null || type !== 'int32') throw invalidModel('sizes that are no integer constants');
    return [...new Int32Array(aligned(data), 0, Math.floor(data.byteLength / 4))];
  }

  /** Values of a constant of the graph. */
  #floats(index: number): Float32Array {
    const { shape, type, data } = this.#tensor(this.#dequantized.get(index) ?? index);
    const count = shape.reduce((product, size) => product * size, 1);
    const bytesEach = type === 'float16' ? 2 : 4;
    if (
      data === null ||
      (type !== 'float16' && type !== 'float32') ||
      data.byteLength !== count * bytesEach
    ) {
      throw invalidModel('weights that are no floating-point constants');
    }
    const memory = aligned(data);
    return type === 'float16' ? halfToFloat(new Uint16Array(memory)) : new Float32Array(memory);
  }

  #name(index: number): string {
    const input = this.#graph.inputs.indexOf(index);
    const output = this.#graph.outputs.indexOf(index);
    return input >= 0 ? `in${input}` : output >= 0 ? `out${output}` : `t${index}`;
  }
}

/** A copy from the start of its own memory, whatever kind of view `data` is. */
function aligned(data: Uint8Array): ArrayBuffer {
  return new Uint8Array(data).buffer;
}

/** Sizes, or amounts an axis, of rank 4 in ONNX's order; others as they are. */
function toPlanes(sizes: readonly number[]): readonly number[] {
  if (sizes.length !== 4) return sizes;
  const [batch, height, width, channels] = sizes;
  return [batch, channels, height, width];
}

/** How much padding `same` asks for along an axis, both sides together. */
function samePadding(size: number, kernel: number, stride: number): number {
  return Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
}

/** `[outer, rows, columns]` → `[outer, columns, rows]`. */
function transposeLast(values: Float32Array, outer: number, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let o = 0; o < outer; o++) {
    const start = o * rows * columns;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) out[start + c * rows + r] = values[start + r * columns + c];
    }
  }
  return out;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

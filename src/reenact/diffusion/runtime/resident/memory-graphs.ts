/** Graphs that give memory on the GPU. */
import { GraphWriter } from '../../../onnx/graph-writer.ts';
import type { OnnxGraph, OnnxValue } from '../../../onnx/onnx-model.ts';
import { made } from './tensor-names.ts';

/** Tensors of zeros, `name` for `name`. */
export function blankGraph(values: readonly OnnxValue[]): OnnxGraph {
  const graph = new GraphWriter();
  for (const { name, shape } of values) graph.give('ConstantOfShape', [graph.sizes(shape)], { name, shape });
  return graph.finish();
}

/** Copies of its inputs: from the processor's memory to the GPU's, as there is no other way there. */
export function copyGraph(values: readonly OnnxValue[]): OnnxGraph {
  const graph = new GraphWriter();
  for (const value of values)
    graph.give('Mul', [graph.take(value), graph.number(1)], { ...value, name: made(value.name) });
  return graph.finish();
}

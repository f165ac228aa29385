import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { GraphWriter } from './graph-writer.ts';
import { writeOnnxModel } from './onnx-model.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { readStoredGraph } from './stored-graph.ts';

const SHAPE = [3];

/** y = x · 2 + time, in a file of its own. */
function storedModel(): Uint8Array {
  const x = { name: 'x', shape: SHAPE };
  const time = { name: 'time', shape: [1] };
  return writeOnnxModel({
    inputs: [x, time],
    outputs: [{ name: 'y', shape: SHAPE }],
    constants: [{ name: 'two', shape: [1], values: Float32Array.of(2) }],
    nodes: [
      { operator: 'Mul', inputs: ['x', 'two'], output: 'doubled' },
      { operator: 'Add', inputs: ['doubled', 'time'], output: 'y' },
    ],
  });
}

it('a graph around that of a file computes both, its inputs made by operators and constants', async () => {
  const stored = readStoredGraph(storedModel())!;
  const graph = new GraphWriter();
  const entered = graph.take({ name: 'a', shape: SHAPE });
  graph.node('Add', [entered, graph.number(1)], {}, 'x');
  graph.constant([1], Float32Array.of(100), 'time');
  graph.goAround(stored);
  graph.give('Neg', ['y'], { name: 'b', shape: SHAPE });
  const session = await InferenceSession.create(writeOnnxModel(graph.finish()));
  expect(session.inputNames).toEqual(['a']);
  const { b } = await session.run({ a: new Tensor('float32', Float32Array.of(0, 1, 2), SHAPE) });
  expect([...(b.data as Float32Array)]).toEqual([-102, -104, -106]);
  await session.release();
});

it('weights in other files are seen, and bytes that are no model refused', () => {
  const tensor = new ProtobufWriter().text(8, 'weight').number(14, 1);
  const graph = new ProtobufWriter().message(5, tensor);
  const model = new ProtobufWriter().number(1, 8).message(7, graph).finish();
  expect(readStoredGraph(model)).toBeNull();
  expect(() => readStoredGraph(new Uint8Array())).toThrow(RangeError);
  expect(() => readStoredGraph(storedModel().subarray(0, 50))).toThrow(RangeError);
});

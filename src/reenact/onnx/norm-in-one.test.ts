import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { GraphWriter } from './graph-writer.ts';
import { withNormsInOne } from './norm-in-one.ts';
import { writeOnnxModel } from './onnx-model.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { readStoredGraph, type StoredGraph } from './stored-graph.ts';

const SHAPE = [2, 6, 4, 5];
const GROUPS = 3;
const LENGTH = 40;

/** A group norm without scale and shift as PyTorch exports it, and one more operator behind it. */
function groupNorm(scale: number, shift: number): Uint8Array {
  const of = (name: string, value: number) => ({
    name,
    shape: [GROUPS],
    values: new Float32Array(GROUPS).fill(value),
  });
  return writeOnnxModel({
    inputs: [{ name: 'x', shape: SHAPE }],
    outputs: [{ name: 'y', shape: SHAPE }],
    constants: [
      of('scale', scale),
      of('shift', shift),
      { name: 'groups', shape: [3], values: BigInt64Array.of(-1n, BigInt(GROUPS), BigInt(LENGTH)) },
      { name: 'back', shape: [4], values: BigInt64Array.from(SHAPE, BigInt) },
    ],
    nodes: [
      { operator: 'Reshape', inputs: ['x', 'groups'], output: 'grouped' },
      {
        operator: 'InstanceNormalization',
        inputs: ['grouped', 'scale', 'shift'],
        output: 'normed',
        attributes: { epsilon: { float: 0.5 } },
      },
      { operator: 'Reshape', inputs: ['normed', 'back'], output: 'y' },
    ],
  });
}

/** A file again of what was read from one. */
function modelOf(stored: StoredGraph): Uint8Array {
  const graph = new GraphWriter();
  graph.take({ name: 'x', shape: SHAPE });
  graph.goAround(stored);
  graph.give('Mul', ['y', graph.number(1)], { name: 'same', shape: SHAPE });
  return writeOnnxModel(graph.finish());
}

const VALUES = Float32Array.from({ length: 240 }, (_, i) => Math.sin(i * i) * (1 + (i % 7)));

async function run(model: Uint8Array, output: string): Promise<Float32Array> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  const found = await session.run({ x: new Tensor('float32', VALUES, SHAPE) });
  await session.release();
  return found[output].data as Float32Array;
}

it('a group norm becomes a layer norm that gives the same, by its epsilon', async () => {
  const model = groupNorm(1, 0);
  const stored = readStoredGraph(model)!;
  const changed = modelOf(withNormsInOne(stored));
  expect(Buffer.from(changed).includes('LayerNormalization')).toBe(true);
  expect(Buffer.from(changed).includes('InstanceNormalization')).toBe(false);
  const expected = await run(model, 'y');
  const found = await run(changed, 'same');
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
});

it('one with a scale or a shift stays', () => {
  for (const [scale, shift] of [
    [2, 0],
    [1, 0.1],
  ]) {
    const stored = readStoredGraph(groupNorm(scale, shift))!;
    expect(withNormsInOne(stored)).toBe(stored);
  }
});

it('so does one of which the length is not known, and a graph without any', () => {
  const node = new ProtobufWriter().text(1, 'x').text(2, 'y').text(4, 'InstanceNormalization');
  for (const graph of [new ProtobufWriter(), new ProtobufWriter().message(1, node)]) {
    const stored = readStoredGraph(new ProtobufWriter().number(1, 8).message(7, graph).finish())!;
    expect(withNormsInOne(stored)).toBe(stored);
  }
});

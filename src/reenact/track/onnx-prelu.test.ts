import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { convolution, type OnnxGraph, type OnnxNode, writeOnnxModel } from '../onnx/onnx-model.ts';
import { withoutPRelu } from './onnx-prelu.ts';

const SIZE = 6;
const OUTER = 5;

/** Convolution, PRelu, convolution a channel, convolution, and the input added, as the blocks of the face mesh are. */
function block(width: number, slopes: Float32Array, wave: (i: number) => number, peek: boolean): OnnxGraph {
  const values = (count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => wave(i + count));
  const conv = (name: string, input: string, group: number, kernel: number): OnnxNode => ({
    operator: 'Conv',
    inputs: [input, `${name}_w`, `${name}_b`],
    output: name,
    attributes: convolution(group, [kernel, kernel], [1, 1], new Array(4).fill((kernel - 1) / 2)),
  });
  const value = (name: string, channels: number) => ({ name, shape: [1, channels, SIZE, SIZE] });
  return {
    inputs: [value('in0', OUTER)],
    outputs: [value('out0', OUTER), ...(peek ? [value('bent', width)] : [])],
    constants: [
      { name: 'narrow_w', shape: [width, OUTER, 1, 1], values: values(width * OUTER) },
      { name: 'narrow_b', shape: [width], values: values(width) },
      { name: 'slopes', shape: [width, 1, 1], values: slopes },
      { name: 'spread_w', shape: [width, 1, 3, 3], values: values(9 * width) },
      { name: 'spread_b', shape: [width], values: values(width) },
      { name: 'wide_w', shape: [OUTER, width, 1, 1], values: values(width * OUTER) },
      { name: 'wide_b', shape: [OUTER], values: values(OUTER) },
    ],
    nodes: [
      conv('narrow', 'in0', 1, 1),
      { operator: 'PRelu', inputs: ['narrow', 'slopes'], output: 'bent' },
      conv('spread', 'bent', width, 3),
      conv('wide', 'spread', 1, 1),
      { operator: 'Add', inputs: ['in0', 'wide'], output: 'out0' },
    ],
  };
}

async function run(graph: OnnxGraph, input: Float32Array): Promise<Float32Array> {
  const session = await InferenceSession.create(writeOnnxModel(graph), { intraOpNumThreads: 1 });
  const { out0 } = await session.run({ in0: new Tensor('float32', input, [1, OUTER, SIZE, SIZE]) });
  await session.release();
  return out0.data as Float32Array;
}

it('computes what the graph with PRelu computes, for slopes of any sign and size', async () => {
  const slope = fc.oneof(fc.constantFrom(0, 1, -1), fc.float({ min: -2, max: 2, noNaN: true }));
  const widths = fc.constantFrom(3, 8, 16, 20);
  const made = widths.chain((width) => fc.array(slope, { minLength: width, maxLength: width }));
  await fc.assert(
    fc.asyncProperty(made, fc.boolean(), fc.nat(1000), async (slopes, peek, seed) => {
      const wave = (i: number): number => Math.sin((i + seed) * 12.9898);
      const graph = block(slopes.length, Float32Array.from(slopes), wave, peek);
      const rewritten = withoutPRelu(graph);
      expect(rewritten.nodes.some(({ operator }) => operator === 'PRelu')).toBe(false);
      // Narrow blocks of which nobody sees the inside keep their five nodes.
      expect(rewritten.nodes.length).toBe(slopes.length < 16 && !peek ? 5 : 8);
      const input = Float32Array.from({ length: OUTER * SIZE * SIZE }, (_, i) => wave(3 * i));
      const [expected, found] = [await run(graph, input), await run(rewritten, input)];
      for (const [i, value] of expected.entries()) expect(Math.abs(found[i] - value)).toBeLessThan(1e-4);
    }),
    { numRuns: 40 },
  );
});

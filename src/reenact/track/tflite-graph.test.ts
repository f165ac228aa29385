import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LokiError } from '../../errors.ts';
import { cutGraph, describeShapes, readTfliteGraph, type TfliteGraph } from './tflite-graph.ts';

type Shape = number[];

/** Tensors that an operator reads, and the one that it makes. */
type OperatorSpec = readonly [inputs: number[], output: number];

/** A flatbuffer with just the tables that are read, laid out front to back; offsets are filled in at the end. */
function tinyModel(
  tensors: Shape[],
  inputs: number[],
  outputs: number[],
  operators: readonly OperatorSpec[] = [],
): Uint8Array {
  const words: number[] = [0, 0x334c4654];
  const at = (): number => 4 * words.length;
  // A table is its vtable (offsets of up to eight fields), then the way back to it, then a word a field.
  const table = (fields: Record<number, number>): Record<number, number> => {
    const numbers = Object.keys(fields).map(Number);
    const slots = new Uint16Array(10);
    slots[0] = 20;
    slots[1] = 4 + 4 * numbers.length;
    numbers.forEach((field, i) => {
      slots[2 + field] = 4 + 4 * i;
    });
    words.push(...new Uint32Array(slots.buffer));
    const start = at();
    words.push(20);
    const positions: Record<number, number> = { [-1]: start };
    for (const field of numbers) {
      positions[field] = at();
      words.push(0);
    }
    return positions;
  };
  const point = (from: number, to: number): void => {
    words[from / 4] = to - from;
  };
  const vector = (from: number, values: number[]): void => {
    point(from, at());
    words.push(values.length, ...values);
  };
  const model = table({ 1: 0, 2: 0, 4: 0 });
  point(0, model[-1]);
  point(model[2], at());
  words.push(1, 0);
  const subgraphSlot = at() - 4;
  const subgraph = table({ 0: 0, 1: 0, 2: 0, 3: 0 });
  point(subgraphSlot, subgraph[-1]);
  vector(subgraph[1], inputs);
  vector(subgraph[2], outputs);
  const tables = (from: number, count: number): number[] => {
    point(from, at());
    words.push(count, ...new Array<number>(count).fill(0));
    return Array.from({ length: count }, (_, i) => at() - 4 * (count - i));
  };
  // One kind of operator, a sum, and the one empty buffer of what is no constant.
  for (const field of [1, 4]) {
    const [slot] = tables(model[field], 1);
    point(slot, table({})[-1]);
  }
  const operatorSlots = tables(subgraph[3], operators.length);
  operators.forEach(([reads, makes], i) => {
    const operator = table({ 1: 0, 2: 0 });
    point(operatorSlots[i], operator[-1]);
    vector(operator[1], reads);
    vector(operator[2], [makes]);
  });
  const slots = tables(subgraph[0], tensors.length);
  tensors.forEach((shape, i) => {
    const tensor = table({ 0: 0 });
    point(slots[i], tensor[-1]);
    vector(tensor[0], shape);
  });
  return new Uint8Array(Int32Array.from(words).buffer);
}

const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 6,
});

function wiring({ operators }: TfliteGraph): OperatorSpec[] {
  return operators.map(({ inputs, outputs }) => [[...inputs], outputs[0]]);
}

describe('readTfliteGraph', () => {
  it('reads tensors, inputs, outputs and operators', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.nat(), (list, a, b) => {
        const [input, output] = [a % list.length, b % list.length];
        const graph = readTfliteGraph(tinyModel(list, [input], [output], [[[input, input], output]]));
        expect(graph.tensors).toEqual(list.map((shape) => ({ shape, type: 'float32', data: null })));
        expect(graph).toMatchObject({ inputs: [input], outputs: [output] });
        expect(graph.operators).toEqual([{ kind: 'add', inputs: [input, input], outputs: [output] }]);
        expect(describeShapes(graph)).toBe(`${list[input].join('x')} → ${list[output].join('x')}`);
      }),
    );
  });

  it('refuses what is no TFLite file, and operators on tensors that are not there', () => {
    expect(() => readTfliteGraph(new Uint8Array(0))).toThrow(LokiError);
    const page = Buffer.from('<!doctype html><html></html>');
    expect(() => readTfliteGraph(page)).toThrow('does not start as a TFLite file');
    expect(() => readTfliteGraph(tinyModel([[1]], [0], [0], [[[1], 0]]))).toThrow('not there');
  });

  it('answers truncated or damaged bytes with MODEL_INVALID or a graph, never otherwise', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(shapes, edits, fc.nat(), (list, changes, cut) => {
        const whole = tinyModel(list, [0], [0], [[[0, 0], 0]]);
        for (const [at, value] of changes) whole[at % whole.length] = value;
        const bytes = whole.subarray(0, whole.length - (cut % 3 === 0 ? cut % whole.length : 0));
        try {
          cutGraph(readTfliteGraph(bytes), [0], [1]);
        } catch (error) {
          expect(error).toMatchObject({ name: 'LokiError', code: 'MODEL_INVALID' });
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe('cutGraph', () => {
  // 0 → 1 → 2 → 3 with 5, a constant's copy, joining at 3; 4 hangs off 1.
  const chain: OperatorSpec[] = [
    [[0], 1],
    [[1], 2],
    [[1], 4],
    [[], 5],
    [[2, 5], 3],
  ];
  const sizes = [1, 2, 3, 4, 5, 6].map((size) => [1, size]);
  const graph = readTfliteGraph(tinyModel(sizes, [0], [3, 4], chain));

  it('keeps what leads from the given inputs to the given outputs, in order', () => {
    const cut = cutGraph(graph, [1], [3]);
    expect(wiring(cut)).toEqual([chain[1], chain[3], chain[4]]);
    expect(describeShapes(cut)).toBe('1x2 → 1x4');
  });

  it('gives the whole graph for its own inputs and outputs', () => {
    expect(wiring(cutGraph(graph, [0], [3, 4]))).toEqual(chain);
  });

  it('cuts into pieces that together hold every operator that the outputs need', () => {
    const pieces = [...wiring(cutGraph(graph, [0], [2])), ...wiring(cutGraph(graph, [2], [3]))];
    expect(pieces).toEqual([chain[0], chain[1], chain[3], chain[4]]);
  });

  it('refuses outputs that nothing computes, and tensors that are not there', () => {
    for (const outputs of [[0], [9]]) {
      expect(() => cutGraph(graph, [1], outputs)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
    }
  });
});

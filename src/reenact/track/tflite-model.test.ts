import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LokiError } from '../../errors.ts';
import { FlatBufferReader } from './flatbuffer.ts';
import { cutModel, tfliteShapes, withStaticShapes } from './tflite-model.ts';

interface TensorSpec {
  readonly shape: number[];
  readonly signature: number[] | null;
}

/** Tensors that an operator reads, and the one that it makes. */
type OperatorSpec = readonly [inputs: number[], output: number];

/** A flatbuffer with just the tables that are read, laid out front to back; offsets are filled in at the end. */
function tinyModel(
  tensors: TensorSpec[],
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
  const model = table({ 2: 0 });
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
  const operatorSlots = tables(subgraph[3], operators.length);
  operators.forEach(([reads, makes], i) => {
    const operator = table({ 1: 0, 2: 0 });
    point(operatorSlots[i], operator[-1]);
    vector(operator[1], reads);
    vector(operator[2], [makes]);
  });
  const slots = tables(subgraph[0], tensors.length);
  tensors.forEach(({ shape, signature }, i) => {
    const tensor = table(signature === null ? { 0: 0 } : { 0: 0, 7: 0 });
    point(slots[i], tensor[-1]);
    vector(tensor[0], shape);
    if (signature !== null) vector(tensor[7], signature);
  });
  return new Uint8Array(Int32Array.from(words).buffer);
}

const tensor = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    signature: fc.option(
      fc
        .array(fc.boolean(), { minLength: shape.length, maxLength: shape.length })
        .map((dynamic) => shape.map((size, i) => (dynamic[i] ? -1 : size))),
    ),
  }),
);
const tensors = fc.array(tensor, { minLength: 1, maxLength: 6 });

describe('tfliteShapes', () => {
  it('reads the shapes of inputs and outputs', () => {
    fc.assert(
      fc.property(tensors, fc.nat(), fc.nat(), (list, a, b) => {
        const [input, output] = [a % list.length, b % list.length];
        const shapes = tfliteShapes(tinyModel(list, [input], [output]));
        expect(shapes).toEqual({ inputs: [list[input].shape], outputs: [list[output].shape] });
      }),
    );
  });
});

/** Operators of the only subgraph, as they were given to `tinyModel`. */
function operatorsOf(bytes: Uint8Array): OperatorSpec[] {
  const buffer = new FlatBufferReader(bytes);
  const [subgraph] = buffer.tables(buffer.root(), 2);
  return buffer
    .tables(subgraph, 3)
    .map((operator) => [buffer.int32s(operator, 1), buffer.int32s(operator, 2)[0]]);
}

describe('cutModel', () => {
  const sizes: TensorSpec[] = [1, 2, 3, 4, 5, 6].map((size) => ({ shape: [1, size], signature: null }));
  // 0 → 1 → 2 → 3 with 5, a constant's copy, joining at 3; 4 hangs off 1.
  const chain: OperatorSpec[] = [
    [[0], 1],
    [[1], 2],
    [[1], 4],
    [[], 5],
    [[2, 5], 3],
  ];
  const model = tinyModel(sizes, [0], [3, 4], chain);

  it('keeps what leads from the given inputs to the given outputs, in order', () => {
    const cut = cutModel(model, [1], [3]);
    expect(operatorsOf(cut)).toEqual([chain[1], chain[3], chain[4]]);
    expect(tfliteShapes(cut)).toEqual({ inputs: [[1, 2]], outputs: [[1, 4]] });
  });

  it('gives the whole model for its own inputs and outputs, and leaves the original alone', () => {
    expect(operatorsOf(cutModel(model, [0], [3, 4]))).toEqual(chain);
    expect(operatorsOf(model)).toEqual(chain);
  });

  it('cuts into pieces that together hold every operator that the outputs need', () => {
    const first = operatorsOf(cutModel(model, [0], [2]));
    const second = operatorsOf(cutModel(model, [2], [3]));
    expect([...first, ...second]).toEqual([chain[0], chain[1], chain[3], chain[4]]);
  });

  it('refuses outputs that nothing computes', () => {
    expect(() => cutModel(model, [1], [0])).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });
});

describe('withStaticShapes', () => {
  it('replaces exactly the dynamic sizes of the signatures and leaves the original alone', () => {
    fc.assert(
      fc.property(tensors, (list) => {
        const original = tinyModel(list, [0], [0]);
        const untouched = original.slice();
        const all = list.map(({ shape, signature }) => ({ shape, signature: signature && shape }));
        expect([...withStaticShapes(original)]).toEqual([...tinyModel(all, [0], [0])]);
        expect([...original]).toEqual([...untouched]);
      }),
    );
  });

  it('refuses what is no TFLite file', () => {
    expect(() => withStaticShapes(new Uint8Array(0))).toThrow(LokiError);
    expect(() => withStaticShapes(Buffer.from('<!doctype html><html></html>'))).toThrow('not a valid TFLite');
  });

  it('answers truncated or damaged bytes with MODEL_INVALID or a copy, never otherwise', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(tensors, edits, fc.nat(), (list, changes, cut) => {
        const whole = tinyModel(list, [0], [0], [[[0], 1]]);
        for (const [at, value] of changes) whole[at % whole.length] = value;
        const bytes = whole.subarray(0, whole.length - (cut % 3 === 0 ? cut % whole.length : 0));
        for (const read of [withStaticShapes, tfliteShapes, (b: Uint8Array) => cutModel(b, [0], [1])]) {
          try {
            read(bytes);
          } catch (error) {
            expect(error).toMatchObject({ name: 'LokiError', code: 'MODEL_INVALID' });
          }
        }
      }),
      { numRuns: 1500 },
    );
  });
});

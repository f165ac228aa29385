import { describe, expect, test } from 'vitest';
import { toArray } from './python-arrays.ts';
import { PyGlobal, PyRecord, type PyValue } from './python-values.ts';

/** What readPickle makes of a numpy array of doubles. */
function array(values: number[], shape = [values.length]): PyRecord {
  const record = new PyRecord(new PyGlobal('numpy.core.multiarray', '_reconstruct'), []);
  const dtype = new PyRecord(new PyGlobal('numpy', 'dtype'), ['f8', 0, 1]);
  dtype.state = [3, '<', null, null, null, -1, -1, 0];
  record.state = [1, shape, dtype, false, new Uint8Array(Float64Array.from(values).buffer)];
  return record;
}

function object(name: string, attributes: Record<string, PyValue>): PyRecord {
  const record = new PyRecord(new PyGlobal('module', name), []);
  record.state = new Map(Object.entries(attributes));
  return record;
}

// [[1, 0, 2], [0, 3, 0]]
const dense = { shape: [2, 3], values: Float64Array.of(1, 0, 2, 0, 3, 0) };

describe('a sparse matrix', () => {
  test.each<[string, PyRecord]>([
    [
      'by column',
      object('csc_matrix', {
        _shape: [2, 3],
        data: array([1, 3, 2]),
        indices: array([0, 1, 0]),
        indptr: array([0, 1, 2, 3]),
      }),
    ],
    [
      'by row',
      object('csr_matrix', {
        _shape: [2, 3],
        data: array([1, 2, 3]),
        indices: array([0, 2, 1]),
        indptr: array([0, 2, 3]),
      }),
    ],
    [
      'by coordinate',
      object('coo_matrix', {
        _shape: [2, 3],
        data: array([1, 2, 3]),
        row: array([0, 0, 1]),
        col: array([0, 2, 1]),
      }),
    ],
    [
      'by a pair of coordinates',
      object('coo_array', {
        _shape: [2, 3],
        data: array([1, 2, 3]),
        coords: [array([0, 0, 1]), array([0, 2, 1])],
      }),
    ],
    [
      'of a name that does not say, by its number of starts',
      object('thing', {
        _shape: [2, 3],
        data: array([1, 2, 3]),
        indices: array([0, 2, 1]),
        indptr: array([0, 2, 3]),
      }),
    ],
  ])('%s is written out in full', (_, matrix) => {
    expect(toArray(matrix, 'm')).toEqual(dense);
  });

  test('that points outside of itself is refused', () => {
    const attributes = { _shape: [2, 3], data: array([1]), row: array([2]), col: array([0]) };
    expect(() => toArray(object('coo_matrix', attributes), 'm')).toThrow(/m points outside of itself/);
  });

  test('of a kind that nothing tells is refused', () => {
    const attributes = { _shape: [2, 2], data: array([1]), indices: array([0]), indptr: array([0, 1, 1]) };
    expect(() => toArray(object('thing', attributes), 'm')).toThrow(/m is a sparse matrix of a kind/);
  });
});

describe('chumpy', () => {
  const ch = object('Ch', { x: array([1, 2, 3, 4, 5, 6], [2, 3]) });

  test('Ch is its x', () => {
    expect(toArray(ch, 'm')).toEqual({ shape: [2, 3], values: Float64Array.of(1, 2, 3, 4, 5, 6) });
  });

  test('Select is the elements chosen, in its shape', () => {
    const select = object('Select', { a: ch, idxs: array([5, 0, 1, 1]), preferred_shape: [2, 2] });
    expect(toArray(select, 'm')).toEqual({ shape: [2, 2], values: Float64Array.of(6, 1, 2, 2) });
    const beyond = object('Select', { a: ch, idxs: array([6]), preferred_shape: [1] });
    expect(() => toArray(beyond, 'm')).toThrow(/m selects elements that are not there/);
  });

  test('that holds itself is refused', () => {
    const loop = object('Ch', {});
    (loop.state as Map<string, PyValue>).set('x', loop);
    expect(() => toArray(loop, 'm')).toThrow(/m is wrapped too deeply/);
  });
});

test('Fortran order is undone', () => {
  const record = array([1, 4, 2, 5, 3, 6], [2, 3]);
  (record.state as PyValue[])[3] = true;
  expect([...toArray(record, 'm').values]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('an array whose bytes do not fill its shape is refused', () => {
  expect(() => toArray(array([1, 2], [3]), 'm')).toThrow(/shape \[3\] in it has 16 bytes/);
});

import { importError } from './import-error.ts';
import { decodeArray, type NdArray, type ObjectArray } from './nd-array.ts';
import { asBytes, asDict, asText, type PyDict, PyRecord, type PyValue } from './python-values.ts';

/** Objects that wrap an array: a Ch in a Select in an object array, and no deeper. */
const MAX_WRAPPERS = 4;

/**
 * The numbers of what was an array in Python: numpy's ndarray, chumpy's Ch (its `x`) and Select (elements of another
 * array), a scipy.sparse matrix (written out in full), or an object array that holds one of these.
 *
 * @param name of the array, for messages
 * @throws LokiError `MODEL_INVALID` where it is nothing of the kind
 */
export function toArray(value: PyValue | undefined, name: string, wrappers = 0): NdArray {
  if (wrappers > MAX_WRAPPERS) throw importError(`${name} is wrapped too deeply`);
  if (value instanceof PyRecord) {
    const array = readNdArray(value);
    if (array && 'values' in array) return array;
    if (array) return toArray(array.objects[0], name, wrappers + 1);
    const attributes = asDict(value);
    if (attributes?.has('x')) return toArray(attributes.get('x'), name, wrappers + 1);
    if (attributes?.has('idxs') && attributes.has('a')) return readSelect(attributes, name, wrappers + 1);
    if (attributes?.has('indptr') || attributes?.has('row') || attributes?.has('coords'))
      return readSparse(attributes, value.calleeName, name, wrappers + 1);
  }
  throw importError(`${name} is no array that this program knows`);
}

/** numpy.core.multiarray._reconstruct with its state, or numpy's _frombuffer of protocol 5; null for anything else. */
function readNdArray(record: PyRecord): NdArray | ObjectArray | null {
  if (record.calleeName === '_frombuffer') {
    const [bytes, dtype, shape, order] = record.args;
    return read(shape, dtype, asText(order) === 'F', bytes);
  }
  if (record.calleeName !== '_reconstruct' || !Array.isArray(record.state)) return null;
  const [, shape, dtype, fortran, data] = record.state;
  return read(shape, dtype, fortran === true || fortran === 1, data);
}

function read(shape: PyValue, dtype: PyValue, fortran: boolean, data: PyValue): NdArray | ObjectArray {
  if (!(dtype instanceof PyRecord) || dtype.calleeName !== 'dtype' || !Array.isArray(shape))
    throw importError('an array in it has no type');
  const code = asText(dtype.args[0]) ?? '';
  const order = Array.isArray(dtype.state) ? asText(dtype.state[1]) : null;
  if (code === 'O8' || code === 'O4' || code === 'O') return { objects: Array.isArray(data) ? data : [] };
  const bytes = asBytes(data);
  if (!bytes) throw importError('an array in it has no bytes');
  return decodeArray(code, order !== '>', shape.map(Number), fortran, bytes);
}

/** chumpy.reordering.Select: a.ravel()[idxs] in its preferred shape. */
function readSelect(attributes: PyDict, name: string, wrappers: number): NdArray {
  const source = toArray(attributes.get('a'), name, wrappers);
  const chosen = toArray(attributes.get('idxs'), name, wrappers).values;
  const preferred = attributes.get('preferred_shape');
  const shape = Array.isArray(preferred) ? preferred.map(Number) : [chosen.length];
  const values = chosen.map((index) => source.values[index]);
  if (shape.reduce((count, size) => count * size, 1) !== values.length || values.some(Number.isNaN))
    throw importError(`${name} selects elements that are not there`);
  return { shape, values };
}

/** scipy.sparse matrices by column, by row and by coordinate. */
function readSparse(attributes: PyDict, callee: string, name: string, wrappers: number): NdArray {
  const part = (key: string) => toArray(attributes.get(key), `${name}.${key}`, wrappers).values;
  const size = attributes.get('_shape') ?? attributes.get('shape');
  const [rows, columns] = Array.isArray(size) ? size.map(Number) : [];
  const data = part('data');
  // The indices of a model's regressor are vertices: a matrix larger than this is none.
  if (!(rows > 0 && columns > 0 && rows * columns <= 10_000_000))
    throw importError(`${name} has an impossible shape`);
  const values = new Float64Array(rows * columns);
  const add = (row: number, column: number, at: number) => {
    if (!(row < rows && column < columns && at < data.length))
      throw importError(`${name} points outside of itself`);
    values[row * columns + column] += data[at];
  };
  if (!attributes.has('indptr')) {
    // From scipy 1.13 on a pair of arrays, before that two attributes.
    const coords = attributes.get('coords');
    const [row, column] = Array.isArray(coords)
      ? [0, 1].map((axis) => toArray(coords[axis], `${name}.coords`, wrappers).values)
      : [part('row'), part('col')];
    for (let i = 0; i < row.length; i++) add(row[i], column[i], i);
    return { shape: [rows, columns], values };
  }
  const [starts, indices] = [part('indptr'), part('indices')];
  const byColumn = isByColumn(attributes, callee, starts.length - 1, rows, columns, name);
  for (let major = 0; major + 1 < starts.length; major++)
    for (let i = starts[major]; i < starts[major + 1]; i++)
      if (byColumn) add(indices[i], major, i);
      else add(major, indices[i], i);
  return { shape: [rows, columns], values };
}

/** By the class's name, wherever it stands; by the number of starts where the name does not say. */
function isByColumn(
  attributes: PyDict,
  callee: string,
  majors: number,
  rows: number,
  columns: number,
  name: string,
): boolean {
  const format = asText(attributes.get('format')) ?? asText(attributes.get('_format')) ?? callee;
  if (/csc/.test(format) ? majors === columns : /csr/.test(format) ? majors === rows : false)
    return /csc/.test(format);
  if (majors === columns && majors !== rows) return true;
  if (majors === rows && majors !== columns) return false;
  throw importError(`${name} is a sparse matrix of a kind that this program does not know`);
}

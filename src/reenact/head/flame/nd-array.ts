import { importError } from './import-error.ts';
import type { PyValue } from './python-values.ts';

/** A numeric array in row-major order. */
export interface NdArray {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** An array of Python objects, as numpy keeps what is no number. */
export interface ObjectArray {
  readonly objects: readonly PyValue[];
}

type ReadElement = (view: DataView, at: number, littleEndian: boolean) => number;

/** numpy's type codes without the byte order. 64-bit integers must be safe ones: here they are indices. */
const ELEMENTS: Readonly<Record<string, { bytes: number; read: ReadElement }>> = {
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  i8: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u8: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  u2: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  b1: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

/**
 * @param code numpy's type code without the byte order (`f8`)
 * @throws LokiError `MODEL_INVALID` where type or length do not fit
 */
export function decodeArray(
  code: string,
  littleEndian: boolean,
  shape: readonly number[],
  fortranOrder: boolean,
  bytes: Uint8Array,
): NdArray {
  const element = Object.hasOwn(ELEMENTS, code) ? ELEMENTS[code] : undefined;
  if (!element) throw importError(`an array in it is of type ${code}, which no head model uses`);
  const count = checkedSize(shape);
  if (bytes.length !== count * element.bytes)
    throw importError(`an array of shape [${shape}] in it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = element.read(view, i * element.bytes, littleEndian);
  return { shape, values: fortranOrder ? rowMajor(values, shape) : values };
}

function checkedSize(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) throw importError('an array in it has an impossible shape');
    count *= size;
  }
  return count;
}

/** Column-major values in row-major order. */
function rowMajor(values: Float64Array, shape: readonly number[]): Float64Array {
  const out = new Float64Array(values.length);
  const place = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < values.length; i++) {
    let at = 0;
    for (let axis = 0; axis < shape.length; axis++) at = at * shape[axis] + place[axis];
    out[at] = values[i];
    for (let axis = 0; axis < shape.length && ++place[axis] === shape[axis]; axis++) place[axis] = 0;
  }
  return out;
}

/**
 * What a pickle holds, as inert data. Tuples, lists and sets are arrays; byte strings, which Python 2's `str` are too,
 * are views of the file.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyValue[]
  | PyDict
  | PyGlobal
  | PyRecord;

/** Keys that were byte strings are text, read as Latin-1. */
export type PyDict = Map<PyValue, PyValue>;

/** The name of a Python class or function: never looked up, never called. */
export class PyGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** What Python would have made by calling something: the callee's name, its arguments, and what was put in later. */
export class PyRecord {
  /** Given to `__setstate__` or `__dict__`. */
  state: PyValue = null;
  /** Set by item, for subclasses of dict. */
  readonly items: PyDict = new Map();

  constructor(
    readonly callee: PyValue,
    readonly args: PyValue[],
  ) {}

  /** Name of the function called or of the class made (Python 2 makes objects by `copy_reg._reconstructor`). */
  get calleeName(): string {
    if (!(this.callee instanceof PyGlobal)) return '';
    const [made] = this.args;
    return this.callee.name === '_reconstructor' && made instanceof PyGlobal ? made.name : this.callee.name;
  }
}

/** Text of a string or of a byte string (as Latin-1, which is how Python 3 reads Python 2's pickles here). */
export function asText(value: PyValue | undefined): string | null {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')
    : null;
}

/** Bytes of a byte string, or of a string that carries bytes as Latin-1. */
export function asBytes(value: PyValue | undefined): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value, 'latin1');
  // Python 3 writes bytes to protocols below 3 as _codecs.encode(text, 'latin1').
  if (value instanceof PyRecord && value.calleeName === 'encode' && typeof value.args[0] === 'string')
    return Buffer.from(value.args[0], 'latin1');
  return null;
}

/** Dict of a dict, or of an object: its items or its attributes. */
export function asDict(value: PyValue | undefined): PyDict | null {
  if (value instanceof Map) return value;
  if (!(value instanceof PyRecord)) return null;
  if (value.items.size > 0) return value.items;
  // A state of two is (__dict__, __slots__).
  const state = Array.isArray(value.state) && value.state.length === 2 ? value.state[0] : value.state;
  return state instanceof Map ? state : null;
}

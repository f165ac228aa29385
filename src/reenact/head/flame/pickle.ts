import { ByteReader } from './byte-reader.ts';
import { damagedPickle, importError } from './import-error.ts';
import { readLiteral } from './pickle-literals.ts';
import { asText, type PyDict, PyGlobal, PyRecord, type PyValue } from './python-values.ts';

/** More than any model needs; a file of nothing but one-byte opcodes would otherwise fill the memory. */
const MAX_OPCODES = 2_000_000;
const STOP = 0x2e;

/**
 * Reads a pickle (protocols 0 to 5, by the opcodes of CPython's pickletools) as inert data: names of classes and
 * functions become {@link PyGlobal}, calls {@link PyRecord}. Nothing is imported or executed. Memory is bounded by the
 * file's size, since byte strings are views of it and every object takes at least one byte.
 *
 * @throws LokiError `MODEL_INVALID` where the bytes are no whole pickle, or use what no model does (persistent ids,
 *   extension codes, out-of-band buffers)
 */
export function readPickle(bytes: Uint8Array): PyValue {
  const reader = new ByteReader(bytes);
  const machine = new PickleMachine();
  for (let opcodes = 0; opcodes < MAX_OPCODES; opcodes++) {
    const opcode = reader.uint8();
    if (opcode === STOP) return machine.pop();
    let value = readLiteral(opcode, reader);
    if (value === undefined) value = machine.make(opcode, reader);
    if (value === undefined) machine.act(opcode, reader);
    else machine.push(value);
  }
  throw importError('it holds more objects than any head model');
}

/** Stack, marks and memo of the pickle machine. */
class PickleMachine {
  #stack: PyValue[] = [];
  /** Stacks below each open mark. */
  readonly #marks: PyValue[][] = [];
  readonly #memo = new Map<number, PyValue>();

  push(value: PyValue): void {
    this.#stack.push(value);
  }

  pop(): PyValue {
    const value = this.#stack.pop();
    if (value === undefined) throw damagedPickle();
    return value;
  }

  /** The new object of an opcode that makes one out of what is on the stack; undefined for any other opcode. */
  make(opcode: number, reader: ByteReader): PyValue | undefined {
    switch (opcode) {
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
      case 0x8f: // EMPTY_SET
        return [];
      case 0x6c: // LIST
      case 0x74: // TUPLE
      case 0x91: // FROZENSET
        return this.#popMark();
      case 0x85: // TUPLE1
        return this.#popLast(1);
      case 0x86: // TUPLE2
        return this.#popLast(2);
      case 0x87: // TUPLE3
        return this.#popLast(3);
      case 0x7d: // EMPTY_DICT
        return new Map();
      case 0x64: // DICT
        return setItems(new Map(), this.#popMark());
      case 0x63: // GLOBAL
        return new PyGlobal(reader.line(), reader.line());
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popLast(2).map(asText);
        return new PyGlobal(module ?? '', name ?? '');
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callee, args] = this.#popLast(2);
        return new PyRecord(callee, asArray(args));
      }
      case 0x92: {
        // NEWOBJ_EX
        const [callee, args] = this.#popLast(3);
        return new PyRecord(callee, asArray(args));
      }
      case 0x69: {
        // INST
        const callee = new PyGlobal(reader.line(), reader.line());
        return new PyRecord(callee, this.#popMark());
      }
      case 0x6f: {
        // OBJ
        const [callee, ...args] = this.#popMark();
        return new PyRecord(callee ?? null, args);
      }
      case 0x32: // DUP
        return this.#top();
      case 0x67: // GET
        return this.#recall(Number.parseInt(reader.line(), 10));
      case 0x68: // BINGET
        return this.#recall(reader.uint8());
      case 0x6a: // LONG_BINGET
        return this.#recall(reader.uint32());
      default:
        return undefined;
    }
  }

  /** Opcodes that change what is there. */
  act(opcode: number, reader: ByteReader): void {
    switch (opcode) {
      case 0x80: // PROTO
        if (reader.uint8() > 5) throw importError('it is a pickle of a protocol above 5');
        break;
      case 0x95: // FRAME: a hint for buffered reading
        reader.uint64();
        break;
      case 0x28: // MARK
        this.#marks.push(this.#stack);
        this.#stack = [];
        break;
      case 0x30: // POP
        if (this.#stack.length > 0) this.#stack.pop();
        else this.#popMark();
        break;
      case 0x31: // POP_MARK
        this.#popMark();
        break;
      case 0x61: // APPEND
        this.#append(this.#popLast(1));
        break;
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        this.#append(this.#popMark());
        break;
      case 0x73: // SETITEM
        this.#setItems(this.#popLast(2));
        break;
      case 0x75: // SETITEMS
        this.#setItems(this.#popMark());
        break;
      case 0x62: {
        // BUILD
        const state = this.pop();
        const target = this.#top();
        if (target instanceof PyRecord) target.state = state;
        break;
      }
      case 0x70: // PUT
        this.#remember(Number.parseInt(reader.line(), 10));
        break;
      case 0x71: // BINPUT
        this.#remember(reader.uint8());
        break;
      case 0x72: // LONG_BINPUT
        this.#remember(reader.uint32());
        break;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.size);
        break;
      default:
        throw importError(`it is no pickle of a model (opcode 0x${opcode.toString(16).padStart(2, '0')})`);
    }
  }

  #top(): PyValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw damagedPickle();
    return value;
  }

  #popLast(count: number): PyValue[] {
    if (this.#stack.length < count) throw damagedPickle();
    return this.#stack.splice(this.#stack.length - count, count);
  }

  /** Everything above the last mark. */
  #popMark(): PyValue[] {
    const above = this.#stack;
    const below = this.#marks.pop();
    if (!below) throw damagedPickle();
    this.#stack = below;
    return above;
  }

  #append(values: PyValue[]): void {
    const target = this.#top();
    // Subclasses of list are records here; no model keeps anything in one.
    if (target instanceof PyRecord) return;
    if (!Array.isArray(target)) throw damagedPickle();
    for (const value of values) target.push(value);
  }

  #setItems(values: PyValue[]): void {
    const target = this.#top();
    if (target instanceof PyRecord) setItems(target.items, values);
    else if (target instanceof Map) setItems(target, values);
    else throw damagedPickle();
  }

  #remember(key: number): void {
    if (!(key >= 0)) throw damagedPickle();
    this.#memo.set(key, this.#top());
  }

  #recall(key: number): PyValue {
    const value = this.#memo.get(key);
    if (value === undefined) throw damagedPickle();
    return value;
  }
}

function asArray(value: PyValue): PyValue[] {
  if (!Array.isArray(value)) throw damagedPickle();
  return value;
}

function setItems(dict: PyDict, values: PyValue[]): PyDict {
  if (values.length % 2 !== 0) throw damagedPickle();
  for (let i = 0; i < values.length; i += 2) {
    const key = values[i];
    dict.set(key instanceof Uint8Array ? asText(key) : key, values[i + 1]);
  }
  return dict;
}

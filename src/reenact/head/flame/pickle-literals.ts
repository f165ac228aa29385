import type { ByteReader } from './byte-reader.ts';
import { damagedPickle } from './import-error.ts';
import type { PyValue } from './python-values.ts';

const MAX_LONG_BYTES = 32;

/** The value of an opcode that carries one: None, booleans, numbers, strings, bytes. Undefined for any other opcode. */
export function readLiteral(opcode: number, reader: ByteReader): PyValue | undefined {
  switch (opcode) {
    case 0x4e: // NONE
      return null;
    case 0x88: // NEWTRUE
      return true;
    case 0x89: // NEWFALSE
      return false;
    case 0x49: // INT, which also writes booleans as 00 and 01
      return readInt(reader.line());
    case 0x4a: // BININT
      return reader.int32();
    case 0x4b: // BININT1
      return reader.uint8();
    case 0x4d: // BININT2
      return reader.uint16();
    case 0x4c: // LONG
      return readNumber(reader.line().replace(/L$/, ''));
    case 0x8a: // LONG1
      return readLong(reader, reader.uint8());
    case 0x8b: // LONG4
      return readLong(reader, reader.int32());
    case 0x46: // FLOAT
      return Number(reader.line());
    case 0x47: // BINFLOAT
      return reader.float64();
    case 0x53: // STRING
      return unquote(reader.line());
    case 0x55: // SHORT_BINSTRING
    case 0x43: // SHORT_BINBYTES
      return reader.take(reader.uint8());
    case 0x54: // BINSTRING
    case 0x42: // BINBYTES
      return reader.take(reader.uint32());
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      return reader.take(reader.uint64());
    case 0x56: // UNICODE
      return unescapeUnicode(reader.line());
    case 0x8c: // SHORT_BINUNICODE
      return utf8(reader.take(reader.uint8()));
    case 0x58: // BINUNICODE
      return utf8(reader.take(reader.uint32()));
    case 0x8d: // BINUNICODE8
      return utf8(reader.take(reader.uint64()));
    default:
      return undefined;
  }
}

function readInt(line: string): PyValue {
  if (line === '00') return false;
  return line === '01' ? true : readNumber(line);
}

function readNumber(text: string): number | bigint {
  if (!/^-?\d{1,77}$/.test(text)) throw damagedPickle();
  return asNumber(BigInt(text));
}

/** Little-endian two's complement. */
function readLong(reader: ByteReader, length: number): number | bigint {
  if (length < 0 || length > MAX_LONG_BYTES) throw damagedPickle();
  let value = 0n;
  const bytes = reader.take(length);
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return asNumber(BigInt.asIntN(8 * length, value));
}

function asNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** Python 2's repr of a str: quoted, with escapes. */
function unquote(line: string): Uint8Array {
  const quote = line[0];
  if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote) throw damagedPickle();
  const text = line
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (whole, hex?: string, letter?: string) =>
      hex === undefined ? (ESCAPES[letter ?? ''] ?? whole) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(text, 'latin1');
}

/** Python's raw-unicode-escape. */
function unescapeUnicode(line: string): string {
  return line.replace(/\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/gi, (whole, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

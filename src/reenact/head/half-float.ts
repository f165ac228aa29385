/**
 * IEEE 754 binary16, as head files store large arrays. Node 20 has no Float16Array.
 */

let decodeTable: Float32Array | null = null;

/** Every half as a float; Infinity and NaN decode as themselves, so that a loader can refuse them. */
export function decodeHalfFloats(halves: Uint16Array): Float32Array {
  decodeTable ??= buildDecodeTable();
  const table = decodeTable;
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i]];
  return floats;
}

/** Rounds to the nearest half, ties to even; beyond ±65504 gives ±Infinity. */
export function encodeHalfFloats(floats: ArrayLike<number>): Uint16Array {
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) halves[i] = encodeHalf(floats[i]);
  return halves;
}

const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

function encodeHalf(value: number): number {
  asFloat[0] = value;
  const bits = asBits[0];
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
  const halfExponent = exponent - 112;
  if (halfExponent >= 31) return sign | 0x7c00;
  if (halfExponent < -10) return sign;
  // Below 2^-14 a half is subnormal: the hidden bit becomes explicit and the shift grows.
  const significand = halfExponent > 0 ? mantissa : mantissa | 0x800000;
  const shift = halfExponent > 0 ? 13 : 14 - halfExponent;
  const base = (halfExponent > 0 ? halfExponent << 10 : 0) + (significand >>> shift);
  const rest = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  // A carry out of the mantissa raises the exponent, which is what rounding up means there.
  return sign | (rest > half || (rest === half && base & 1) ? base + 1 : base);
}

function buildDecodeTable(): Float32Array {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >>> 10) & 31;
    const mantissa = bits & 1023;
    if (exponent === 31) table[bits] = mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else if (exponent === 0) table[bits] = sign * mantissa * 2 ** -24;
    else table[bits] = sign * (1024 + mantissa) * 2 ** (exponent - 25);
  }
  return table;
}

/** IEEE 754 half precision to single precision, exactly. */
export function halfToFloat(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  const floats = new Float32Array(words.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 0) floats[i] = (sign === 0 ? 1 : -1) * fraction * 2 ** -24;
    else words[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  }
  return floats;
}

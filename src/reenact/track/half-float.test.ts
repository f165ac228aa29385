import { expect, it } from 'vitest';
import { halfToFloat } from './half-float.ts';

it('gives every one of the 65,536 halves its value', () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const floats = halfToFloat(halves);
  for (const half of halves) {
    const sign = half >= 0x8000 ? -1 : 1;
    const exponent = Math.floor(half / 1024) % 32;
    const fraction = half % 1024;
    const value =
      exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (!Object.is(floats[half], sign * value)) expect(`${half}: ${floats[half]}`).toBe(sign * value);
  }
});

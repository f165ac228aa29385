import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../../scripts/compile-kernels.mjs';
import { writePlanes } from '../runtime/change-picture.ts';
import { pixelsKernel } from './decoder-kernel.ts';

// What it makes of patches is compared with single pixels' in ../runtime/patch-picture.test.ts.
describe('the kernel of the decoder’s pictures', () => {
  it('is what its source compiles to, byte for byte', async () => {
    const shipped = readFileSync(new URL('decoder-kernel.wasm', import.meta.url));
    const source = new URL('decoder-kernel.wat', import.meta.url);
    expect(Buffer.compare(await compileKernel(source), shipped)).toBe(0);
  });

  it.each([2, 16, 150])('makes planes of a picture %d pixels across, bit for bit', (size) => {
    const [from, at, plane] = [7, 3, size * size];
    const rgb = Uint8Array.from({ length: from + plane * 3 }, (_, i) => (i * 37) >> 3);
    const out = new Float32Array(at + plane * 3 + 1);
    writePlanes(rgb, from, size, out, at);
    const expected = new Float32Array(out.length);
    for (let pixel = 0; pixel < plane; pixel++)
      for (let k = 0; k < 3; k++) expected[at + k * plane + pixel] = rgb[from + pixel * 3 + k] / 127.5 - 1;
    expect(out).toEqual(expected);
  });

  it.each([4, 1000, 40000])('packs %d pixels into a float each, exactly', (count) => {
    const rgb = Uint8Array.from({ length: count * 3 }, (_, i) => (i * 37) >> 3);
    rgb.fill(255, 0, 3);
    const out = new Float32Array(count);
    pixelsKernel().pack(rgb, out);
    const expected = out.map((_, p) => rgb[p * 3] + 256 * rgb[p * 3 + 1] + 65536 * rgb[p * 3 + 2]);
    expect(out).toEqual(expected);
  });

  it.each([4, 1000, 120000])('adds %d magnitudes up, and tells what is no number', (count) => {
    const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i) * 3);
    const expected = values.reduce((sum, value) => sum + Math.abs(value), 0);
    expect(pixelsKernel().magnitudes(values) / expected).toBeCloseTo(1, 4);
    for (const wrong of [Number.NaN, Number.NEGATIVE_INFINITY])
      for (const at of [0, count - 1]) {
        const spoilt = Float32Array.from(values);
        spoilt[at] = wrong;
        expect(Number.isFinite(pixelsKernel().magnitudes(spoilt))).toBe(false);
      }
  });
});

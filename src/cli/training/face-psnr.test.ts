import { expect, test } from 'vitest';
import { addFaceError, psnrDb } from './face-psnr.ts';

test('only what lies on the head counts', () => {
  const target = new Uint8Array(256 * 256 * 3).fill(100);
  const warp = new Uint8Array(256 * 256 * 3).fill(100);
  const coverage = new Uint16Array(64 * 64);
  // One cell of the raster is four by four pixels.
  coverage[10 * 64 + 20] = 0x3c00;
  for (let y = 0; y < 256; y++)
    for (let x = 0; x < 256; x++) warp[(y * 256 + x) * 3] = y >> 2 === 10 && x >> 2 === 20 ? 110 : 255;
  const error = { squares: 0, count: 0 };
  addFaceError(error, target, warp, coverage);
  expect(error).toEqual({ squares: 16 * 100, count: 48 });
  expect(psnrDb(error)).toBeCloseTo(10 * Math.log10((255 * 255 * 3) / 100), 6);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RgbaImage } from '../reenact/frame.ts';
import { PictureScaler } from './scale-picture.ts';

function picture(width: number, height: number, at: (x: number, y: number) => number): RgbaImage {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.fill(at(x, y), (y * width + x) * 4, (y * width + x) * 4 + 3);
  }
  return { width, height, data };
}

function scaled(image: RgbaImage, width: number, height: number): Uint8Array {
  const target = new Uint8Array(width * height * 4);
  new PictureScaler(image.width, image.height, width, height).into(image, target, width, 0);
  return target;
}

const side = fc.integer({ min: 1, max: 40 });

describe('PictureScaler', () => {
  it('keeps a picture of the same size', () => {
    const image = picture(13, 7, (x, y) => (x * 19 + y * 31) % 256);
    const out = scaled(image, 13, 7);
    for (let i = 0; i < out.length; i++) expect(out[i]).toBe(i % 4 === 3 ? 255 : image.data[i]);
  });

  it('keeps a flat picture flat at every size', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (w, h, width, height, level) => {
        const out = scaled(
          picture(w, h, () => level),
          width,
          height,
        );
        expect(out.findIndex((value, i) => value !== (i % 4 === 3 ? 255 : level))).toBe(-1);
      }),
    );
  });

  it('stays within the levels of the picture and keeps a ramp a ramp', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 40 }), (w, width) => {
        const out = scaled(
          picture(w, 3, (x) => 20 + (200 * x) / (w - 1)),
          width,
          2,
        );
        for (let x = 0; x < width; x++) {
          expect(out[x * 4]).toBeGreaterThanOrEqual(19);
          expect(out[x * 4]).toBeLessThanOrEqual(221);
          if (x > 0) expect(out[x * 4]).toBeGreaterThanOrEqual(out[x * 4 - 4]);
        }
      }),
    );
  });

  it('does not alias: fine stripes become grey', () => {
    const out = scaled(
      picture(120, 4, (x) => (x % 2) * 255),
      30,
      4,
    );
    for (let x = 2; x < 28; x++) expect(Math.abs(out[x * 4] - 128)).toBeLessThan(3);
  });

  it('writes at its column only', () => {
    const target = new Uint8Array(10 * 4 * 4).fill(7);
    new PictureScaler(2, 2, 4, 4).into(
      picture(2, 2, () => 200),
      target,
      10,
      3,
    );
    for (let x = 0; x < 10; x++) expect(target[x * 4]).toBe(x >= 3 && x < 7 ? 200 : 7);
  });
});

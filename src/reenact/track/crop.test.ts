import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import { type CropOptions, cropToTensor } from './crop.ts';
import type { Roi } from './roi.ts';

const PLAIN: CropOptions = { gain: 1, offset: 0, border: 'replicate', maxSamples: 1 };

function image(width: number, height: number, at: (x: number, y: number, c: number) => number): RgbaImage {
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 4; c++) data[4 * (y * width + x) + c] = at(x, y, c);
    }
  }
  return { width, height, data };
}

/** Bilinear sampling as it stands in a textbook, one sample an output pixel. */
function slowCrop(picture: RgbaImage, roi: Roi, size: number, options: CropOptions): Float32Array {
  const out = new Float32Array(3 * size * size);
  const pixel = (x: number, y: number, c: number): number => {
    const px = Math.min(picture.width - 1, Math.max(0, x));
    const py = Math.min(picture.height - 1, Math.max(0, y));
    return picture.data[4 * (py * picture.width + px) + c];
  };
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const u = ((i + 0.5) / size - 0.5) * roi.sizePx;
      const v = ((j + 0.5) / size - 0.5) * roi.sizePx;
      const x = roi.centreX + u * Math.cos(roi.rotationRad) - v * Math.sin(roi.rotationRad) - 0.5;
      const y = roi.centreY + u * Math.sin(roi.rotationRad) + v * Math.cos(roi.rotationRad) - 0.5;
      const outside = x < -0.5 || y < -0.5 || x >= picture.width - 0.5 || y >= picture.height - 0.5;
      for (let c = 0; c < 3; c++) {
        let value = 0;
        if (!(outside && options.border === 'black')) {
          const cx = Math.min(picture.width - 1, Math.max(0, x));
          const cy = Math.min(picture.height - 1, Math.max(0, y));
          const [x0, y0] = [Math.floor(cx), Math.floor(cy)];
          const [fx, fy] = [cx - x0, cy - y0];
          value =
            (pixel(x0, y0, c) * (1 - fx) + pixel(x0 + 1, y0, c) * fx) * (1 - fy) +
            (pixel(x0, y0 + 1, c) * (1 - fx) + pixel(x0 + 1, y0 + 1, c) * fx) * fy;
        }
        out[(c * size + j) * size + i] = value * options.gain + options.offset;
      }
    }
  }
  return out;
}

describe('cropToTensor', () => {
  it('copies a picture pixel by pixel when the region is the picture', () => {
    const picture = image(8, 8, (x, y, c) => 10 * x + 3 * y + c);
    const out = new Float32Array(3 * 64).fill(77);
    cropToTensor(picture, { centreX: 4, centreY: 4, sizePx: 8, rotationRad: 0 }, 8, out, PLAIN);
    for (let p = 0; p < 64; p++) {
      for (let c = 0; c < 3; c++) expect(out[64 * c + p]).toBeCloseTo(picture.data[4 * p + c], 3);
    }
  });

  it('turns clockwise with the region: what is above the centre of a quarter turn comes from the right', () => {
    const picture = image(9, 9, (x, _y, c) => (c === 0 ? 20 * x : 0));
    const out = new Float32Array(3 * 81);
    cropToTensor(picture, { centreX: 4.5, centreY: 4.5, sizePx: 9, rotationRad: Math.PI / 2 }, 9, out, PLAIN);
    expect(out[4]).toBeCloseTo(160, 1);
    expect(out[8 * 9 + 4]).toBeCloseTo(0, 1);
  });

  it('matches plain bilinear sampling anywhere, on both borders, up to its 1/256 px weights', () => {
    const region = fc.record({
      centreX: fc.double({ min: -20, max: 60, noNaN: true }),
      centreY: fc.double({ min: -20, max: 60, noNaN: true }),
      sizePx: fc.double({ min: 4, max: 80, noNaN: true }),
      rotationRad: fc.double({ min: -3.1, max: 3.1, noNaN: true }),
    });
    // Smooth, so that a position rounded to 1/256 px costs less than the tolerance.
    const picture = image(37, 29, (x, y, c) => 128 + 90 * Math.sin(x / 6 + c) * Math.cos(y / 5));
    const size = 24;
    const out = new Float32Array(3 * size * size);
    fc.assert(
      fc.property(region, fc.constantFrom('replicate', 'black'), (roi, border) => {
        const options: CropOptions = { gain: 2 / 255, offset: -1, border: border as 'black', maxSamples: 1 };
        cropToTensor(picture, roi, size, out, options);
        const expected = slowCrop(picture, roi, size, options);
        let wrong = 0;
        for (let i = 0; i < out.length; i++) if (Math.abs(out[i] - expected[i]) > 0.01) wrong++;
        // A sample on the very edge may fall on either side of it.
        expect(wrong).toBeLessThanOrEqual(border === 'black' ? 9 : 0);
      }),
      { numRuns: 60 },
    );
  });

  it('averages what it reduces: fine stripes become grey, not stripes', () => {
    const stripes = image(256, 256, (x) => (x % 2) * 255);
    const out = new Float32Array(3 * 32 * 32);
    const whole = { centreX: 128, centreY: 128, sizePx: 256, rotationRad: 0 };
    cropToTensor(stripes, whole, 32, out, { ...PLAIN, maxSamples: 8 });
    for (const value of out) expect(Math.abs(value - 127.5)).toBeLessThan(8);
  });

  it('takes pictures of one pixel, and pixel data at an odd offset', () => {
    const out = new Float32Array(3 * 16);
    const roi = { centreX: 0.5, centreY: 0.5, sizePx: 3, rotationRad: 0.3 };
    cropToTensor({ width: 1, height: 1, data: new Uint8Array([9, 8, 7, 255]) }, roi, 4, out, PLAIN);
    expect([out[0], out[16], out[32]]).toEqual([9, 8, 7]);
    const bytes = new Uint8Array([0, 9, 8, 7, 255]).subarray(1);
    cropToTensor({ width: 1, height: 1, data: bytes }, roi, 4, out, PLAIN);
    expect([out[0], out[16], out[32]]).toEqual([9, 8, 7]);
  });
});

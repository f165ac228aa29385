import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import { addChange, blendPicture } from './composite.ts';
import { cutWindow } from './face-window.ts';
import { edgeFade, writeChange, writePicture, writePlanes } from './runtime/change-picture.ts';
import { HeadShare } from './runtime/head-share.ts';

function grey(size: number, level: number): RgbaImage {
  const data = new Uint8Array(size * size * 4).fill(level);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { width: size, height: size, data };
}

describe('adding a change', () => {
  test('of the window’s own size adds pixel by pixel, rounds and clamps, and leaves the rest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 56 }),
        fc.integer({ min: 0, max: 56 }),
        fc.double({ min: -400, max: 400, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (x, y, change, weight) => {
          const image = grey(64, 100);
          const changes = new Float32Array(1 + 8 * 8 * 3).fill(change);
          addChange(image, { x, y, side: 8 }, changes, 1, 8, weight);
          const expected = Math.min(255, Math.max(0, 100 + weight * change));
          let wrong = 0;
          for (let i = 0; i < image.data.length; i++) {
            const [px, py] = [(i >> 2) % 64, i >> 8];
            const inside = px >= x && px < x + 8 && py >= y && py < y + 8;
            const wanted = i % 4 === 3 ? 255 : inside ? expected : 100;
            if (Math.abs(image.data[i] - wanted) > 0.5001) wrong++;
          }
          expect(wrong).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });

  test.each([
    [16, 'scaled down: means of four'],
    [48, 'scaled up'],
  ])('to a window of %d pixels is bilinear (%s)', (side) => {
    const size = 32;
    const ramp = Float32Array.from({ length: size * size * 3 }, (_, i) => (Math.floor(i / 3) % size) * 4);
    const image = grey(64, 10);
    addChange(image, { x: 8, y: 8, side }, ramp, 0, size, 1);
    for (const x of [2, side / 2, side - 3]) {
      const u = ((x + 0.5) * size) / side - 0.5;
      expect(Math.abs(image.data[((8 + 5) * 64 + 8 + x) * 4] - (10 + 4 * u))).toBeLessThan(0.6);
    }
  });
});

test('before a flat colour only the person of a whole picture takes the warped one’s place', () => {
  const rgb = [0, 177, 64] as const;
  const opacity = Float32Array.from({ length: 32 * 32 }, (_, p) => (p < 512 ? 0 : p < 768 ? 0.5 : 1));
  for (const size of [16, 32])
    for (const weight of [0.25, 1]) {
      const image = grey(32, 200);
      blendPicture(image, new Float32Array(size * size * 3).fill(100), 0, size, weight, { rgb, opacity });
      for (const p of [0, 600, 1000])
        for (let k = 0; k < 3; k++) {
          const made = opacity[p] * 100 + (1 - opacity[p]) * rgb[k];
          const wanted = (1 - weight) * 200 + weight * made;
          expect(Math.abs(image.data[p * 4 + k] - wanted)).toBeLessThanOrEqual(1);
        }
    }
});

test('a whole picture takes the warped one’s place by its weight', () => {
  for (const weight of [0, 0.5, 1]) {
    const image = grey(32, 200);
    blendPicture(image, new Float32Array(16 * 16 * 3).fill(100), 0, 16, weight);
    expect(Math.abs(image.data[40] - (200 - 100 * weight))).toBeLessThanOrEqual(1);
  }
});

describe('planes and pixels', () => {
  test('a change is mask · fade · head share · delta, in steps of a byte', () => {
    const size = 40;
    const plane = size * size;
    const delta = Float32Array.from({ length: 2 + 3 * plane }, (_, i) => Math.sin(i));
    const mask = Float32Array.from({ length: 1 + plane }, (_, i) => Math.cos(i) ** 2);
    const fade = edgeFade(size);
    const head = new HeadShare(8);
    head.share.fill(0.25);
    const out = new Float32Array(3 * plane);
    expect(writeChange(delta, 2, mask, 1, fade, head, out, 0)).toBe(true);
    for (const [x, y] of [
      [0, 0],
      [20, 20],
      [39, 5],
    ])
      for (let k = 0; k < 3; k++) {
        const p = y * size + x;
        const expected = 0.25 * 127.5 * delta[2 + k * plane + p] * mask[1 + p] * fade[x] * fade[y];
        expect(out[p * 3 + k]).toBeCloseTo(expected, 4);
      }
    mask[100] = Number.NaN;
    expect(writeChange(delta, 2, mask, 1, fade, head, out, 0)).toBe(false);
    mask[100] = 1;
    delta[2 + 100] = Number.POSITIVE_INFINITY;
    expect(writeChange(delta, 2, mask, 1, fade, head, out, 0)).toBe(false);
    delta.fill(1e30);
    expect(writeChange(delta, 2, mask, 1, fade, head, out, 0)).toBe(false);
  });

  test('a picture through −1..1 and back is itself', () => {
    const rgb = cutWindow(grey(64, 77), { x: 0, y: 0, side: 64 }, new Uint8Array(16 * 16 * 3), 16);
    rgb[5] = 255;
    rgb[6] = 0;
    const planes = new Float32Array(3 * 256);
    writePlanes(rgb, 0, 16, planes, 0);
    expect(Math.max(...planes)).toBe(1);
    expect(Math.min(...planes)).toBe(-1);
    const back = new Float32Array(3 * 256);
    expect(writePicture(planes, 0, 16, back, 0)).toBe(true);
    for (const [i, value] of back.entries()) expect(value).toBeCloseTo(rgb[i], 3);
  });
});

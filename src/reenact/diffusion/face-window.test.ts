import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import { project } from '../head/camera.ts';
import {
  cutWindow,
  type FaceWindow,
  WINDOW_PX,
  WindowFollower,
  windowAt,
  windowCamera,
  windowSideOf,
} from './face-window.ts';

function faceAt(x: number, y: number): Float32Array {
  const landmarks = new Float32Array(478 * 3);
  landmarks.set([x + 3, y - 20], 168 * 3);
  landmarks.set([x - 3, y + 20], 2 * 3);
  return landmarks;
}

describe('the side of a window', () => {
  test('is half of the picture for a portrait that is cropped as usual', () => {
    expect(windowSideOf(512 / 2.6, 512)).toBe(256);
    expect(windowSideOf(210, 512)).toBe(256);
    expect(windowSideOf(185, 512)).toBe(256);
    expect(windowSideOf(256 / 2.6, 256)).toBe(128);
  });

  test('is 1.3 face heights otherwise, and never more than the picture', () => {
    expect(windowSideOf(280, 512)).toBe(364);
    expect(windowSideOf(120, 512)).toBe(156);
    expect(windowSideOf(500, 512)).toBe(512);
  });
});

describe('a window', () => {
  test('has the middle of the face near its own and lies on whole pixels inside the picture', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 562, noNaN: true }),
        fc.double({ min: -50, max: 562, noNaN: true }),
        fc.integer({ min: 128, max: 512 }),
        (x, y, side) => {
          const window = windowAt(faceAt(x, y), side, 512);
          for (const corner of [window.x, window.y]) {
            expect(Number.isInteger(corner)).toBe(true);
            expect(corner).toBeGreaterThanOrEqual(0);
            expect(corner + side).toBeLessThanOrEqual(512);
          }
          const free = window.x > 0 && window.x + side < 512;
          // Half a step of the grid, and half a pixel of rounding.
          if (free)
            expect(Math.abs(window.x + side / 2 - x)).toBeLessThanOrEqual((4 * side) / WINDOW_PX + 0.5);
        },
      ),
    );
  });

  test('shares the grid of the picture at 512²', () => {
    const { x, y } = windowAt(faceAt(250.3, 263.9), 256, 512);
    expect([x % 8, y % 8]).toEqual([0, 0]);
  });

  test('stays for small motion, moves for a large one, and does not flicker between two places', () => {
    const follower = new WindowFollower(256, 512);
    const first = follower.follow(faceAt(256, 256));
    expect(follower.follow(faceAt(261.5, 251))).toEqual(first);
    const moved = follower.follow(faceAt(263, 256));
    expect(moved).toEqual({ x: first.x + 8, y: first.y, side: 256 });
    expect(follower.follow(faceAt(259, 256))).toEqual(moved);
    follower.reset();
    expect(follower.follow(faceAt(259, 256))).toEqual(first);
  });

  test('stays where it is for a face that is nowhere', () => {
    const follower = new WindowFollower(256, 512);
    const first = follower.follow(faceAt(300, 200));
    expect(follower.follow(faceAt(Number.NaN, Number.NaN))).toEqual(first);
  });

  test('has a camera that shows what the picture shows there', () => {
    const camera = { focalPx: 900, centreX: 256, centreY: 250 };
    const window: FaceWindow = { x: 100, y: 60, side: 320 };
    const point = [0.03, -0.02, -0.8];
    const [x, y] = project(camera, point);
    const [u, v] = project(windowCamera(camera, window, 64), point);
    expect(u).toBeCloseTo(((x - 100) * 64) / 320, 4);
    expect(v).toBeCloseTo(((y - 60) * 64) / 320, 4);
  });
});

describe('the pixels of a window', () => {
  const size = 512;
  const image = {
    width: size,
    height: size,
    data: Uint8Array.from({ length: size * size * 4 }, (_, i) => (i * 2654435761) >>> 24),
  };

  test('are the picture’s own where it is 256 wide', () => {
    const out = cutWindow(image, { x: 72, y: 200, side: 256 });
    for (const [px, py] of [
      [0, 0],
      [255, 255],
      [17, 100],
    ]) {
      const from = ((py + 200) * size + px + 72) * 4;
      expect([...out.subarray((py * 256 + px) * 3, (py * 256 + px) * 3 + 3)]).toEqual([
        ...image.data.subarray(from, from + 3),
      ]);
    }
  });

  test.each([190, 256, 301.5])('of a window of %d pixels are the plain means within a level', (side) => {
    const window = { x: 40, y: 210, side };
    const found = cutWindow(image, window);
    const expected = plainCut(image, window);
    let most = 0;
    for (const [i, value] of expected.entries()) most = Math.max(most, Math.abs(value - found[i]));
    expect(most).toBeLessThan(1.5);
    const unaligned = new Uint8Array(image.data.length + 1).subarray(1);
    unaligned.set(image.data);
    expect(cutWindow({ ...image, data: unaligned }, window)).toEqual(found);
  });

  test('are bilinear otherwise, up to the edges of the picture', () => {
    const ramp = { ...image, data: new Uint8Array(size * size * 4) };
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) ramp.data.set([x / 2, y / 2, (x + y) / 4, 255], (y * size + x) * 4);
    const out = cutWindow(ramp, { x: 140, y: 0, side: 372 });
    for (const [px, py] of [
      [0, 0],
      [128, 30],
      [255, 255],
    ]) {
      const x = Math.min(511, 140 + ((px + 0.5) * 372) / 256 - 0.5);
      const y = Math.min(511, ((py + 0.5) * 372) / 256 - 0.5);
      const at = (py * 256 + px) * 3;
      expect(Math.abs(out[at] - x / 2)).toBeLessThan(1.01);
      expect(Math.abs(out[at + 1] - y / 2)).toBeLessThan(1.01);
    }
  });
});

/** Bilinear means in doubles, not rounded. */
function plainCut({ width, height, data }: RgbaImage, { x, y, side }: FaceWindow): Float64Array {
  const out = new Float64Array(256 * 256 * 3);
  const clamp = (value: number, length: number): number => Math.min(length - 1, Math.max(0, value));
  for (let at = 0; at < out.length; at++) {
    const [column, row] = [Math.floor(at / 3) % 256, Math.floor(at / 768)];
    const [u, v] = [
      clamp(x + ((column + 0.5) * side) / 256 - 0.5, width),
      clamp(y + ((row + 0.5) * side) / 256 - 0.5, height),
    ];
    const [left, top] = [Math.floor(u), Math.floor(v)];
    for (const [dx, dy, part] of [
      [0, 0, (1 - u + left) * (1 - v + top)],
      [1, 0, (u - left) * (1 - v + top)],
      [0, 1, (1 - u + left) * (v - top)],
      [1, 1, (u - left) * (v - top)],
    ])
      out[at] += part * data[(clamp(top + dy, height) * width + clamp(left + dx, width)) * 4 + (at % 3)];
  }
  return out;
}

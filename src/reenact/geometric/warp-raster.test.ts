import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawSheet, makeTexture, type RasterTarget, type Sheet } from './warp-raster.ts';

const SIZE = 24;

function target(): RasterTarget {
  return {
    width: SIZE,
    height: SIZE,
    color: new Uint32Array(SIZE * SIZE).fill(0xff000000),
    nearness: new Float32Array(SIZE * SIZE).fill(Number.NEGATIVE_INFINITY),
  };
}

/** A picture whose red is its column and green its row. */
const ramp = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
  const p = Math.floor(i / 3);
  return [(p % SIZE) * 10, Math.floor(p / SIZE) * 10, 50][i % 3];
});

/** A square cut into triangles through any inner point. */
function fan(innerX: number, innerY: number): Sheet {
  const u = Float32Array.of(0, SIZE, SIZE, 0, innerX);
  const v = Float32Array.of(0, 0, SIZE, SIZE, innerY);
  return {
    x: u,
    y: v,
    z: new Float32Array(5).fill(-1),
    u,
    v,
    triangles: Uint32Array.of(0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4),
  };
}

describe('drawing a sheet', () => {
  it('gives the texture back pixel by pixel where nothing moved, however it is cut', () => {
    const texture = makeTexture(SIZE, SIZE, ramp, null);
    const inner = fc.double({ min: 0.5, max: SIZE - 0.5, noNaN: true });
    fc.assert(
      fc.property(inner, inner, (x, y) => {
        const out = target();
        drawSheet(out, fan(x, y), texture);
        return out.color.every((pixel, p) => {
          const texel = texture.color[Math.floor(p / SIZE) * (SIZE + 1) + (p % SIZE)];
          return [0, 8, 16, 24].every((s) => Math.abs(((pixel >>> s) & 255) - ((texel >>> s) & 255)) <= 1);
        });
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('covers every pixel once: shared edges leave no gap and do not overlap', () => {
    const inner = fc.double({ min: 1, max: SIZE - 1, noNaN: true });
    const half = makeTexture(
      SIZE,
      SIZE,
      new Float32Array(SIZE * SIZE * 3).fill(200),
      new Float32Array(SIZE * SIZE).fill(0.25),
    );
    fc.assert(
      fc.property(inner, inner, (x, y) => {
        const out = target();
        drawSheet(out, fan(x, y), half);
        // A quarter of 200 over black, once.
        return out.color.every((pixel) => (pixel & 255) === 50);
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('shows the nearer of two sheets in either order', () => {
    const white = makeTexture(SIZE, SIZE, new Float32Array(SIZE * SIZE * 3).fill(255), null);
    const dark = makeTexture(SIZE, SIZE, new Float32Array(SIZE * SIZE * 3).fill(10), null);
    const near = fan(12, 12);
    const far = { ...near, z: new Float32Array(5).fill(-2) };
    for (const order of [
      [near, far],
      [far, near],
    ]) {
      const out = target();
      for (const sheet of order) drawSheet(out, sheet, sheet === near ? white : dark);
      expect(out.color.every((pixel) => pixel === 0xffffffff)).toBe(true);
    }
  });

  it('samples between texels', () => {
    const texture = makeTexture(SIZE, SIZE, ramp, null);
    const sheet = fan(12, 12);
    const out = target();
    drawSheet(out, { ...sheet, u: sheet.u.map((value) => value + 0.5) }, texture);
    expect(out.color[5 * SIZE + 5] & 255).toBe(55);
    expect((out.color[5 * SIZE + 5] >>> 8) & 255).toBe(50);
  });

  it('does not draw triangles that have turned over', () => {
    const out = target();
    const sheet = fan(12, 12);
    drawSheet(
      out,
      { ...sheet, x: sheet.x.map((value) => SIZE - value) },
      makeTexture(SIZE, SIZE, ramp, null),
    );
    expect(out.color.every((pixel) => pixel === 0xff000000)).toBe(true);
  });

  it('draws what lies partly outside the picture', () => {
    const out = target();
    const sheet = fan(12, 12);
    const shifted = { ...sheet, x: sheet.x.map((value) => value - 10), y: sheet.y.map((value) => value - 7) };
    drawSheet(out, shifted, makeTexture(SIZE, SIZE, ramp, null));
    expect(out.color[0] & 255).toBe(100);
    expect((out.color[0] >>> 8) & 255).toBe(70);
    expect(out.color[SIZE * SIZE - 1]).toBe(0xff000000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clearSampleBuffer, createSampleBuffer, rasterise } from './rasterise.ts';

const SIZE = 24;
const coordinate = fc.double({ min: -6, max: SIZE + 6, noNaN: true });
const nearness = fc.double({ min: 0.5, max: 3, noNaN: true });
const corner = fc.tuple(coordinate, coordinate, nearness);

function draw(
  points: number[][],
  triangles: number[],
  order?: number[],
): ReturnType<typeof createSampleBuffer> {
  const buffer = createSampleBuffer(SIZE, SIZE);
  const screen = Float32Array.from(points.flat());
  const ids = order ?? triangles.map((_, i) => i).filter((i) => i % 3 === 0);
  for (const first of ids) {
    rasterise(buffer, screen, Uint32Array.from(triangles.slice(first, first + 3)), first / 3, 0);
  }
  return buffer;
}

describe('rasterise', () => {
  it('covers a sample exactly where its middle is inside the triangle', () => {
    fc.assert(
      fc.property(corner, corner, corner, (a, b, c) => {
        const buffer = draw([a, b, c], [0, 1, 2]);
        const wrong = [...buffer.triangle.keys()].filter((s) => {
          const margin = insideBy([a, b, c], (s % SIZE) + 0.5, Math.floor(s / SIZE) + 0.5);
          // Corners move by up to half of 1/256 sample when they are snapped.
          return Math.abs(margin) > 0.01 && buffer.triangle[s] !== (margin > 0 ? 0 : -1);
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('gives every sample of a fan of triangles to exactly one of them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 9 }),
        coordinate,
        coordinate,
        (cuts, cx, cy) => {
          // Triangles around a point in the middle of a large polygon: samples on the spokes belong to one each.
          const angles = [...new Set(cuts)].sort((p, q) => p - q).map((cut) => cut * 2 * Math.PI);
          if (angles.length < 3 || gaps(angles).some((gap) => gap >= Math.PI - 0.01 || gap < 0.01)) return;
          const middle = [SIZE / 2 + cx / 10, SIZE / 2 + cy / 10, 1];
          const points = [
            middle,
            ...angles.map((t) => [middle[0] + 60 * Math.cos(t), middle[1] + 60 * Math.sin(t), 1]),
          ];
          const hits = new Uint8Array(SIZE * SIZE);
          const screen = Float32Array.from(points.flat());
          for (let i = 0; i < angles.length; i++) {
            const buffer = createSampleBuffer(SIZE, SIZE);
            rasterise(buffer, screen, Uint32Array.of(0, 1 + i, 1 + ((i + 1) % angles.length)), 0, 0);
            for (let s = 0; s < hits.length; s++) if (buffer.triangle[s] === 0) hits[s]++;
          }
          // Chords of the polygon stay outside the picture unless a gap is near π.
          if (gaps(angles).some((gap) => gap > 2.2)) expect(Math.max(...hits)).toBe(1);
          else expect([...hits].every((count) => count === 1)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('shows the nearest triangle whatever the order they are drawn in', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(corner, corner, corner), { minLength: 2, maxLength: 6 }), (set) => {
        const points = set.flatMap(([a, b, c], i) => [a, b, c].map(([x, y]) => [x, y, 1 + i * 0.25]));
        const triangles = points.map((_, i) => i);
        const starts = triangles.filter((i) => i % 3 === 0);
        const forwards = draw(points, triangles, starts);
        const backwards = draw(points, triangles, [...starts].reverse());
        expect([...forwards.triangle]).toEqual([...backwards.triangle]);
      }),
      { numRuns: 60 },
    );
  });

  it('stores weights that give the sample its own place back', () => {
    fc.assert(
      fc.property(corner, corner, corner, (a, b, c) => {
        const area = Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
        if (area < 20) return;
        const buffer = draw([a, b, c], [0, 1, 2]);
        buffer.triangle.forEach((seen, s) => {
          if (seen < 0) return;
          const [w0, w1] = [buffer.weight0[s], buffer.weight1[s]];
          const x = w0 * a[0] + w1 * b[0] + (1 - w0 - w1) * c[0];
          const y = w0 * a[1] + w1 * b[1] + (1 - w0 - w1) * c[1];
          expect(Math.hypot(x - (s % SIZE) - 0.5, y - Math.floor(s / SIZE) - 0.5)).toBeLessThan(0.05);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('draws only the side that is asked for', () => {
    const clockwise = [
      [2, 2, 1],
      [20, 2, 1],
      [2, 20, 1],
    ];
    const count = (facing: -1 | 0 | 1): number => {
      const buffer = createSampleBuffer(SIZE, SIZE);
      rasterise(buffer, Float32Array.from(clockwise.flat()), Uint32Array.of(0, 1, 2), 0, facing);
      return buffer.triangle.filter((t) => t === 0).length;
    };
    expect(count(-1)).toBe(count(0));
    expect(count(1)).toBe(0);
  });

  it('leaves out triangles with a corner that has no place on the screen, and obeys the test', () => {
    const screen = Float32Array.of(2, 2, 1, 20, 2, 1, Number.NaN, Number.NaN, Number.NaN, 2, 20, 1);
    const buffer = createSampleBuffer(SIZE, SIZE);
    rasterise(buffer, screen, Uint32Array.of(0, 1, 2), 0, 0);
    expect(buffer.triangle.every((t) => t === -1)).toBe(true);
    rasterise(buffer, screen, Uint32Array.of(0, 1, 3), 0, 0, (_t, w0) => w0 > 0.5);
    const kept = buffer.triangle.filter((t) => t === 0).length;
    expect(kept).toBeGreaterThan(5);
    clearSampleBuffer(buffer);
    rasterise(buffer, screen, Uint32Array.of(0, 1, 3), 0, 0);
    expect(buffer.triangle.filter((t) => t === 0).length).toBeGreaterThan(2 * kept);
  });
});

/** Distance of a point to the nearest edge, positive inside. */
function insideBy(corners: number[][], x: number, y: number): number {
  const signed = corners.map(([ax, ay], i) => {
    const [bx, by] = corners[(i + 1) % 3];
    return ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / Math.max(1e-9, Math.hypot(bx - ax, by - ay));
  });
  const least = Math.min(...signed);
  const most = Math.max(...signed);
  return least > 0 || most < 0
    ? Math.min(...signed.map(Math.abs))
    : -Math.max(least < 0 && most > 0 ? Math.min(-least, most) : 0, 0);
}

function gaps(angles: number[]): number[] {
  return angles.map((angle, i) =>
    i + 1 < angles.length ? angles[i + 1] - angle : angles[0] + 2 * Math.PI - angle,
  );
}

import { describe, expect, it } from 'vitest';
import { flood } from './flood.ts';
import { refineIris } from './iris.ts';
import { personMatte } from './matte.ts';
import { plainTeeth } from './plain-teeth.ts';
import { headSilhouette, radiusTowards } from './silhouette.ts';
import { createEdgeScratch, softenEdges } from './soften-edges.ts';
import { fillTexture } from './texture-fill.ts';
import { makeTexture, refineTexture } from './warp-raster.ts';

const SIZE = 96;

/** A grey disc (hair and face) over shoulders, before a bluish wall with a gradient. */
function bust(size: number): { rgb: Float32Array; inside: Uint8Array } {
  const rgb = new Float32Array(size * size * 3);
  const inside = new Uint8Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const p = y * size + x;
      const head = Math.hypot(x - size / 2, y - size * 0.4) < size * 0.24;
      const body = y > size * 0.6 && Math.abs(x - size / 2) < size * 0.1 + (y - size * 0.6) * 1.2;
      inside[p] = head || body ? 1 : 0;
      const color = head ? [170, 150, 140] : body ? [60, 90, 60] : [90 + y * 0.3, 110, 160 + x * 0.2];
      rgb.set(color, p * 3);
    }
  return { rgb, inside };
}

describe('the matte of a person', () => {
  it('is nearly whole on the person and nearly nothing on the background, from a smaller model head', () => {
    const size = 192;
    const { rgb, inside } = bust(size);
    const near = (x: number, y: number, radius: number): boolean =>
      Math.hypot(x - size / 2, y - size * 0.42) < radius;
    const at = (test: (x: number, y: number) => boolean): Uint8Array =>
      Uint8Array.from({ length: size * size }, (_, p) => (test(p % size, Math.floor(p / size)) ? 1 : 0));
    const matte = personMatte(rgb, size, size, {
      covered: at(
        (x, y) => near(x, y, size * 0.19) || (y > size * 0.55 && Math.abs(x - size / 2) < size * 0.15),
      ),
      face: at((x, y) => near(x, y, size * 0.13)),
      chinY: size * 0.58,
      faceX: size / 2,
      faceY: size * 0.38,
      iodPx: size * 0.16,
    });
    let [wrong, person, background] = [0, 0, 0];
    matte.forEach((opacity, p) => {
      if (inside[p] === 1) person += opacity;
      else background += opacity;
      if (Math.abs(opacity - inside[p]) > 0.5) wrong++;
    });
    const count = inside.reduce((sum, value) => sum + value, 0);
    expect(person / count).toBeGreaterThan(0.95);
    expect(background / (size * size - count)).toBeLessThan(0.03);
    expect(wrong / (size * size)).toBeLessThan(0.02);
  });
});

describe('the silhouette', () => {
  it('closes around a disc in spite of a gap in the evidence', () => {
    const columns = 80;
    const evidence = new Float32Array(columns * columns);
    const colors = new Float32Array(columns * columns * 3).fill(100);
    for (let p = 0; p < evidence.length; p++) {
      const [x, y] = [(p % columns) + 0.5 - 40, Math.floor(p / columns) + 0.5 - 40];
      const inside = Math.hypot(x, y) < 20;
      const gap = inside && x > 10 && Math.abs(y) < 1;
      evidence[p] = gap ? 0.3 : inside ? 0.95 : 0.05;
      if (inside) colors.set([200, 180, 160], p * 3);
    }
    const silhouette = headSilhouette({
      evidence,
      colors,
      columns,
      rows: columns,
      centreX: 40,
      centreY: 40,
      reach: 36,
    });
    for (let angle = 0; angle < 2 * Math.PI; angle += 0.2) {
      const { radius, away } = radiusTowards(
        silhouette,
        40 + 10 * Math.cos(angle),
        40 + 10 * Math.sin(angle),
      );
      expect(away).toBeCloseTo(10, 5);
      expect(Math.abs(radius - 20)).toBeLessThan(3);
    }
  });
});

describe('filling with texture', () => {
  it('carries stripes through a hole, keeps what is known and is deterministic', () => {
    const stripes = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) =>
      (Math.floor(i / 3) % SIZE) % 8 < 4 ? 40 : 200,
    );
    const known = new Float32Array(SIZE * SIZE).fill(1);
    const damaged = Float32Array.from(stripes);
    for (let y = 34; y < 62; y++)
      for (let x = 34; x < 62; x++) {
        known[y * SIZE + x] = 0;
        damaged.fill(255, (y * SIZE + x) * 3, (y * SIZE + x) * 3 + 3);
      }
    const wanted = new Uint8Array(SIZE * SIZE).fill(1);
    const filled = fillTexture(damaged, known, wanted, SIZE, SIZE);
    let missed = 0;
    for (let p = 0; p < known.length; p++) {
      if (known[p] === 1) expect(filled[p * 3]).toBe(stripes[p * 3]);
      else if (Math.abs(filled[p * 3] - stripes[p * 3]) > 60) missed++;
    }
    expect(missed).toBeLessThan(0.25 * 28 * 28);
    expect(fillTexture(damaged, known, wanted, SIZE, SIZE)).toEqual(filled);
  });
});

describe('flooding', () => {
  it('reaches what is joined to a seed and not around the picture’s edge', () => {
    const open = new Uint8Array(25).fill(1);
    for (const p of [2, 7, 12, 17, 22]) open[p] = 0;
    const seeds = new Uint8Array(25);
    seeds[0] = 1;
    const reached = flood(open, seeds, 5);
    expect(Array.from(reached).filter((value) => value === 1)).toHaveLength(10);
    expect(reached[9]).toBe(0);
  });
});

describe('a drawn iris', () => {
  it('is found at its own size although the tracker says another', () => {
    const size = 64;
    const portrait = new Float32Array(size * size * 3).fill(230);
    const lids = { left: 0, top: 0, right: size, bottom: size, data: new Float32Array(size * size).fill(1) };
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        if (Math.hypot(x + 0.5 - 33, y + 0.5 - 31) < 13)
          portrait.fill(60, (y * size + x) * 3, (y * size + x) * 3 + 3);
    const found = refineIris(portrait, size, lids, { x: 31, y: 32, radius: 9.5 });
    expect(found.radius).toBeCloseTo(13, -0.3);
    expect(Math.hypot(found.x - 33, found.y - 31)).toBeLessThan(1.5);
  });
});

describe('a refined texture', () => {
  it('holds the same texels, and between them what lies on a ramp', () => {
    const ramp = Float32Array.from({ length: 16 * 16 * 3 }, (_, i) => 8 * (Math.floor(i / 3) % 16) + 40);
    const coarse = makeTexture(16, 16, ramp, null);
    const fine = refineTexture(coarse);
    expect([fine.width, fine.height]).toEqual([31, 31]);
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 16; x++) {
        expect(fine.color[2 * y * 32 + 2 * x]).toBe(coarse.color[y * 17 + x]);
        if (x > 0 && x < 14) expect(fine.color[2 * y * 32 + 2 * x + 1] & 255).toBe(8 * x + 44);
      }
  });
});

describe('softening edges', () => {
  /** Corners of the sheet that the pictures below are of. */
  const sheet = (right: number) => ({
    x: Float32Array.of(0, right, Number.NaN),
    y: Float32Array.of(0, 8, Number.NaN),
    z: new Float32Array(3),
    u: new Float32Array(3),
    v: new Float32Array(3),
    triangles: new Uint32Array(0),
  });
  const target = () => {
    const color = Uint32Array.from({ length: 64 }, (_, p) => (p % 8 < 4 ? 0xff000000 : 0xffffffff));
    const nearness = Float32Array.from({ length: 64 }, (_, p) => (p % 8 < 4 ? -0.7 : -0.6));
    return { width: 8, height: 8, color, nearness };
  };

  it('leaves everything as it is at share 0', () => {
    const picture = target();
    softenEdges(picture, sheet(8), createEdgeScratch(8), 0);
    expect(picture.color).toEqual(target().color);
  });

  it('averages across a jump in depth and nowhere else', () => {
    const picture = target();
    softenEdges(picture, sheet(8), createEdgeScratch(8), 1);
    expect(picture.color[3 * 8 + 2]).toBe(0xff000000);
    expect(picture.color[3 * 8 + 3] & 255).toBeGreaterThan(50);
    expect(picture.color[3 * 8 + 4] & 255).toBeLessThan(205);
    expect(picture.color[3 * 8 + 5]).toBe(0xffffffff);
  });

  it('looks no further than the sheet reaches', () => {
    const picture = target();
    softenEdges(picture, sheet(3.5), createEdgeScratch(8), 1);
    expect(picture.color[3 * 8 + 3] & 255).toBeGreaterThan(50);
    expect(picture.color[3 * 8 + 4]).toBe(0xffffffff);
  });
});

describe('plain teeth', () => {
  it('stand behind the lip, as wide as the mouth, facing the camera', () => {
    const camera = { focalPx: 1000, centreX: 256, centreY: 256 };
    const landmarks = new Float32Array(478 * 3);
    landmarks.set([226, 300, -0.7], 78 * 3);
    landmarks.set([286, 300, -0.7], 308 * 3);
    landmarks.set([256, 298, -0.69], 13 * 3);
    const { points, triangles } = plainTeeth(camera, landmarks, [1, 0, 0, 0, 1, 0, 0, 0, 1], 'upper');
    const xs = points.filter((_, i) => i % 3 === 0);
    expect(Math.max(...xs) - Math.min(...xs)).toBeCloseTo(0.92 * 0.042, 3);
    for (let i = 2; i < points.length; i += 3) expect(points[i]).toBeLessThan(-0.69);
    const at = (i: number): number[] => points.slice(triangles[i] * 3, triangles[i] * 3 + 3);
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = [at(t), at(t + 1), at(t + 2)];
      const towards = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
      expect(towards).toBeGreaterThan(0);
    }
  });
});

import type { PersonLook } from './look.ts';
import { createSampleBuffer, rasterise } from './rasterise.ts';
import { createPainter, paintTexel } from './skin-painter.ts';

/** Numbers a texel: albedo r g b (linear), gloss 0..1, relief in metres. */
export const TEXEL = 5;

/** The skin of one person, painted once in texture space. */
export interface SkinTexture {
  readonly size: number;
  /** `[size, size, TEXEL]`, row 0 at v = 1. */
  readonly texels: Float32Array;
}

/** Surface that is painted: corners of its skin triangles. */
export interface PaintedSurface {
  /** `[F, 3]`. */
  readonly triangles: Uint32Array;
  /** `[F, 3, 2]` v up. */
  readonly cornerUv: Float32Array;
  /** `[V, 3]` template in the face frame: where on a face a point is. */
  readonly facePoints: Float32Array;
  /** `[V, 3]` this person's neutral surface, metres: fine noise keeps its size on any head. */
  readonly rest: Float32Array;
  /** `[V]` share of the sky that hair takes away; null without hair. */
  readonly underHair: Float32Array | null;
}

export function bakeSkinTexture(surface: PaintedSurface, look: PersonLook, size: number): SkinTexture {
  const { triangles, cornerUv, facePoints, rest, underHair } = surface;
  const corners = triangles.length;
  const screen = new Float32Array(corners * 3);
  const ids = new Uint32Array(corners);
  for (let i = 0; i < corners; i++) {
    ids[i] = i;
    screen[i * 3] = cornerUv[i * 2] * size;
    screen[i * 3 + 1] = (1 - cornerUv[i * 2 + 1]) * size;
    screen[i * 3 + 2] = 1;
  }
  const buffer = createSampleBuffer(size, size);
  rasterise(buffer, screen, ids, 0, 0);

  const texels = new Float32Array(size * size * TEXEL);
  const painter = createPainter(look, size);
  for (let i = 0; i < size * size; i++) {
    const f = buffer.triangle[i];
    if (f < 0) continue;
    const a = triangles[f * 3] * 3;
    const b = triangles[f * 3 + 1] * 3;
    const c = triangles[f * 3 + 2] * 3;
    const wa = buffer.weight0[i];
    const wb = buffer.weight1[i];
    const wc = 1 - wa - wb;
    paintTexel(
      painter,
      wa * facePoints[a] + wb * facePoints[b] + wc * facePoints[c],
      wa * facePoints[a + 1] + wb * facePoints[b + 1] + wc * facePoints[c + 1],
      wa * facePoints[a + 2] + wb * facePoints[b + 2] + wc * facePoints[c + 2],
      wa * rest[a] + wb * rest[b] + wc * rest[c],
      wa * rest[a + 1] + wb * rest[b + 1] + wc * rest[c + 1],
      wa * rest[a + 2] + wb * rest[b + 2] + wc * rest[c + 2],
      underHair === null ? 0 : wa * underHair[a / 3] + wb * underHair[b / 3] + wc * underHair[c / 3],
      texels,
      i * TEXEL,
    );
  }
  growEdges(texels, buffer.triangle, size, 3);
  return { size, texels };
}

/** Copies border texels outwards, so that lookups between texels never mix in the void. */
function growEdges(texels: Float32Array, covered: Int32Array, size: number, steps: number): void {
  for (let step = 0; step < steps; step++) {
    const filled: number[] = [];
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const i = y * size + x;
        if (covered[i] >= 0) continue;
        const from =
          x > 0 && covered[i - 1] >= 0
            ? i - 1
            : x + 1 < size && covered[i + 1] >= 0
              ? i + 1
              : y > 0 && covered[i - size] >= 0
                ? i - size
                : y + 1 < size && covered[i + size] >= 0
                  ? i + size
                  : -1;
        if (from < 0) continue;
        texels.copyWithin(i * TEXEL, from * TEXEL, from * TEXEL + TEXEL);
        filled.push(i);
      }
    }
    for (const i of filled) covered[i] = 0;
  }
}

import type { EyeLayer } from './eye-layer.ts';
import { pullPush } from './inpaint.ts';
import { smoothstep } from './numeric.ts';
import { coverageAt, cutPatch } from './patch.ts';
import { makeTexture, refineTexture, type Sheet, type Texture } from './warp-raster.ts';

/**
 * Margins of the lids with their lashes: thin strips cut from the portrait along the four lid lines, carried by the
 * lines. Under them the face's sheet shows bare skin, so a lid that closes stretches skin and not lashes or eyeball.
 */
export interface LidStrips extends Sheet {
  /** Lines in the order of the strips: two of each eye, upper first. */
  readonly eyes: readonly EyeLayer[];
  /** `[lines, points, ROWS, 2]` displacement of each vertex from its line in the portrait, pixels. */
  readonly offsets: Float32Array;
  readonly texture: Texture;
}

/** Width of a strip on the eye's side, and beyond the lid's edge, interocular distances. */
interface StripWidth {
  readonly inside: number;
  readonly outside: number;
}
const UPPER: StripWidth = { inside: 0.014, outside: 0.05 };
const LOWER: StripWidth = { inside: 0.012, outside: 0.022 };
/** Rows of vertices of a strip, from the eye's side outwards. */
const ROWS = 3;
/** Strips are drawn over everything. */
const IN_FRONT_M = 1e3;
/** The skin that lids are made of is looked for within this distance of the eye, eye widths. */
const SKIN_WITHIN = 0.55;

/** The portrait with its eyes and lashes painted over by skin. */
export function coverEyes(
  portrait: Float32Array,
  size: number,
  eyes: readonly EyeLayer[],
  iodPx: number,
): Float32Array {
  const covered = Float32Array.from(portrait);
  for (const eye of eyes) {
    const { shape, mask } = eye;
    const reach = shape.widthPx * SKIN_WITHIN;
    const left = Math.floor(mask.left - reach);
    const top = Math.floor(mask.top - reach);
    const width = Math.ceil(mask.right - mask.left + 2 * reach);
    const height = Math.ceil(mask.bottom - mask.top + 2 * reach);
    const cut = cutPatch(portrait, size, left, top, width, height);
    const bare = new Float32Array(width * height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) bare[y * width + x] = 1 - opening(eye, left + x, top + y, iodPx);
    const skin = pullPush(cut.rgb, litSkin(cut.rgb, bare), width, height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [px, py] = [left + x, top + y];
        if (px < 0 || py < 0 || px >= size || py >= size) continue;
        const share = 1 - bare[y * width + x];
        for (let k = 0; k < 3; k++) {
          const i = (py * size + px) * 3 + k;
          covered[i] += share * (skin[(y * width + x) * 3 + k] - covered[i]);
        }
      }
  }
  return covered;
}

/** How far each pixel is skin in ordinary light: brows, creases and shadows must not darken a closed lid. */
function litSkin(rgb: Float32Array, bare: Float32Array): Float32Array {
  const light = (p: number): number => 0.3 * rgb[p * 3] + 0.59 * rgb[p * 3 + 1] + 0.11 * rgb[p * 3 + 2];
  const levels: number[] = [];
  for (let p = 0; p < bare.length; p++) if (bare[p] > 0.98) levels.push(light(p));
  levels.sort((a, b) => a - b);
  const usual = levels[Math.floor(levels.length * 0.6)] ?? 128;
  return bare.map((share, p) => (share > 0.98 ? 0.02 + 0.98 * smoothstep(0.5, 0.85, light(p) / usual) : 0));
}

/** 1 in the eye and on its lashes, 0 on bare skin. */
function opening(eye: EyeLayer, x: number, y: number, iodPx: number): number {
  const inside = coverageAt(eye.mask, x, y);
  const upper = distanceToLine(eye.shape.upper, x + 0.5, y + 0.5) / iodPx;
  const lower = distanceToLine(eye.shape.lower, x + 0.5, y + 0.5) / iodPx;
  return Math.max(
    inside,
    smoothstep(UPPER.outside, UPPER.outside * 0.6, upper),
    smoothstep(LOWER.outside, LOWER.outside * 0.5, lower),
  );
}

function distanceToLine(line: Float32Array, x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 3 < line.length; i += 2) {
    const dx = line[i + 2] - line[i];
    const dy = line[i + 3] - line[i + 1];
    const t = Math.min(
      1,
      Math.max(0, ((x - line[i]) * dx + (y - line[i + 1]) * dy) / (dx * dx + dy * dy + 1e-9)),
    );
    least = Math.min(least, (line[i] + t * dx - x) ** 2 + (line[i + 1] + t * dy - y) ** 2);
  }
  return Math.sqrt(least);
}

export function buildLidStrips(
  portrait: Float32Array,
  size: number,
  eyes: readonly EyeLayer[],
  iodPx: number,
): LidStrips {
  const points = eyes[0].shape.lineCount;
  const perLine = points * ROWS;
  const total = eyes.length * 2 * perLine;
  const offsets = new Float32Array(total * 2);
  const u = new Float32Array(total);
  const v = new Float32Array(total);
  const alpha = new Float32Array(size * size);
  const triangles: number[] = [];
  eyes.forEach((eye, e) => {
    [
      { line: eye.shape.upper, width: UPPER, outwards: -1 },
      { line: eye.shape.lower, width: LOWER, outwards: 1 },
    ].forEach(({ line, width, outwards }, l) => {
      const start = (e * 2 + l) * perLine;
      for (let i = 0; i < points; i++) {
        const before = Math.max(0, i - 1) * 2;
        const after = Math.min(points - 1, i + 1) * 2;
        const dx = line[after] - line[before];
        const dy = line[after + 1] - line[before + 1];
        const length = Math.hypot(dx, dy) || 1;
        // Outwards is up for the upper line, down for the lower.
        const nx = (-outwards * dy) / length;
        const ny = (outwards * dx) / length;
        for (let row = 0; row < ROWS; row++) {
          const along = [-width.inside, 0, width.outside][row] * iodPx;
          const vertex = start + i * ROWS + row;
          offsets[vertex * 2] = nx * along;
          offsets[vertex * 2 + 1] = ny * along;
          u[vertex] = line[i * 2] + nx * along;
          v[vertex] = line[i * 2 + 1] + ny * along;
        }
      }
      paintAlpha(alpha, size, line, width, outwards, iodPx);
      for (let i = 0; i + 1 < points; i++)
        for (let row = 0; row + 1 < ROWS; row++) {
          const a = start + i * ROWS + row;
          const b = a + ROWS;
          if (outwards < 0) triangles.push(a, a + 1, b + 1, a, b + 1, b);
          else triangles.push(a, b + 1, a + 1, a, b, b + 1);
        }
    });
  });
  return {
    x: Float32Array.from(u),
    y: Float32Array.from(v),
    z: new Float32Array(total).fill(IN_FRONT_M),
    u,
    v,
    triangles: Uint32Array.from(triangles),
    eyes,
    offsets,
    texture: refineTexture(makeTexture(size, size, portrait, alpha)),
  };
}

/** Opaque on the lid's edge, fading to both sides of the strip and towards its ends. */
function paintAlpha(
  alpha: Float32Array,
  size: number,
  line: Float32Array,
  width: StripWidth,
  outwards: number,
  iodPx: number,
): void {
  const reach = Math.ceil(Math.max(width.inside, width.outside) * iodPx) + 1;
  const xs = Array.from({ length: line.length / 2 }, (_, i) => line[i * 2]);
  const ys = Array.from({ length: line.length / 2 }, (_, i) => line[i * 2 + 1]);
  const top = Math.max(0, Math.floor(Math.min(...ys)) - reach);
  const bottom = Math.min(size, Math.ceil(Math.max(...ys)) + reach);
  const left = Math.max(0, Math.floor(Math.min(...xs)) - reach);
  const right = Math.min(size, Math.ceil(Math.max(...xs)) + reach);
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const away = distanceToLine(line, x + 0.5, y + 0.5) / iodPx;
      const side = (y + 0.5 - lineHeight(line, x + 0.5)) * outwards;
      const limit = side > 0 ? width.outside : width.inside;
      const p = y * size + x;
      alpha[p] = Math.max(alpha[p], smoothstep(limit, limit * 0.45, away));
    }
}

/** The line's y at x, from its nearest pieces. */
function lineHeight(line: Float32Array, x: number): number {
  for (let i = 0; i + 3 < line.length; i += 2)
    if (x >= line[i] && x < line[i + 2])
      return line[i + 1] + ((x - line[i]) / (line[i + 2] - line[i])) * (line[i + 3] - line[i + 1]);
  return x < line[0] ? line[1] : line[line.length - 1];
}

/** Puts the strips on the eyes' lines of this frame (`drawEye` has set them). */
export function moveLidStrips(strips: LidStrips): void {
  const { x, y, offsets, eyes } = strips;
  let vertex = 0;
  for (let e = 0; e < eyes.length; e++) {
    const [a, b, c, d] = eyes[e].motion.forward;
    for (let l = 0; l < 2; l++) {
      const line = l === 0 ? eyes[e].shape.upper : eyes[e].shape.lower;
      for (let i = 0; i < line.length; i += 2)
        for (let row = 0; row < ROWS; row++, vertex++) {
          const ox = offsets[vertex * 2];
          const oy = offsets[vertex * 2 + 1];
          x[vertex] = line[i] + a * ox + b * oy;
          y[vertex] = line[i + 1] + c * ox + d * oy;
        }
    }
  }
}

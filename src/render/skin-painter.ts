import type { Rgb } from './colour.ts';
import { mixRgb, smoothstep } from './colour.ts';
import type { PersonLook } from './look.ts';
import { cells3, fbm3, noise3 } from './noise.ts';
import {
  aboveLipSeam,
  beardMask,
  blob,
  browPoint,
  lashLineMask,
  lidRimMask,
  lipMask,
  lowerLidMask,
  nostrilMask,
  scalpMask,
  upperLidMask,
} from './skin-regions.ts';
import { wrinkleDepthM } from './wrinkles.ts';

/** What painting needs to know of a person, made once. */
export interface Painter {
  readonly look: PersonLook;
  readonly seed: number;
  readonly brow: { along: number; across: number };
  readonly scalp: Rgb;
  /** Contrast of single hairs: coarse texels can't hold them and show dots instead. */
  readonly strands: number;
  /** Beard hairs a metre across the skin. */
  readonly beardHz: number;
}

export function createPainter(look: PersonLook, size: number): Painter {
  const { skin, hair } = look;
  const scalp = hair.style === null ? skin.tone : mixRgb(skin.tone, hair.colour, 0.85);
  return {
    look,
    seed: look.seed * 7919 + 17,
    brow: { along: 0, across: 0 },
    scalp,
    strands: smoothstep(450, 1600, size),
    beardHz: 2400 * Math.min(1, size / 2048),
  };
}

/** Paints one texel: (x, y, z) on the face, (px, py, pz) metres on this person, `underHair` 0 bare to 1 covered. */
export function paintTexel(
  painter: Painter,
  x: number,
  y: number,
  z: number,
  px: number,
  py: number,
  pz: number,
  underHair: number,
  out: Float32Array,
  at: number,
): void {
  const { look, seed } = painter;
  const { skin, brows } = look;
  // Noise coordinates: cycles a metre; turned, or the lattice shows as stripes where skin is level.
  const coarse = fbm3(px * 45, py * 45, pz * 45, 3, seed);
  const tx = 0.8 * px + 0.6 * py;
  const ty = 0.48 * px - 0.64 * py + 0.6 * pz;
  const tz = 0.36 * px - 0.48 * py - 0.8 * pz;
  const middle = fbm3(tx * 170, ty * 170, tz * 170, 2, seed + 11);
  const fine = noise3(tx * 1000, ty * 1000, tz * 1000, seed + 23);

  let redness =
    0.75 * blob(x, y, 0.6, -0.62, 0.36, 0.3) * smoothstep(-0.3, 0.1, z) +
    0.55 * blob(x, y, 0, -0.62, 0.26, 0.24) * smoothstep(0.3, 0.6, z) +
    0.25 * blob(x, y, 0, -1.62, 0.25, 0.18) +
    0.8 * smoothstep(1.02, 1.2, Math.abs(x)) * smoothstep(-0.95, -0.6, y) * (1 - smoothstep(0.2, 0.4, y)) +
    0.3 * upperLidMask(x, y, z) +
    0.35 * lowerLidMask(x, y) +
    0.22;
  redness *= skin.blush * (1 + 0.8 * coarse);
  redness += 0.12 * coarse + 0.1 * skin.age * middle;
  // Haemoglobin takes green and blue away.
  let r = skin.tone[0] * Math.exp(-0.1 * redness);
  let g = skin.tone[1] * Math.exp(-0.62 * redness);
  let b = skin.tone[2] * Math.exp(-0.55 * redness);

  const pale = 1 + 0.09 * coarse + (0.06 + 0.07 * skin.age) * middle + 0.045 * skin.pores * fine;
  r *= pale;
  g *= pale;
  b *= pale;

  // Thin skin under the eyes: darker and bluer.
  const hollow = lowerLidMask(x, y) * (0.12 + 0.3 * skin.age);
  r *= 1 - hollow * 0.62;
  g *= 1 - hollow * 0.66;
  b *= 1 - hollow * 0.5;

  if (skin.freckles > 0) {
    const where = blob(x, y, 0.35, -0.45, 0.6, 0.38) + 0.25 * blob(x, y, 0, 0.55, 0.8, 0.4);
    const spot = smoothstep(0.34, 0.14, cells3(px * 260, py * 260, pz * 260, seed + 31));
    const some = smoothstep(-0.1, 0.3, noise3(px * 130, py * 130, pz * 130, seed + 37));
    const amount = skin.freckles * Math.min(1, where) * spot * some * 0.55;
    r *= 1 - amount * 0.45;
    g *= 1 - amount * 0.68;
    b *= 1 - amount * 0.8;
  }
  if (skin.age > 0.45) {
    const spot = smoothstep(0.2, 0.1, cells3(px * 90, py * 90, pz * 90, seed + 41));
    const amount = (skin.age - 0.45) * 0.8 * spot * smoothstep(0.2, 0.5, Math.abs(x) + Math.max(0, y));
    r *= 1 - amount * 0.35;
    g *= 1 - amount * 0.45;
    b *= 1 - amount * 0.5;
  }

  let gloss =
    0.25 +
    skin.oil *
      (0.55 * blob(x, y, 0, -0.5, 0.18, 0.4) +
        0.35 * blob(x, y, 0, 0.6, 0.6, 0.35) +
        0.2 * blob(x, y, 0.6, -0.4, 0.3, 0.25)) +
    0.1 * middle;
  const pore = smoothstep(0.28, 0.05, cells3(tx * 620, ty * 620, tz * 620, seed + 43));
  const poreWhere = 0.3 + 0.7 * (blob(x, y, 0.3, -0.55, 0.4, 0.35) + blob(x, y, 0, 0.6, 0.6, 0.35));
  let relief = -0.00012 * skin.pores * pore * poreWhere + 0.0001 * (0.5 + skin.age) * middle + 0.00002 * fine;
  relief += wrinkleDepthM(x, y, z, px, py, pz, skin.age, seed);

  // Lid colour.
  if (skin.lidShadowStrength > 0) {
    const amount = skin.lidShadowStrength * upperLidMask(x, y, z);
    r += (skin.lidShadow[0] - r) * amount;
    g += (skin.lidShadow[1] - g) * amount;
    b += (skin.lidShadow[2] - b) * amount;
  }
  const rim = lidRimMask(x, y, z);
  if (rim > 0) {
    r += (skin.tone[0] * 0.85 - r) * rim * 0.7;
    g += (skin.tone[1] * 0.5 - g) * rim * 0.7;
    b += (skin.tone[2] * 0.48 - b) * rim * 0.7;
    gloss += 0.5 * rim;
  }

  const dark = 1 - 0.72 * nostrilMask(x, y, z);
  r *= dark;
  g *= dark * dark;
  b *= dark * dark;
  const lashLine = lashLineMask(x, y, z) * look.lashes.density * 0.75;
  r += (look.lashes.colour[0] - r) * lashLine;
  g += (look.lashes.colour[1] - g) * lashLine;
  b += (look.lashes.colour[2] - b) * lashLine;

  const lip = lipMask(x, y, z, 0.014 + 0.012 * skin.age);
  if (lip > 0) {
    const groove = noise3(px * 700, py * 130, pz * 60, seed + 53);
    const seam = aboveLipSeam(x, y);
    const shade =
      (0.92 + 0.1 * groove + 0.06 * middle) *
      (seam > 0 ? 0.86 : 1) *
      (1 - 0.25 * Math.exp(-((seam / 0.03) ** 2)));
    const amount = lip * skin.lipStrength;
    r += (skin.lips[0] * shade - r) * amount;
    g += (skin.lips[1] * shade - g) * amount;
    b += (skin.lips[2] * shade - b) * amount;
    gloss += lip * 0.32;
    relief += lip * 0.00012 * groove;
  }

  if (skin.stubble > 0) {
    const where = beardMask(x, y, z) * (1 - lip);
    if (where > 0.01) {
      const hair = noise3(px * painter.beardHz, py * painter.beardHz * 0.4, pz * painter.beardHz, seed + 61);
      const dense = smoothstep(-0.4, 0.5, hair + 0.9 * (skin.stubble - 0.5) + 0.25 * middle);
      const amount = where * Math.min(0.92, skin.stubble * (0.45 + 0.75 * dense));
      r += (skin.stubbleColour[0] - r) * amount;
      g += (skin.stubbleColour[1] - g) * amount;
      b += (skin.stubbleColour[2] - b) * amount;
      gloss *= 1 - 0.6 * amount;
      relief += where * skin.stubble * 0.00025 * hair;
    }
  }

  // Brows, hair by hair: strokes rise at the nose and lie flat at the temple.
  if (brows.density > 0 && z > -0.4) {
    const p = browPoint(x, y, brows.thickness, brows.arch, painter.brow);
    if (p.along > -0.08 && p.along < 1.08 && Math.abs(p.across) < 1.6) {
      const lean = 0.35 + 1.05 * Math.min(1, Math.max(0, p.along));
      const sideM = Math.abs(px);
      const u = sideM * Math.cos(lean) - py * Math.sin(lean);
      const w = sideM * Math.sin(lean) + py * Math.cos(lean);
      const ragged = 0.35 * noise3(u * 900, w * 120, x > 0 ? 3 : 9, seed + 71);
      const strand = smoothstep(-0.55, 0.35, noise3(u * 1500, w * 160, x > 0 ? 5 : 2, seed + 73));
      const body = 1 - smoothstep(0.45, 1.1, Math.abs(p.across) + ragged * painter.strands);
      const ends = smoothstep(-0.05, 0.16, p.along + 0.05 * ragged) * (1 - smoothstep(0.86, 1.04, p.along));
      const amount = Math.min(
        0.97,
        brows.density * body * ends * (1 - painter.strands * 0.55 * (1 - strand)),
      );
      r += (brows.colour[0] - r) * amount;
      g += (brows.colour[1] - g) * amount;
      b += (brows.colour[2] - b) * amount;
      gloss *= 1 - 0.7 * amount;
      relief += 0.0003 * amount;
    }
  }

  if (underHair > 0.3) {
    const under = scalpMask(y, z) * smoothstep(0.4, 0.8, underHair);
    r += (painter.scalp[0] - r) * under;
    g += (painter.scalp[1] - g) * under;
    b += (painter.scalp[2] - b) * under;
    gloss *= 1 - 0.8 * under;
  }

  out[at] = r;
  out[at + 1] = g;
  out[at + 2] = b;
  out[at + 3] = Math.min(1, Math.max(0, gloss));
  out[at + 4] = relief;
}

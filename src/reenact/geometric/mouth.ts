import type { Camera } from '../head/head-model.ts';
import { pullPush } from './inpaint.ts';
import { type MouthInterior, moveInterior } from './interior.ts';
import { smoothstep } from './numeric.ts';
import { OpeningShape } from './opening-shape.ts';
import { MOUTH } from './openings.ts';
import { coverageAt, cutPatch, mixPixel, type Patch, samplePatch } from './patch.ts';
import { createPlaneMotion, type PlaneMotion, setPlaneMotion } from './plane-motion.ts';
import { CoverageMask } from './polygon.ts';
import { HEAD_JOINT } from './rigid-motion.ts';
import { ShadeRaster } from './shade-raster.ts';
import type { RasterTarget } from './warp-raster.ts';

/** What the lips show when they part. */
export interface MouthLayer extends MouthScratch {
  readonly interior: MouthInterior;
  /** `[3]` 0..255 of what no light reaches. */
  readonly cavity: readonly number[];
  readonly iodPx: number;
  /** `[landmarks of a line, 2]` distance of the lines in a portrait whose mouth is shut, else zero; pixels. */
  readonly seam: Float32Array;
  /** The portrait's own open mouth, with how much each pixel of the picture counts; null where it is shut. */
  readonly own: OwnMouth | null;
  /** Middle of the upper lip's line in the portrait: pixels, pixels, Z in metres. */
  readonly anchor: Float32Array;
}

/** What a frame writes of the mouth. */
export interface MouthScratch {
  readonly shape: OpeningShape;
  readonly mask: CoverageMask;
  readonly motion: PlaneMotion;
  readonly raster: ShadeRaster;
  readonly moved: Float32Array;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly closeBy: Float32Array;
  /** Edge of the lips above and below each column of the window, pixels. */
  readonly top: Float32Array;
  readonly bottom: Float32Array;
}

/** @param vertices of the interior */
export function createMouthScratch(vertices: number, size: number): MouthScratch {
  return {
    shape: new OpeningShape(MOUTH),
    mask: new CoverageMask(size, size),
    motion: createPlaneMotion(),
    raster: new ShadeRaster(Math.ceil(size * size * 0.16)),
    moved: new Float32Array(vertices * 3),
    x: new Float32Array(vertices),
    y: new Float32Array(vertices),
    closeBy: new Float32Array(MOUTH.upper.length * 2),
    top: new Float32Array(size),
    bottom: new Float32Array(size),
  };
}

export interface OwnMouth {
  readonly colors: Patch;
  /** Alpha in the red channel, 0..255. */
  readonly share: Patch;
}

export interface MouthSource {
  /** `[size, size, 3]` 0..255. */
  readonly portrait: Float32Array;
  readonly size: number;
  readonly iodPx: number;
  /** `[478, 3]` of the seated head in the portrait: pixels and Z. */
  readonly landmarks: Float32Array;
  readonly interior: MouthInterior;
  readonly cavity: readonly number[];
}

/** A portrait's mouth counts as shut up to this gap, interocular distances: trackers see one between shut lips. */
const SHUT_GAP = 0.05;
/** Below this opening nothing shows between the lips. */
const LEAST_GAP_PX = 0.35;
const UPPER_MIDDLE = 13;

export function buildMouth(source: MouthSource): MouthLayer {
  const { size, iodPx, landmarks, interior, cavity } = source;
  const scratch = createMouthScratch(interior.joints.length, size);
  const { shape, mask } = scratch;
  shape.set(landmarks);
  mask.fill(shape.outline, shape.outlineCount);
  const shut = shape.gapPx < SHUT_GAP * iodPx;
  const seam = new Float32Array(MOUTH.upper.length * 2);
  if (shut)
    for (let i = 0; i < MOUTH.upper.length; i++)
      for (let axis = 0; axis < 2; axis++)
        seam[i * 2 + axis] = landmarks[MOUTH.lower[i] * 3 + axis] - landmarks[MOUTH.upper[i] * 3 + axis];
  return {
    ...scratch,
    interior,
    cavity,
    iodPx,
    seam,
    own: shut ? null : ownMouth(source, mask),
    anchor: landmarks.slice(UPPER_MIDDLE * 3, UPPER_MIDDLE * 3 + 3),
  };
}

function ownMouth({ portrait, size }: MouthSource, mask: CoverageMask): OwnMouth {
  const width = mask.right - mask.left;
  const height = mask.bottom - mask.top;
  const colors = cutPatch(portrait, size, mask.left, mask.top, width, height);
  const rgb = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rgb[(y * width + x) * 3] = 255 * coverageAt(mask, mask.left + x, mask.top + y);
  return { colors, share: { ...colors, rgb } };
}

/** The portrait with an open mouth painted over by lip, as the skin that is pulled over the opening. */
export function coverMouth(portrait: Float32Array, size: number, mouth: MouthLayer): Float32Array {
  if (mouth.own === null) return portrait;
  const { mask } = mouth;
  const margin = Math.ceil(0.15 * mouth.iodPx);
  const left = mask.left - margin;
  const top = mask.top - margin;
  const width = mask.right - mask.left + 2 * margin;
  const height = mask.bottom - mask.top + 2 * margin;
  const cut = cutPatch(portrait, size, left, top, width, height);
  const weight = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      weight[y * width + x] = coverageAt(mask, left + x, top + y) < 0.02 ? 1 : 0;
  const lips = pullPush(cut.rgb, weight, width, height);
  const covered = Float32Array.from(portrait);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [px, py] = [left + x, top + y];
      if (px < 0 || py < 0 || px >= size || py >= size) continue;
      for (let k = 0; k < 3; k++) covered[(py * size + px) * 3 + k] = lips[(y * width + x) * 3 + k];
    }
  return covered;
}

/** How far the lips throw their shadow inwards, interocular distances, and how dark it is. */
const UPPER_SHADOW = { reach: 0.05, depth: 0.38 };
const LOWER_SHADOW = { reach: 0.03, depth: 0.25 };

/** Where no light falls the cavity is still this bright, parts of its colour. */
const DARKEST = 0.6;
/** Light in the corners of the mouth, and how far it takes to be whole, parts of the mouth's width. */
const CORNER_LIGHT = 0.25;
const CORNER_REACH = 0.28;
/** Teeth are drawn this much softer than the model has them, interocular distances. */
const TEETH_SOFTNESS = 0.014;

const color = new Float64Array(3);
const ownColor = new Float64Array(3);
const ownShare = new Float64Array(3);

/**
 * Draws what shows between the lips in this frame.
 *
 * @param landmarks `[478, 3]` of this frame: pixels and Z
 * @param matrices `[5, 3, 4]` of `RigidMotion`
 */
export function drawMouth(
  target: RasterTarget,
  mouth: MouthLayer,
  camera: Camera,
  landmarks: Float32Array,
  matrices: Float64Array,
): void {
  const { shape, mask, motion, anchor, raster, iodPx, cavity, own, top, bottom } = mouth;
  setPlaneMotion(motion, camera, matrices, HEAD_JOINT, anchor[0], anchor[1], anchor[2]);
  const { seam, closeBy } = mouth;
  const [fa, fb, fc, fd] = motion.forward;
  for (let i = 0; i < seam.length; i += 2) {
    closeBy[i] = fa * seam[i] + fb * seam[i + 1];
    closeBy[i + 1] = fc * seam[i] + fd * seam[i + 1];
  }
  shape.set(landmarks, closeBy);
  if (shape.gapPx < LEAST_GAP_PX) {
    mask.clear();
    return;
  }
  mask.fill(shape.outline, shape.outlineCount);
  if (mask.right <= mask.left) return;
  drawInterior(mouth, camera, matrices);
  lipEdges(shape.upper, shape.lineCount, mask.left, mask.right, top);
  lipEdges(shape.lower, shape.lineCount, mask.left, mask.right, bottom);

  const [ia, ib, ic, id] = motion.inverse;
  const anchorX = landmarks[UPPER_MIDDLE * 3];
  const anchorY = landmarks[UPPER_MIDDLE * 3 + 1];
  const columns = mask.right - mask.left;
  const scale = 1 / iodPx;
  const cornerLeft = shape.upper[0];
  const cornerRight = shape.upper[(shape.lineCount - 1) * 2];
  for (let y = mask.top; y < mask.bottom; y++)
    for (let x = mask.left; x < mask.right; x++) {
      const alpha = mask.data[(y - mask.top) * columns + x - mask.left];
      if (alpha <= 0.002) continue;
      const under = Math.max(0, y + 0.5 - top[x]) * scale;
      const above = Math.max(0, bottom[x] - y - 0.5) * scale;
      const aside = Math.min(x + 0.5 - cornerLeft, cornerRight - x - 0.5) / (cornerRight - cornerLeft);
      const light =
        (CORNER_LIGHT + (1 - CORNER_LIGHT) * smoothstep(0, CORNER_REACH, aside)) *
        (1 - UPPER_SHADOW.depth * Math.exp(-under / UPPER_SHADOW.reach)) *
        (1 - LOWER_SHADOW.depth * Math.exp(-above / LOWER_SHADOW.reach));
      const row = y - raster.top;
      const s = row < raster.rows ? (row * raster.columns + x - raster.left) * 4 : -1;
      const covered = s < 0 ? 0 : raster.pixels[s + 3];
      for (let k = 0; k < 3; k++)
        color[k] =
          light * ((s < 0 ? 0 : raster.pixels[s + k]) + (1 - covered) * cavity[k]) +
          (1 - light) * DARKEST * cavity[k];
      if (own !== null) {
        const dx = x + 0.5 - anchorX;
        const dy = y + 0.5 - anchorY;
        const px = anchor[0] + ia * dx + ib * dy;
        const py = anchor[1] + ic * dx + id * dy;
        samplePatch(own.share, px, py, ownShare);
        const share = inside(own.share, px, py) ? smoothstep(0.3, 0.9, ownShare[0] / 255) : 0;
        if (share > 0) {
          samplePatch(own.colors, px, py, ownColor);
          for (let k = 0; k < 3; k++) color[k] += share * (ownColor[k] - color[k]);
        }
      }
      const p = y * target.width + x;
      target.color[p] = mixPixel(target.color[p], color, Math.min(1, alpha));
    }
}

function inside({ left, top, width, height }: Patch, x: number, y: number): boolean {
  return x >= left && y >= top && x < left + width && y < top + height;
}

function drawInterior(mouth: MouthLayer, camera: Camera, matrices: Float64Array): void {
  const { interior, moved, x, y, raster, mask } = mouth;
  moveInterior(interior, matrices, moved);
  for (let i = 0, p = 0; i < x.length; i++, p += 3) {
    const scale = -camera.focalPx / moved[p + 2];
    x[i] = camera.centreX + scale * moved[p];
    y[i] = camera.centreY - scale * moved[p + 1];
  }
  raster.begin(mask.left, mask.top, mask.right, mask.bottom);
  raster.draw(x, y, moved, interior.colors, interior.triangles);
  raster.end(Math.round(TEETH_SOFTNESS * mouth.iodPx));
}

/** Height of a line over each column of a window; level beyond its ends. */
function lipEdges(line: Float32Array, count: number, left: number, right: number, out: Float32Array): void {
  let i = 0;
  for (let column = left; column < right; column++) {
    const x = column + 0.5;
    while (i + 2 < count && line[(i + 1) * 2] < x) i++;
    const x0 = line[i * 2];
    const x1 = line[i * 2 + 2];
    const t = x1 > x0 ? Math.min(1, Math.max(0, (x - x0) / (x1 - x0))) : 0;
    out[column] = line[i * 2 + 1] + t * (line[i * 2 + 3] - line[i * 2 + 1]);
  }
}

import { pullPush } from './inpaint.ts';
import { type IrisCircle, refineIris } from './iris.ts';
import { OpeningShape } from './opening-shape.ts';
import { LEFT_LIDS, type Opening, RIGHT_LIDS } from './openings.ts';
import { coverageAt, cutPatch, type Patch } from './patch.ts';
import { createPlaneMotion, type PlaneMotion } from './plane-motion.ts';
import { CoverageMask } from './polygon.ts';

/** One eye taken apart: white that stays in its socket, iris that turns over it, both seen between the lids. */
export interface EyeLayer extends EyeScratch {
  readonly lids: Opening;
  readonly white: Patch;
  readonly iris: Patch;
  /** Iris in the portrait: centre and radius, pixels. */
  readonly irisX: number;
  readonly irisY: number;
  readonly irisRadius: number;
  /** Landmark of the pupil. */
  readonly pupil: number;
  /** `[2]` where the head model has the pupil in the portrait, pixels. */
  readonly modelPupil: Float32Array;
  /** Middle of the eye's corners in the portrait: pixels, pixels, Z in metres. */
  readonly socket: Float32Array;
  /** Mean distance of the lid lines in the portrait, pixels. */
  readonly gapPx: number;
  /** How much farther the iris travels than the model's: painted eyes are larger than real ones. */
  readonly travel: number;
}

/** What a frame writes of an eye. */
export interface EyeScratch {
  readonly shape: OpeningShape;
  readonly mask: CoverageMask;
  readonly motion: PlaneMotion;
  /** `[landmarks of a line, 2]` taken from the opening this frame, pixels. */
  readonly closeBy: Float32Array;
}

export function createEyeScratch(lids: Opening, size: number): EyeScratch {
  return {
    shape: new OpeningShape(lids),
    mask: new CoverageMask(size, size),
    motion: createPlaneMotion(),
    closeBy: new Float32Array(lids.upper.length * 2),
  };
}

/** Radius of the iris, interocular distances, where the tracker does not give it. */
const IRIS_RADIUS = 0.093;
/** The iris is cut out whole up to this part of its radius, and gone at the next. */
export const IRIS_WHOLE = 1.1;
export const IRIS_GONE = 1.24;
/** Eye width between the corners, interocular distances, of the head model's mean. */
const EYE_WIDTH = 0.45;

export interface EyeSource {
  /** `[size, size, 3]` 0..255. */
  readonly portrait: Float32Array;
  readonly size: number;
  readonly iodPx: number;
  /** `[478, 3]` of the seated head in the portrait: pixels and Z. */
  readonly landmarks: Float32Array;
  /** `[points, 3]` tracked in the portrait. */
  readonly tracked: Float32Array;
}

export function buildEyes(source: EyeSource): EyeLayer[] {
  return [buildEye(source, RIGHT_LIDS, 468), buildEye(source, LEFT_LIDS, 473)];
}

function buildEye(source: EyeSource, lids: Opening, pupil: number): EyeLayer {
  const { portrait, size, iodPx, landmarks, tracked } = source;
  const scratch = createEyeScratch(lids, size);
  const { shape, mask } = scratch;
  shape.set(landmarks);
  mask.fill(shape.outline, shape.outlineCount);
  const corners = [lids.upper[0], lids.upper[lids.upper.length - 1]];
  const socket = Float32Array.from(
    [0, 1, 2],
    (k) => (landmarks[corners[0] * 3 + k] + landmarks[corners[1] * 3 + k]) / 2,
  );

  const {
    x: irisX,
    y: irisY,
    radius: irisRadius,
  } = refineIris(portrait, size, mask, irisOf(tracked, landmarks, pupil, iodPx));
  const reach = Math.max(shape.widthPx * 0.75, irisRadius * 2);
  const left = Math.floor(socket[0] - reach);
  const top = Math.floor(socket[1] - reach * 0.8);
  const width = Math.ceil(2 * reach);
  const height = Math.ceil(1.6 * reach);
  const cut = cutPatch(portrait, size, left, top, width, height);
  return {
    ...scratch,
    lids,
    white: whiteOf(cut, mask, irisX, irisY, irisRadius),
    iris: wholeIris(portrait, size, mask, irisX, irisY, irisRadius),
    irisX,
    irisY,
    irisRadius,
    pupil,
    modelPupil: landmarks.slice(pupil * 3, pupil * 3 + 2),
    socket,
    gapPx: meanGap(landmarks, lids, null),
    travel: Math.min(1.6, Math.max(0.85, shape.widthPx / (EYE_WIDTH * iodPx))),
  };
}

function irisOf(tracked: Float32Array, landmarks: Float32Array, pupil: number, iodPx: number): IrisCircle {
  if (tracked.length < (pupil + 5) * 3)
    return { x: landmarks[pupil * 3], y: landmarks[pupil * 3 + 1], radius: IRIS_RADIUS * iodPx };
  const x = tracked[pupil * 3];
  const y = tracked[pupil * 3 + 1];
  let radius = 0;
  for (let i = pupil + 1; i < pupil + 5; i++)
    radius += Math.hypot(tracked[i * 3] - x, tracked[i * 3 + 1] - y) / 4;
  return { x, y, radius };
}

/** The white with the iris painted over, continued under the lids. */
function whiteOf(cut: Patch, mask: CoverageMask, irisX: number, irisY: number, radius: number): Patch {
  const weight = new Float32Array(cut.width * cut.height);
  let known = 0;
  for (let y = 0; y < cut.height; y++)
    for (let x = 0; x < cut.width; x++) {
      const px = cut.left + x;
      const py = cut.top + y;
      const away = Math.hypot(px + 0.5 - irisX, py + 0.5 - irisY) / radius;
      if (away < IRIS_WHOLE + 0.04 || leastAround(mask, px, py) < 0.99) continue;
      weight[y * cut.width + x] = 1;
      known++;
    }
  // An eye that is all iris: what little is brightest between the lids stands for the white.
  if (known < 4) markBrightest(cut, mask, weight);
  return { ...cut, rgb: pullPush(cut.rgb, weight, cut.width, cut.height) };
}

function leastAround(mask: CoverageMask, x: number, y: number): number {
  return Math.min(
    coverageAt(mask, x, y),
    coverageAt(mask, x - 1, y),
    coverageAt(mask, x + 1, y),
    coverageAt(mask, x, y - 1),
    coverageAt(mask, x, y + 1),
  );
}

function markBrightest(cut: Patch, mask: CoverageMask, weight: Float32Array): void {
  const inside: { p: number; light: number }[] = [];
  for (let y = 0; y < cut.height; y++)
    for (let x = 0; x < cut.width; x++) {
      if (coverageAt(mask, cut.left + x, cut.top + y) < 0.5) continue;
      const p = y * cut.width + x;
      inside.push({ p, light: cut.rgb[p * 3] + cut.rgb[p * 3 + 1] + cut.rgb[p * 3 + 2] });
    }
  inside.sort((a, b) => b.light - a.light);
  for (const { p } of inside.slice(0, Math.max(1, Math.ceil(inside.length * 0.15)))) weight[p] = 1;
  if (inside.length === 0) weight.fill(1);
}

/** The iris with what the lids hide of it filled from the ring at the same radius. */
function wholeIris(
  portrait: Float32Array,
  size: number,
  mask: CoverageMask,
  irisX: number,
  irisY: number,
  radius: number,
): Patch {
  const reach = Math.ceil(radius * IRIS_GONE) + 2;
  const side = 2 * reach + 1;
  const cut = cutPatch(portrait, size, Math.floor(irisX) - reach, Math.floor(irisY) - reach, side, side);
  const rings = Math.ceil(radius * IRIS_GONE) + 3;
  const sums = new Float64Array(rings * 4);
  const seenAt = (x: number, y: number): number => leastAround(mask, cut.left + x, cut.top + y);
  const ringAt = (x: number, y: number): number =>
    Math.hypot(cut.left + x + 0.5 - irisX, cut.top + y + 0.5 - irisY);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const ring = Math.round(ringAt(x, y));
      const weight = seenAt(x, y);
      if (ring >= rings || weight < 0.5) continue;
      for (let k = 0; k < 3; k++) sums[ring * 4 + k] += weight * cut.rgb[(y * side + x) * 3 + k];
      sums[ring * 4 + 3] += weight;
    }
  for (let ring = 0; ring < rings; ring++) {
    const known = nearestKnown(sums, ring, rings);
    if (known >= 0 && sums[ring * 4 + 3] === 0) sums.copyWithin(ring * 4, known * 4, known * 4 + 4);
  }
  const rgb = Float32Array.from(cut.rgb);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const at = Math.min(rings - 1.001, ringAt(x, y));
      const ring = Math.floor(at);
      const keep = seenAt(x, y);
      for (let k = 0; k < 3; k++) {
        const inner = sums[ring * 4 + k] / Math.max(1e-6, sums[ring * 4 + 3]);
        const outer = sums[ring * 4 + 4 + k] / Math.max(1e-6, sums[ring * 4 + 7]);
        const fill = inner + (outer - inner) * (at - ring);
        const i = (y * side + x) * 3 + k;
        rgb[i] = keep * cut.rgb[i] + (1 - keep) * fill;
      }
    }
  return { ...cut, rgb };
}

function nearestKnown(sums: Float64Array, ring: number, rings: number): number {
  for (let step = 0; step < rings; step++)
    for (const candidate of [ring - step, ring + step])
      if (candidate >= 0 && candidate < rings && sums[candidate * 4 + 3] > 0) return candidate;
  return -1;
}

/** Mean signed distance from the upper line down to the lower, seen as in the portrait; pixels. */
export function meanGap(
  landmarks: Float32Array,
  { upper, lower }: Opening,
  motion: PlaneMotion | null,
): number {
  const c = motion === null ? 0 : motion.inverse[2];
  const d = motion === null ? 1 : motion.inverse[3];
  let sum = 0;
  for (let i = 1; i < upper.length - 1; i++) {
    const a = upper[i] * 3;
    const b = lower[i] * 3;
    sum += c * (landmarks[b] - landmarks[a]) + d * (landmarks[b + 1] - landmarks[a + 1]);
  }
  return sum / (upper.length - 2);
}

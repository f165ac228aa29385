import { LEFT_LIDS, type Opening, RIGHT_LIDS } from './openings.ts';

/** Farthest that a lid line is moved, interocular distances. */
const REACH = 0.14;
/** White is told from skin by warmth (red less blue, levels); this much less is needed. */
const LEAST_CONTRAST = 35;
/** Painters of people tint the white like the skin, and only a bright neutral one is trusted. */
const GREATEST_WHITE_WARMTH = 40;
const LEAST_WHITE_LIGHT = 140;
/** Points of the lids beyond which white must be seen, of 16, and by how much on the average, interocular distances. */
const LEAST_POINTS = 5;
const LEAST_GAIN = 0.012;

/**
 * Moves the lid landmarks of large drawn eyes out to where the white of the eye ends: trackers know the eyes of
 * people. Ordinary eyes, whose white ends at the tracked line, stay as they are.
 *
 * @param portrait `[size, size, 3]` 0..255
 * @param landmarks `[points, 3]` tracked, pixels
 * @returns a corrected copy
 */
export function refineLidLines(
  portrait: Float32Array,
  size: number,
  landmarks: Float32Array,
  iodPx: number,
): Float32Array {
  const refined = Float32Array.from(landmarks);
  for (const lids of [RIGHT_LIDS, LEFT_LIDS]) refineEye(portrait, size, landmarks, lids, iodPx, refined);
  return refined;
}

function refineEye(
  portrait: Float32Array,
  size: number,
  landmarks: Float32Array,
  lids: Opening,
  iodPx: number,
  refined: Float32Array,
): void {
  const { upper, lower } = lids;
  const around = [...upper, ...lower.slice(1, -1).reverse()];
  const points = around.map((i) => [landmarks[i * 3], landmarks[i * 3 + 1]] as const);
  const centreX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const centreY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const at = (x: number, y: number): number => {
    const column = Math.min(size - 1, Math.max(0, Math.floor(x)));
    const row = Math.min(size - 1, Math.max(0, Math.floor(y)));
    return (row * size + column) * 3;
  };
  const white = whiteOf(portrait, points, centreX, centreY, at);
  const skin = meanAt(
    portrait,
    points.map(([x, y]) => at(centreX + 2.1 * (x - centreX), centreY + 2.1 * (y - centreY) + 0.1 * iodPx)),
  );
  const middle = warmth(white) + 0.6 * (warmth(skin) - warmth(white));
  if (
    light(white) < LEAST_WHITE_LIGHT ||
    warmth(white) > GREATEST_WHITE_WARMTH ||
    warmth(skin) - warmth(white) < LEAST_CONTRAST
  )
    return;

  const steps = points.map(([x, y]) => {
    const length = Math.hypot(x - centreX, y - centreY) || 1;
    let reached = 0;
    for (let step = 1; step <= REACH * iodPx; step++) {
      const p = at(x + ((x - centreX) / length) * step, y + ((y - centreY) / length) * step);
      const color = [portrait[p], portrait[p + 1], portrait[p + 2]];
      // A blue iris counts as eye, lashes and liner do not.
      if (warmth(color) > middle || (warmth(color) > -10 && light(color) < 0.6 * light(white))) break;
      reached = step;
    }
    return reached;
  });
  // Where the iris touches the lid there is no white to follow: the neighbours know.
  const spread = smoothAround(greatestAround(steps, 2), 2);
  const gain = spread.reduce((sum, step) => sum + step, 0) / spread.length;
  if (steps.filter((step) => step > 0).length < LEAST_POINTS || gain < LEAST_GAIN * iodPx) return;
  around.forEach((landmark, i) => {
    const [x, y] = points[i];
    const length = Math.hypot(x - centreX, y - centreY) || 1;
    refined[landmark * 3] = x + ((x - centreX) / length) * spread[i];
    refined[landmark * 3 + 1] = y + ((y - centreY) / length) * spread[i];
  });
}

/** Mean of the brightest third of what lies on lines between centre and lids. */
function whiteOf(
  portrait: Float32Array,
  points: readonly (readonly [number, number])[],
  centreX: number,
  centreY: number,
  at: (x: number, y: number) => number,
): number[] {
  const inside: number[] = [];
  for (const [x, y] of points)
    for (const t of [0.35, 0.45, 0.55, 0.65, 0.75, 0.85])
      inside.push(at(centreX + t * (x - centreX), centreY + t * (y - centreY)));
  const sum = (p: number): number => portrait[p] + portrait[p + 1] + portrait[p + 2];
  inside.sort((a, b) => sum(b) - sum(a));
  return meanAt(portrait, inside.slice(0, Math.ceil(inside.length / 3)));
}

function warmth(color: readonly number[]): number {
  return color[0] - color[2];
}

function light(color: readonly number[]): number {
  return (color[0] + color[1] + color[2]) / 3;
}

function meanAt(portrait: Float32Array, pixels: readonly number[]): number[] {
  return [0, 1, 2].map((k) => pixels.reduce((sum, p) => sum + portrait[p + k], 0) / pixels.length);
}

function greatestAround(values: readonly number[], reach: number): number[] {
  return values.map((_, i) => Math.max(...window(values, i, reach)));
}

function smoothAround(values: readonly number[], reach: number): number[] {
  return values.map((_, i) => {
    const near = window(values, i, reach);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

function window(values: readonly number[], i: number, reach: number): number[] {
  const near: number[] = [];
  for (let d = -reach; d <= reach; d++) near.push(values[(i + d + values.length) % values.length]);
  return near;
}

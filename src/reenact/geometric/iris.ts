import { coverageAt } from './patch.ts';

/** Outer edge of an iris in the portrait, pixels. */
export interface IrisCircle {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

interface Window {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly data: Float32Array;
}

const ANGLES = 48;
/** Least part of the circle that must lie between the lids to be judged. */
const LEAST_SEEN = 0.25;
/** Levels that the white must be brighter than the iris for the edge to count. */
const LEAST_CONTRAST = 9;
/** Sought radii and shift of the centre, parts of the tracked radius. */
const RADII = [0.75, 1.75] as const;
const SHIFT = 0.36;
const STEPS = 5;
/** Part of the rise that a shift by a whole radius, or a change by it, must bring to be worth it. */
const RELUCTANCE = 0.5;

/**
 * Refines a tracked iris by the circle over which brightness rises most (the integro-differential operator of
 * Daugman, PAMI 1993), looked at between the lids only: trackers know the size of human irises, not of painted ones.
 */
export function refineIris(
  portrait: Float32Array,
  size: number,
  lids: Window,
  tracked: IrisCircle,
): IrisCircle {
  let best = tracked;
  let most = Number.NEGATIVE_INFINITY;
  for (let radius = RADII[0] * tracked.radius; radius <= RADII[1] * tracked.radius; radius += 0.5)
    for (let i = -STEPS; i <= STEPS; i++)
      for (let j = -STEPS; j <= STEPS; j++) {
        const circle = {
          x: tracked.x + (SHIFT * tracked.radius * i) / STEPS,
          y: tracked.y + (SHIFT * tracked.radius * j) / STEPS,
          radius,
        };
        const rise = brightnessRise(portrait, size, lids, circle);
        if (rise < LEAST_CONTRAST) continue;
        const moved = (SHIFT * Math.hypot(i, j)) / STEPS + Math.abs(radius / tracked.radius - 1);
        const score = rise * (1 - RELUCTANCE * moved);
        if (score > most) {
          most = score;
          best = circle;
        }
      }
  return best;
}

function brightnessRise(portrait: Float32Array, size: number, lids: Window, circle: IrisCircle): number {
  const { x, y, radius } = circle;
  const half = Math.max(1, radius * 0.12);
  let sum = 0;
  let seen = 0;
  for (let i = 0; i < ANGLES; i++) {
    const cos = Math.cos((2 * Math.PI * i) / ANGLES);
    const sin = Math.sin((2 * Math.PI * i) / ANGLES);
    const inner = brightnessAt(portrait, size, lids, x + (radius - half) * cos, y + (radius - half) * sin);
    const outer = brightnessAt(portrait, size, lids, x + (radius + half) * cos, y + (radius + half) * sin);
    if (inner < 0 || outer < 0) continue;
    sum += outer - inner;
    seen++;
  }
  return seen < LEAST_SEEN * ANGLES ? Number.NEGATIVE_INFINITY : sum / seen;
}

/** Brightness of the nearest pixel, or −1 outside the lids. */
function brightnessAt(portrait: Float32Array, size: number, lids: Window, x: number, y: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (column < 0 || row < 0 || column >= size || row >= size || coverageAt(lids, column, row) < 0.9)
    return -1;
  const p = (row * size + column) * 3;
  return 0.3 * portrait[p] + 0.59 * portrait[p + 1] + 0.11 * portrait[p + 2];
}

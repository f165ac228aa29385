import type { WarpGrid } from './grid.ts';
import { pixelAt } from './numeric.ts';

/**
 * Hair follows the skull wholly up to the first distance from it, and not at all beyond the second, interocular
 * distances; a step aside, up or down counts so much: piled hair and hats follow far, shoulders must not.
 */
const FOLLOW_WITHIN = 0.35;
const FOLLOW_BEYOND = 2;
const STEP_ASIDE = 0.6;
const STEP_UP = 0.4;
const STEP_DOWN = 2.2;

/** 1 on the skull, falling with the distance from it. */
export function followSkull(grid: WarpGrid, skull: Uint8Array, size: number, iodPx: number): Float32Array {
  const rim: number[] = [];
  for (let y = 0; y < size; y += 2)
    for (let x = 0; x < size; x += 2) {
      if (skull[y * size + x] === 0) continue;
      const inner =
        skull[y * size + Math.max(0, x - 2)] &
        skull[y * size + Math.min(size - 1, x + 2)] &
        skull[Math.max(0, y - 2) * size + x] &
        skull[Math.min(size - 1, y + 2) * size + x];
      if (inner === 0) rim.push(x, y);
    }
  const follow = new Float32Array(grid.columns * grid.rows);
  for (let i = 0; i < follow.length; i++) {
    const x = grid.xs[i % grid.columns];
    const y = grid.ys[Math.floor(i / grid.columns)];
    if (skull[pixelAt(x, y, size)] === 1) {
      follow[i] = 1;
      continue;
    }
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < rim.length; k += 2) {
      const dx = (rim[k] - x) * STEP_ASIDE;
      const dy = (rim[k + 1] - y) * (rim[k + 1] > y ? STEP_UP : STEP_DOWN);
      least = Math.min(least, dx * dx + dy * dy);
    }
    const t = Math.min(
      1,
      Math.max(0, (Math.sqrt(least) / iodPx - FOLLOW_WITHIN) / (FOLLOW_BEYOND - FOLLOW_WITHIN)),
    );
    follow[i] = 1 - t * t * (3 - 2 * t);
  }
  return follow;
}

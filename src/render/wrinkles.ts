import { smoothstep } from './colour.ts';
import { noise3 } from './noise.ts';

/**
 * Relief of the lines that age draws, metres, never above 0: forehead, between the brows, crow's feet, bags, the fold
 * from nose to mouth. (x, y, z) is the point on the face (face frame), (px, py, pz) on this person, metres.
 */
export function wrinkleDepthM(
  x: number,
  y: number,
  z: number,
  px: number,
  py: number,
  pz: number,
  age: number,
  seed: number,
): number {
  if (age <= 0.05 || z < -0.6) return 0;
  const side = Math.abs(x);
  const drift = noise3(px * 40, py * 40, pz * 40, seed + 81);
  let depth = 0;
  if (y > 0.38 && y < 1.0 && side < 0.75) {
    const wave = (y + 0.05 * drift - 0.06 * side * side) / 0.115;
    const line = 1 - Math.abs(wave - Math.round(wave)) * 2;
    const strength = 0.6 + 0.6 * noise3(Math.round(wave) * 7.3, px * 18, 1, seed + 83);
    depth +=
      0.00042 *
      strength *
      smoothstep(0.55, 1, line) *
      (1 - smoothstep(0.45, 0.75, side)) *
      smoothstep(0.38, 0.5, y);
  }
  if (side < 0.16 && y > 0.08 && y < 0.4) {
    depth +=
      0.0005 *
      bump(side - 0.065 - 0.02 * drift, 0.016) *
      smoothstep(0.08, 0.18, y) *
      (1 - smoothstep(0.3, 0.4, y));
  }
  if (side > 0.74 && side < 1.12 && Math.abs(y + 0.02) < 0.34) {
    const angle = Math.atan2(y + 0.02, side - 0.62) / 0.24 + 0.4 * drift;
    const line = 1 - Math.abs(angle - Math.round(angle)) * 2;
    depth +=
      0.00042 * smoothstep(0.5, 1, line) * smoothstep(0.74, 0.84, side) * (1 - smoothstep(0.95, 1.12, side));
  }
  if (side > 0.22 && side < 0.8 && y < -0.08 && y > -0.34) {
    const arc = y + 0.225 + 0.28 * (side - 0.5) * (side - 0.5) * -1 + 0.02 * drift;
    depth += 0.0005 * bump(arc, 0.02) * smoothstep(0.22, 0.34, side) * (1 - smoothstep(0.62, 0.8, side));
  }
  if (y < -0.55 && y > -1.32 && side > 0.18 && side < 0.72) {
    const fold = 0.27 + 0.26 * smoothstep(-0.6, -1.2, y);
    depth +=
      0.0009 *
      bump(side - fold - 0.015 * drift, 0.03) *
      smoothstep(-0.55, -0.7, y) *
      (1 - smoothstep(-1.1, -1.32, y));
  }
  return -age * depth;
}

function bump(distance: number, width: number): number {
  const t = distance / width;
  return Math.exp(-t * t);
}

import { smoothstep } from './colour.ts';
import type { Fragment } from './fragment.ts';
import type { LightRig } from './light.ts';
import type { GarmentLook } from './look.ts';
import { shadeMatte } from './materials/matte.ts';
import { noise3 } from './noise.ts';

/** Share of a patch of neck or bust (face frame) that is under the garment, 0..1; `width` is the patch's. */
export function clothShare(garment: GarmentLook, x: number, y: number, z: number, width: number): number {
  return Math.min(1, Math.max(0, 0.5 + (necklineAt(garment, x, z) - y) / (2 * width)));
}

/** Height of the neckline, face frame: high at the nape, cut out in front. */
export function necklineAt(garment: GarmentLook, x: number, z: number): number {
  const front = smoothstep(-1.6, -0.2, z);
  const side = Math.abs(x);
  if (garment.neckline === 'vee') return -2.35 - front * (1.15 - 1.25 * Math.min(0.9, side));
  if (garment.neckline === 'wide') return -2.62 - front * 0.42 + 0.1 * side * front;
  return -2.38 - front * (0.36 - 0.22 * Math.min(1, side * side));
}

export function shadeGarment(
  f: Fragment,
  lights: LightRig,
  garment: GarmentLook,
  x: number,
  y: number,
  z: number,
  seed: number,
): void {
  const { colour, accent } = garment;
  const below = necklineAt(garment, x, z) - y;
  // Hem: a rolled band that catches light above and shades below.
  const hem = smoothstep(0.13, 0.1, below);
  let shade = 1 - 0.35 * smoothstep(0.025, 0, Math.abs(below - 0.125)) - 0.25 * smoothstep(0.02, 0, below);
  let mix =
    garment.pattern === 'stripes' ? smoothstep(0.42, 0.5, Math.abs(((y * 2.6 + 40) % 1) - 0.5) * 2) : 0;
  if (garment.pattern === 'knit') {
    const rib = Math.sin((x + 0.25 * y) * 95) * Math.sin(y * 70);
    shade *= 1 + 0.12 * rib;
  } else if (garment.pattern === 'denim') {
    shade *= 1 + 0.16 * noise3((x + y) * 60, (x - y) * 14, z * 20, seed);
  } else shade *= 1 + 0.05 * noise3(x * 70, y * 70, z * 70, seed);
  if (hem > 0) mix = garment.pattern === 'stripes' ? 1 : mix;
  f.albedoR = (colour[0] + (accent[0] - colour[0]) * mix) * shade;
  f.albedoG = (colour[1] + (accent[1] - colour[1]) * mix) * shade;
  f.albedoB = (colour[2] + (accent[2] - colour[2]) * mix) * shade;
  // Folds run down from the shoulders.
  const fold = noise3(x * 2.2 + 0.4 * y, y * 0.7, z * 1.6, seed + 3) * 0.3 * smoothstep(0.1, 0.5, below);
  const fold2 = noise3(x * 4 - y, y * 1.6, z * 2, seed + 4) * 0.16 * smoothstep(0.1, 0.5, below);
  f.bx += fold;
  f.by += fold2 + 0.25 * hem * (0.5 - below / 0.13);
  const length = Math.hypot(f.bx, f.by, f.bz);
  f.bx /= length;
  f.by /= length;
  f.bz /= length;
  f.openness = 0.35 + 0.65 * f.openness;
  shadeMatte(f, lights, 0.15, 0.08, 0.5);
}

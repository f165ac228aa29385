import { smoothstep } from '../colour.ts';
import type { Fragment } from '../fragment.ts';
import type { LightRig } from '../light.ts';

/** Skin in two flat tones with a narrow border, and a pale rim. */
export function shadeToonSkin(f: Fragment, lights: LightRig): void {
  const [lx, ly, lz] = lights.key.direction;
  const cosine = (f.nx * lx + f.ny * ly + f.nz * lz) * (0.1 + 0.9 * smoothstep(0.3, 0.7, f.keyReach));
  const band = 0.66 + 0.36 * smoothstep(0.0, 0.14, cosine);
  const crease = 0.7 + 0.3 * smoothstep(0.25, 0.6, f.openness);
  const facing = Math.max(0, f.nx * f.vx + f.ny * f.vy + f.nz * f.vz);
  const rim = 0.16 * smoothstep(0.62, 0.82, 1 - facing) * smoothstep(-0.2, 0.3, f.ny);
  const level = band * crease;
  const shadow = 1 - Math.min(1, level);
  f.r = f.albedoR * (level + 0.12 * shadow) + rim * lights.rim.colour[0];
  f.g = f.albedoG * level + rim * lights.rim.colour[1];
  f.b = f.albedoB * (level + 0.08 * shadow) + rim * lights.rim.colour[2];
}

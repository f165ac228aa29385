import { smoothstep } from '../colour.ts';
import type { Fragment } from '../fragment.ts';
import type { DistantLight, LightRig } from '../light.ts';
import { halfAngles, specularLobe, wrapped } from './reflectance.ts';

/**
 * Skin under a light rig. Light that enters skin leaves it elsewhere, red furthest: red wraps around the terminator,
 * sees the smooth normal, and penumbrae turn warm; blue does neither (after Penner and Borshukov, "Pre-Integrated
 * Skin Shading", GPU Pro 2, 2011). On top two specular lobes: a broad oily one and a narrow wet one.
 */
export function shadeSkin(f: Fragment, lights: LightRig): void {
  f.r = 0;
  f.g = 0;
  f.b = 0;
  addSkinLight(f, lights.key, f.keyReach);
  addSkinLight(f, lights.fill, 0.35 + 0.65 * f.openness);
  addSkinLight(f, lights.rim, f.rimReach * f.openness);

  // Light from all around; between folds it is coloured by the skin that it bounces off.
  const up = 0.5 + 0.5 * f.by;
  const o = f.openness;
  const { sky, ground } = lights;
  const openR = o / (o + (1 - o) * (1 - 0.75 * f.albedoR));
  const openG = o / (o + (1 - o) * (1 - 0.6 * f.albedoG));
  const openB = o / (o + (1 - o) * (1 - 0.5 * f.albedoB));
  f.r += f.albedoR * openR * (ground[0] + (sky[0] - ground[0]) * up);
  f.g += f.albedoG * openG * (ground[1] + (sky[1] - ground[1]) * up);
  f.b += f.albedoB * openB * (ground[2] + (sky[2] - ground[2]) * up);

  const facing = Math.max(0, f.bx * f.vx + f.by * f.vy + f.bz * f.vz);
  const grazing = 1 - facing;
  const sheen = (0.022 + 0.2 * grazing ** 5) * o * o * (0.5 + 0.7 * f.gloss);
  const mirroredUp = 0.5 + 0.5 * (2 * facing * f.by - f.vy);
  f.r += sheen * (ground[0] + (sky[0] - ground[0]) * mirroredUp) * 1.5;
  f.g += sheen * (ground[1] + (sky[1] - ground[1]) * mirroredUp) * 1.5;
  f.b += sheen * (ground[2] + (sky[2] - ground[2]) * mirroredUp) * 1.5;
}

function addSkinLight(f: Fragment, light: DistantLight, reach: number): void {
  // Most of a face sees nothing of the rim light.
  if (reach === 0) return;
  const [lx, ly, lz] = light.direction;
  const smooth = f.nx * lx + f.ny * ly + f.nz * lz;
  const rough = f.bx * lx + f.by * ly + f.bz * lz;
  const reachR = reach === 1 ? 1 : reach ** 0.7;
  const [cr, cg, cb] = light.colour;
  f.r += f.albedoR * cr * reachR * wrapped(0.6 * smooth + 0.4 * rough, 0.32);
  f.g += f.albedoG * cg * reach * wrapped(0.25 * smooth + 0.75 * rough, 0.16);
  f.b += f.albedoB * cb * reach * wrapped(0.1 * smooth + 0.9 * rough, 0.1);
  if (rough <= 0) return;

  const { normalToHalf, lightToHalf } = halfAngles(f, lx, ly, lz);
  const broad = specularLobe(rough, normalToHalf, lightToHalf, 0.34, 0.028);
  const narrow = specularLobe(rough, normalToHalf, lightToHalf, 0.2 - 0.13 * f.gloss, 0.028);
  // A crease holds no highlight: what would be mirrored in it is its other wall.
  const facing = f.bx * f.vx + f.by * f.vy + f.bz * f.vz;
  const crease = smoothstep(0.25, 0.75, f.openness) * smoothstep(0.05, 0.4, facing);
  const amount = reach * crease * Math.PI * ((0.55 + 0.2 * f.gloss) * broad + f.gloss * 0.55 * narrow);
  f.r += cr * amount;
  f.g += cg * amount;
  f.b += cb * amount;
}

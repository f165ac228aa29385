import { smoothstep } from '../colour.ts';
import type { Fragment } from '../fragment.ts';
import type { LightRig } from '../light.ts';
import { noise3 } from '../noise.ts';
import { shadeMatte } from './matte.ts';

export type MouthPart = 'mouthBag' | 'teethUpper' | 'teethLower' | 'tongue';

/**
 * What is behind the lips: wet dark lining, tongue, teeth in their gums. All of it darkens inwards and near the lips.
 * @param shown How far the mouth is open around this pixel, 0..1.
 * @param x `y`, `z`: the point on the template, face frame.
 */
export function shadeMouth(
  f: Fragment,
  lights: LightRig,
  part: MouthPart,
  shown: number,
  x: number,
  y: number,
  z: number,
): void {
  const tooth = part === 'teethUpper' || part === 'teethLower';
  // Teeth stand right behind the lips, the rest further in: the lips' shade reaches less far over them.
  const edge = tooth ? smoothstep(0.04, 0.5, shown) : Math.min(1, Math.max(0, (shown - 0.25) / 0.75));
  const deep = smoothstep(tooth ? -0.5 : -0.75, tooth ? 0.2 : 0.35, z);
  f.openness = (0.05 + 0.95 * edge) * (0.03 + 0.97 * deep * deep);
  f.keyReach = tooth
    ? Math.max(f.keyReach, 0.3) * edge * deep
    : f.keyReach * (0.05 + 0.95 * edge) * (0.15 + 0.85 * deep);
  if (part === 'mouthBag') {
    f.albedoR = 0.22;
    f.albedoG = 0.045;
    f.albedoB = 0.04;
    f.openness *= 0.6;
    shadeMatte(f, lights, 0.3, 0.25, 0.12);
  } else if (part === 'tongue') {
    const groove = Math.exp(-((x / 0.035) ** 2));
    const bumps = noise3(x * 42, y * 42, z * 42, 7);
    const shade = 1 - 0.2 * groove + 0.08 * bumps;
    f.albedoR = 0.5 * shade;
    f.albedoG = 0.17 * shade;
    f.albedoB = 0.16 * shade;
    shadeMatte(f, lights, 0.35, 0.5, 0.12);
  } else {
    // Gums stand where the tooth ends: above the upper crowns, below the lower ones.
    const gum =
      part === 'teethUpper'
        ? smoothstep(-0.985, -0.955, y + 0.12 * Math.max(0, 0.3 - z))
        : smoothstep(-1.3, -1.34, y + 0.1 * Math.max(0, 0.25 - z));
    // The lower row lies in the shade of the upper one.
    const row = part === 'teethLower' ? 0.72 : 0.9;
    const ivory = row * (0.95 + 0.05 * noise3(x * 9, y * 6, 0, 11));
    f.albedoR = (0.78 + (0.42 - 0.78) * gum) * ivory;
    f.albedoG = (0.71 + (0.13 - 0.71) * gum) * ivory;
    f.albedoB = (0.58 + (0.12 - 0.58) * gum) * ivory;
    shadeMatte(f, lights, 0.4, 0.6, 0.09);
  }
}

import { type Rgb, smoothstep } from '../colour.ts';
import type { Fragment } from '../fragment.ts';
import type { LightRig } from '../light.ts';
import { noise3 } from '../noise.ts';
import { shadeMatte } from './matte.ts';

export type MouthPart = 'mouthBag' | 'teethUpper' | 'teethLower' | 'tongue';

/** How the inside of a mouth looks. */
export interface MouthLook {
  /** What of the light gets behind the lips, 0..1; the front of the teeth keeps more of it. */
  readonly light: number;
  /** Depth behind the front teeth over which their light falls to 1/e, face frame; Infinity leaves it to the shading. */
  readonly reach: number;
  /** Least openness: what the lining throws back and forth. */
  readonly glow: number;
  /** Base colours, linear. */
  readonly teeth: Rgb;
  readonly gum: Rgb;
  readonly tongue: Rgb;
  readonly lining: Rgb;
}

/** The mouth of built-in people, whose pictures stay as they are. */
export const PLAIN_MOUTH: MouthLook = {
  light: 1,
  reach: Number.POSITIVE_INFINITY,
  glow: 0,
  teeth: [0.78, 0.71, 0.58],
  gum: [0.42, 0.13, 0.12],
  tongue: [0.5, 0.17, 0.16],
  lining: [0.22, 0.045, 0.04],
};

/** Where the front teeth stand, face frame. */
const FRONT_Z = 0.3;
/** Teeth stand in the opening itself: exponent of the light that they get. */
const TEETH_LIGHT = 0.25;
/** Tongue and lining are lit so much deeper than teeth, which shade one another. */
const FLESH_REACH = 2;

/**
 * What is behind the lips: wet dark lining, tongue, teeth in their gums. All of it darkens inwards and near the lips.
 * @param shown How far the mouth is open around this pixel, 0..1.
 * @param x `y`, `z`: the point on the template, face frame.
 */
export function shadeMouth(
  f: Fragment,
  lights: LightRig,
  part: MouthPart,
  look: MouthLook,
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
  const behind = Math.max(0, FRONT_Z - z) / (tooth ? look.reach : FLESH_REACH * look.reach);
  const light = look.light ** (tooth ? TEETH_LIGHT : 1) * Math.exp(-behind * behind);
  f.openness = Math.max(f.openness * light, look.glow);
  f.keyReach *= light;
  if (part === 'mouthBag') {
    f.albedoR = look.lining[0];
    f.albedoG = look.lining[1];
    f.albedoB = look.lining[2];
    f.openness *= 0.6;
    shadeMatte(f, lights, 0.3, 0.25, 0.12);
  } else if (part === 'tongue') {
    const groove = Math.exp(-((x / 0.035) ** 2));
    const bumps = noise3(x * 42, y * 42, z * 42, 7);
    const shade = 1 - 0.2 * groove + 0.08 * bumps;
    f.albedoR = look.tongue[0] * shade;
    f.albedoG = look.tongue[1] * shade;
    f.albedoB = look.tongue[2] * shade;
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
    f.albedoR = (look.teeth[0] + (look.gum[0] - look.teeth[0]) * gum) * ivory;
    f.albedoG = (look.teeth[1] + (look.gum[1] - look.teeth[1]) * gum) * ivory;
    f.albedoB = (look.teeth[2] + (look.gum[2] - look.teeth[2]) * gum) * ivory;
    shadeMatte(f, lights, 0.4, 0.6, 0.09);
  }
}

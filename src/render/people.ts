import { hex, type Rgb } from './colour.ts';
import { createLight, type LightRig } from './light.ts';
import type { PersonLook, SkinLook } from './look.ts';
import type { EyeLook } from './materials/eye.ts';

/** Base skin of an adult; people differ from it. */
export const BASE_SKIN: SkinLook = {
  tone: hex('#dfb29a'),
  blush: 0.6,
  lips: hex('#b5615a'),
  lipStrength: 0.75,
  freckles: 0,
  pores: 0.5,
  age: 0.2,
  oil: 0.35,
  stubble: 0,
  stubbleColour: hex('#2b211c'),
  lidShadow: hex('#6b4a40'),
  lidShadowStrength: 0,
};

const IRIS: Record<string, { inner: Rgb; outer: Rgb; limbus: Rgb }> = {
  brown: { inner: hex('#7a4a22'), outer: hex('#4a2a14'), limbus: hex('#160c06') },
  dark: { inner: hex('#4a2c18'), outer: hex('#2c1a0e'), limbus: hex('#0d0704') },
  hazel: { inner: hex('#8a6428'), outer: hex('#5a6138'), limbus: hex('#1d1c10') },
  green: { inner: hex('#86863c'), outer: hex('#557a50'), limbus: hex('#1c2a1e') },
  blue: { inner: hex('#8fa3a8'), outer: hex('#4f7fa6'), limbus: hex('#182a3c') },
  grey: { inner: hex('#93999a'), outer: hex('#6d7f8a'), limbus: hex('#20282e') },
};

export type IrisColour = keyof typeof IRIS;

export function eyeLook(colour: string, seed: number): EyeLook {
  const { inner, outer, limbus } = IRIS[colour];
  return {
    irisInner: inner,
    irisOuter: outer,
    limbus,
    irisRad: 0.375,
    pupil: 0.34,
    sclera: hex('#dcd5cf'),
    seed,
  };
}

/** A plain person: the default of tests and calibration. */
export const PLAIN_LOOK: PersonLook = {
  skin: BASE_SKIN,
  eyes: eyeLook('brown', 1),
  brows: { colour: hex('#3a2a20'), thickness: 1, density: 0.85, arch: 1 },
  hair: { style: null, colour: hex('#3a2a20'), gloss: 0.5, grey: 0, fringe: null },
  lashes: { colour: hex('#0c0807'), density: 0.85 },
  garment: { colour: hex('#34495c'), neckline: 'crew', pattern: 'plain', accent: hex('#c9ced2') },
  seed: 1,
};

/** Soft light from the upper left, the project's standard. */
export const STUDIO_LIGHTS: LightRig = {
  key: createLight(-35, 32, [1.16, 1.11, 1.05]),
  fill: createLight(48, 8, [0.28, 0.3, 0.33]),
  rim: createLight(152, 35, [0.6, 0.62, 0.66]),
  sky: [0.33, 0.345, 0.37],
  ground: [0.15, 0.132, 0.118],
};

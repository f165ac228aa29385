import { hex, type Rgb } from './colour.ts';
import { createLight, type LightRig } from './light.ts';
import type { EyeLook } from './materials/eye.ts';
import type { Background, PersonLook, RenderStyle, SkinLook } from './scene.ts';

/** Base skin of an adult; people differ from it. */
const SKIN: SkinLook = {
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
    sclera: hex('#e9e4e0'),
    seed,
  };
}

/** A plain person: the default of tests and calibration. */
export const PLAIN_LOOK: PersonLook = {
  skin: SKIN,
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

/** One of the people that come with the project. */
export interface BuiltinPerson {
  /** Key of the identity coefficients in models/builtin/shapes.json, and of the picture. */
  readonly id: string;
  readonly name: string;
  readonly alt: string;
  readonly look: PersonLook;
  readonly lights: LightRig;
  readonly background: Background;
  readonly style: RenderStyle;
  /** Degrees the head is turned: yaw, pitch, roll. */
  readonly turnDeg: readonly [number, number, number];
  /** Expression units by name; a name without side stands for both. */
  readonly expression: Readonly<Record<string, number>>;
  /** Exaggeration of the shape; null for none. */
  readonly caricature: { readonly eyes: number; readonly head: number } | null;
}

export const BUILTIN_PEOPLE: readonly BuiltinPerson[] = [
  {
    id: 'amara',
    name: 'Amara',
    alt: 'Woman of about thirty with dark brown skin, a short afro and a saffron sweater, smiling slightly.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#8a5a3f'),
        lips: hex('#7f3f3c'),
        lipStrength: 0.8,
        blush: 0.45,
        age: 0.12,
        oil: 0.5,
        lidShadow: hex('#4a2a22'),
        lidShadowStrength: 0.35,
      },
      eyes: eyeLook('dark', 11),
      brows: { colour: hex('#1a1210'), thickness: 1, density: 0.9, arch: 1.5 },
      hair: { style: 'afro01', colour: hex('#1c1512'), gloss: 0.25, grey: 0, fringe: null },
      lashes: { colour: hex('#060404'), density: 0.95 },
      garment: { colour: hex('#c98a2b'), neckline: 'crew', pattern: 'knit', accent: hex('#e9b65a') },
      seed: 11,
    },
    lights: STUDIO_LIGHTS,
    background: { kind: 'bokeh', colour: hex('#4d6a66'), accent: hex('#7d8a62'), seed: 11 },
    style: 'natural',
    turnDeg: [4, 0, -2],
    expression: { smile: 0.3 },
    caricature: null,
  },
  {
    id: 'nils',
    name: 'Nils',
    alt: 'Man in his thirties with fair skin, dark blond hair and a short beard, in a denim shirt.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#e6bba2'),
        lips: hex('#b9756a'),
        lipStrength: 0.6,
        blush: 0.8,
        age: 0.3,
        stubble: 0.68,
        stubbleColour: hex('#5c4028'),
      },
      eyes: eyeLook('blue', 12),
      brows: { colour: hex('#5a4028'), thickness: 1.15, density: 0.8, arch: 0.6 },
      hair: { style: 'short02', colour: hex('#8a6238'), gloss: 0.45, grey: 0, fringe: null },
      lashes: { colour: hex('#2a1c12'), density: 0.6 },
      garment: { colour: hex('#3f5878'), neckline: 'crew', pattern: 'denim', accent: hex('#7f95ae') },
      seed: 12,
    },
    lights: {
      ...STUDIO_LIGHTS,
      key: createLight(40, 30, [1.35, 1.3, 1.24]),
      fill: createLight(-45, 8, [0.36, 0.38, 0.42]),
      rim: createLight(-150, 35, [0.7, 0.72, 0.78]),
    },
    background: { kind: 'room', colour: hex('#a39a8c'), accent: hex('#6d5d4c'), seed: 12 },
    style: 'natural',
    turnDeg: [-5, 1, 1],
    expression: { smile: 0.18 },
    caricature: null,
  },
  {
    id: 'mei',
    name: 'Mei',
    alt: 'Young woman with light skin and a black bob with a fringe, in a deep red top.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#ebc5a6'),
        lips: hex('#bf5c5a'),
        lipStrength: 0.85,
        blush: 0.6,
        age: 0.05,
        pores: 0.3,
        lidShadow: hex('#8a5a50'),
        lidShadowStrength: 0.25,
      },
      eyes: eyeLook('dark', 13),
      brows: { colour: hex('#1e1714'), thickness: 0.85, density: 0.75, arch: 1 },
      hair: { style: 'bob02', colour: hex('#1b1614'), gloss: 0.6, grey: 0, fringe: 0.4 },
      lashes: { colour: hex('#060404'), density: 0.9 },
      garment: { colour: hex('#8c2f39'), neckline: 'wide', pattern: 'plain', accent: hex('#5f1f28') },
      seed: 13,
    },
    lights: STUDIO_LIGHTS,
    background: { kind: 'gradient', colour: hex('#b9c4c9'), accent: hex('#7d909c'), seed: 13 },
    style: 'natural',
    turnDeg: [3, 0, 2],
    expression: { smile: 0.28 },
    caricature: null,
  },
  {
    id: 'rafael',
    name: 'Rafael',
    alt: 'Man in his late forties with olive skin, slicked-back dark hair, stubble and a charcoal sweater.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#c2916d'),
        lips: hex('#985a4c'),
        lipStrength: 0.6,
        blush: 0.55,
        age: 0.55,
        oil: 0.5,
        pores: 0.75,
        stubble: 0.36,
        stubbleColour: hex('#2a2220'),
      },
      eyes: eyeLook('brown', 14),
      brows: { colour: hex('#1d1613'), thickness: 1.3, density: 0.92, arch: 0.8 },
      hair: { style: 'short04', colour: hex('#2b2421'), gloss: 0.6, grey: 0.15, fringe: null },
      lashes: { colour: hex('#0a0706'), density: 0.7 },
      garment: { colour: hex('#3b3e44'), neckline: 'vee', pattern: 'knit', accent: hex('#8b9097') },
      seed: 14,
    },
    lights: { ...STUDIO_LIGHTS, key: createLight(-48, 30, [1.5, 1.4, 1.28]) },
    background: { kind: 'studio', colour: hex('#7a6a58'), accent: hex('#4f4a4c'), seed: 14 },
    style: 'natural',
    turnDeg: [6, 1, 0],
    expression: { smile: 0.15, 'brow-down': 0.05 },
    caricature: null,
  },
  {
    id: 'ingrid',
    name: 'Ingrid',
    alt: 'Woman of about seventy with fair skin, a silver bob and a teal sweater, smiling.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#e8c2ac'),
        lips: hex('#b3665e'),
        lipStrength: 0.65,
        blush: 0.95,
        age: 0.95,
        oil: 0.25,
        pores: 0.6,
      },
      eyes: eyeLook('grey', 15),
      brows: { colour: hex('#8d857e'), thickness: 0.8, density: 0.6, arch: 1.1 },
      hair: { style: 'bob01', colour: hex('#b9b6b2'), gloss: 0.45, grey: 1, fringe: 0.55 },
      lashes: { colour: hex('#3a3330'), density: 0.5 },
      garment: { colour: hex('#2f6a6e'), neckline: 'crew', pattern: 'plain', accent: hex('#8ec0bd') },
      seed: 15,
    },
    lights: {
      ...STUDIO_LIGHTS,
      key: createLight(-25, 30, [1.2, 1.17, 1.12]),
      fill: createLight(45, 10, [0.48, 0.5, 0.53]),
    },
    background: { kind: 'room', colour: hex('#b3a896'), accent: hex('#8a7f6c'), seed: 16 },
    style: 'natural',
    turnDeg: [-3, 0, 2],
    expression: { smile: 0.4 },
    caricature: null,
  },
  {
    id: 'kofi',
    name: 'Kofi',
    alt: 'Man of about sixty with dark skin, a shaved head and a grey beard, in a white shirt.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#6b4430'),
        lips: hex('#6b3d38'),
        lipStrength: 0.6,
        blush: 0.35,
        age: 0.7,
        oil: 0.55,
        pores: 0.7,
        stubble: 0.8,
        stubbleColour: hex('#9b9690'),
      },
      eyes: eyeLook('dark', 16),
      brows: { colour: hex('#4a4440'), thickness: 1.2, density: 0.75, arch: 0.8 },
      hair: { style: null, colour: hex('#1a1513'), gloss: 0.3, grey: 0.5, fringe: null },
      lashes: { colour: hex('#060404'), density: 0.6 },
      garment: { colour: hex('#dcd9d2'), neckline: 'vee', pattern: 'plain', accent: hex('#b9b4aa') },
      seed: 16,
    },
    lights: {
      ...STUDIO_LIGHTS,
      key: createLight(30, 35, [1.6, 1.52, 1.42]),
      fill: createLight(-50, 8, [0.5, 0.55, 0.62]),
      rim: createLight(-152, 35, [1, 1.02, 1.08]),
    },
    background: { kind: 'studio', colour: hex('#5d7288'), accent: hex('#3f5162'), seed: 17 },
    style: 'natural',
    turnDeg: [-4, 0, -1],
    expression: { smile: 0.3 },
    caricature: null,
  },
  {
    id: 'priya',
    name: 'Priya',
    alt: 'Woman of about forty with brown skin and long dark hair, in a violet blouse.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#b68059'),
        lips: hex('#9c4a48'),
        lipStrength: 0.8,
        blush: 0.5,
        age: 0.25,
        oil: 0.4,
        lidShadow: hex('#5a3340'),
        lidShadowStrength: 0.35,
      },
      eyes: eyeLook('brown', 17),
      brows: { colour: hex('#1d1512'), thickness: 1.05, density: 0.9, arch: 1.4 },
      hair: { style: 'long01', colour: hex('#2a1d17'), gloss: 0.6, grey: 0, fringe: null },
      lashes: { colour: hex('#060404'), density: 0.95 },
      garment: { colour: hex('#5b4580'), neckline: 'vee', pattern: 'plain', accent: hex('#a58fc4') },
      seed: 17,
    },
    lights: STUDIO_LIGHTS,
    background: { kind: 'bokeh', colour: hex('#6b5a4e'), accent: hex('#a07f56'), seed: 18 },
    style: 'natural',
    turnDeg: [5, 0, 1],
    expression: { smile: 0.32 },
    caricature: null,
  },
  {
    id: 'finn',
    name: 'Finn',
    alt: 'Young man with very fair freckled skin and ginger hair, in a striped top.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#efc9b3'),
        lips: hex('#c47a6e'),
        lipStrength: 0.6,
        blush: 0.95,
        age: 0.05,
        freckles: 0.85,
      },
      eyes: eyeLook('green', 18),
      brows: { colour: hex('#8a4a22'), thickness: 1, density: 0.75, arch: 0.8 },
      hair: { style: 'short01', colour: hex('#b5592a'), gloss: 0.4, grey: 0, fringe: null },
      lashes: { colour: hex('#4a2a18'), density: 0.55 },
      garment: { colour: hex('#e2ded3'), neckline: 'crew', pattern: 'stripes', accent: hex('#35506b') },
      seed: 18,
    },
    lights: { ...STUDIO_LIGHTS, key: createLight(-30, 38, [1.3, 1.27, 1.22]) },
    background: { kind: 'gradient', colour: hex('#8fa596'), accent: hex('#5f7768'), seed: 19 },
    style: 'natural',
    turnDeg: [-6, 0, -2],
    expression: { smile: 0.3, 'brow-up': 0.1 },
    caricature: null,
  },
  {
    id: 'luna',
    name: 'Luna',
    alt: 'Cartoon girl with very large green eyes, a blue bob and a yellow top, drawn in flat tones with ink lines.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#f3c9ae'),
        lips: hex('#d8606a'),
        lipStrength: 0.9,
        blush: 0.9,
        age: 0,
        pores: 0,
        lidShadow: hex('#c98a8a'),
        lidShadowStrength: 0.3,
      },
      eyes: {
        ...eyeLook('green', 19),
        irisRad: 0.5,
        pupil: 0.42,
        irisInner: hex('#9fd06a'),
        irisOuter: hex('#3f8f5a'),
      },
      brows: { colour: hex('#27406b'), thickness: 0.9, density: 0.95, arch: 1.5 },
      hair: { style: 'bob01', colour: hex('#3f6fb5'), gloss: 0.7, grey: 0, fringe: 0.45 },
      lashes: { colour: hex('#0a0a14'), density: 1 },
      garment: { colour: hex('#e8b83a'), neckline: 'crew', pattern: 'plain', accent: hex('#f6dc8a') },
      seed: 19,
    },
    lights: STUDIO_LIGHTS,
    background: { kind: 'gradient', colour: hex('#f2b8a0'), accent: hex('#b98fc0'), seed: 20 },
    style: 'toon',
    turnDeg: [3, 0, 3],
    expression: { smile: 0.35 },
    caricature: { eyes: 0.42, head: 0.14 },
  },
  {
    id: 'marta',
    name: 'Marta',
    alt: 'Oil portrait of a woman of about fifty with chestnut hair, in a dark green dress.',
    look: {
      skin: {
        ...SKIN,
        tone: hex('#e3b596'),
        lips: hex('#b0524c'),
        lipStrength: 0.75,
        blush: 1,
        age: 0.4,
      },
      eyes: eyeLook('hazel', 20),
      brows: { colour: hex('#4a2f1e'), thickness: 0.9, density: 0.8, arch: 1.1 },
      hair: { style: 'braid01', colour: hex('#6b3f22'), gloss: 0.4, grey: 0.1, fringe: 0.45 },
      lashes: { colour: hex('#1a100a'), density: 0.6 },
      garment: { colour: hex('#27423a'), neckline: 'wide', pattern: 'plain', accent: hex('#5b7a64') },
      seed: 20,
    },
    lights: {
      key: createLight(-52, 35, [1.75, 1.55, 1.2]),
      fill: createLight(50, 5, [0.2, 0.21, 0.22]),
      rim: createLight(150, 30, [0.4, 0.36, 0.3]),
      sky: [0.3, 0.29, 0.26],
      ground: [0.16, 0.12, 0.09],
    },
    background: { kind: 'studio', colour: hex('#5a4a34'), accent: hex('#33352c'), seed: 21 },
    style: 'painted',
    turnDeg: [7, 0, -1],
    expression: { smile: 0.15 },
    caricature: null,
  },
];

/** Who is seen in the built-in driver clip. */
export const DRIVER_PERSON: BuiltinPerson = {
  id: 'driver',
  name: 'The driver',
  alt: 'Woman in her thirties with brown hair drawn back, talking and turning her head.',
  look: {
    skin: { ...SKIN, tone: hex('#dcae92'), lips: hex('#b05a56'), lipStrength: 0.85, blush: 0.6, age: 0.15 },
    eyes: eyeLook('hazel', 21),
    brows: { colour: hex('#3a281c'), thickness: 1.05, density: 0.9, arch: 1.1 },
    hair: { style: 'ponytail01', colour: hex('#5a3a24'), gloss: 0.5, grey: 0, fringe: null },
    lashes: { colour: hex('#0c0807'), density: 0.85 },
    garment: { colour: hex('#56707f'), neckline: 'crew', pattern: 'plain', accent: hex('#c3ced4') },
    seed: 21,
  },
  lights: {
    ...STUDIO_LIGHTS,
    key: createLight(-28, 28, [1.25, 1.2, 1.15]),
    fill: createLight(42, 8, [0.45, 0.47, 0.5]),
  },
  background: { kind: 'room', colour: hex('#a9a59b'), accent: hex('#75705f'), seed: 22 },
  style: 'natural',
  turnDeg: [0, 0, 0],
  expression: {},
  caricature: null,
};

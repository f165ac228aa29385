import { hex, mixRgb, type Rgb } from './colour.ts';
import { createLight, type LightRig } from './light.ts';
import type { PersonLook } from './look.ts';
import { HAIR_STYLES } from './look-file.ts';
import { eyeLook } from './people.ts';
import { createRandom, type Random } from './random.ts';
import type { Background } from './scene.ts';

/** Everything about a picture but pose, expression and camera. */
export interface RandomPerson {
  /** `[shapeCount]`. */
  readonly beta: Float32Array;
  readonly look: PersonLook;
  readonly lights: LightRig;
  readonly background: Background;
}

/** Skin from fair to dark: base, lips, and the hair and irises that go with it more often. */
const COMPLEXIONS = [
  {
    tone: '#f0c8ae',
    lips: '#c0706a',
    hair: ['#c9a66b', '#8a5a33', '#4a3222', '#b5542a'],
    iris: ['blue', 'green', 'grey', 'hazel'],
  },
  {
    tone: '#e6b594',
    lips: '#b8655c',
    hair: ['#6e4a2c', '#3a2a20', '#1e1815', '#a0743f'],
    iris: ['brown', 'hazel', 'blue', 'green'],
  },
  {
    tone: '#d8a27c',
    lips: '#ab5f52',
    hair: ['#2c211b', '#1a1513', '#4a3222'],
    iris: ['brown', 'hazel', 'dark'],
  },
  { tone: '#bd855c', lips: '#9a5546', hair: ['#1a1513', '#2c211b'], iris: ['brown', 'dark'] },
  { tone: '#8f5d3e', lips: '#7d4338', hair: ['#14100e', '#1a1513'], iris: ['dark', 'brown'] },
  { tone: '#633d29', lips: '#5c322b', hair: ['#100d0c', '#14100e'], iris: ['dark'] },
];
const GARMENTS = ['#34495c', '#7a2e2e', '#d8d3c8', '#2f4a3a', '#222428', '#8a6d3f', '#5a4a78', '#b0b8bf'];
const BACKDROPS = ['#6d7f8c', '#8d8273', '#4f5d52', '#7c6a72', '#a3a9ad', '#39424c', '#b59f84', '#5d6f86'];

/** A person, light and backdrop from a seed; the same seed gives the same person. */
export function samplePerson(seed: number, shapeCount: number): RandomPerson {
  const random = createRandom(seed);
  const beta = Float32Array.from({ length: shapeCount }, () =>
    Math.max(-2.2, Math.min(2.2, random.normal() * 0.9)),
  );
  const complexion = random.pick(COMPLEXIONS);
  const grey = random.next() < 0.2 ? random.between(0.4, 1) : 0;
  const hairColour = mixRgb(hex(random.pick(complexion.hair)), hex('#b9b6b0'), grey);
  const beard = random.next() < 0.3 ? random.between(0.15, 0.85) : 0;
  const look: PersonLook = {
    skin: {
      tone: vary(random, hex(complexion.tone), 0.12),
      blush: random.between(0.3, 1),
      lips: vary(random, hex(complexion.lips), 0.2),
      lipStrength: random.between(0.5, 0.95),
      freckles: random.next() < 0.25 ? random.between(0.2, 0.9) : 0,
      pores: random.between(0.2, 0.9),
      age: grey > 0 ? random.between(0.5, 1) : random.between(0.05, 0.6),
      oil: random.between(0.1, 0.7),
      stubble: beard,
      stubbleColour: hairColour,
      lidShadow: vary(random, hex('#6b4a40'), 0.4),
      lidShadowStrength: beard === 0 && random.next() < 0.4 ? random.between(0.1, 0.5) : 0,
    },
    eyes: eyeLook(random.pick(complexion.iris), seed),
    brows: {
      colour: mixRgb(hairColour, hex('#1a1411'), 0.45),
      thickness: random.between(0.7, 1.4),
      density: random.between(0.6, 0.95),
      arch: random.between(0.3, 1.8),
    },
    hair: {
      style: random.next() < 0.08 ? null : random.pick(HAIR_STYLES),
      colour: hairColour,
      gloss: random.between(0.2, 0.8),
      grey,
      fringe: 0.42,
    },
    lashes: { colour: hex('#0c0807'), density: random.between(0.5, 0.95) },
    garment: {
      colour: hex(random.pick(GARMENTS)),
      accent: hex(random.pick(GARMENTS)),
      neckline: random.pick(['crew', 'vee', 'wide'] as const),
      pattern: random.pick(['plain', 'knit', 'stripes', 'denim'] as const),
    },
    seed,
  };
  const background: Background = {
    kind: random.pick(['plain', 'gradient', 'bokeh', 'studio', 'room'] as const),
    colour: hex(random.pick(BACKDROPS)),
    accent: hex(random.pick(BACKDROPS)),
    seed,
  };
  return { beta, look, lights: sampleLights(random), background };
}

/** Key light from either side, warmer or colder than the fill; all of it between dim and bright. */
export function sampleLights(random: Random): LightRig {
  const side = random.next() < 0.5 ? -1 : 1;
  const key = random.between(0.9, 1.9);
  const warm = random.between(-0.12, 0.15);
  const fill = random.between(0.25, 0.7);
  const sky = random.between(0.25, 0.6);
  return {
    key: createLight(side * random.between(5, 70), random.between(5, 60), [
      key * (1 + warm),
      key,
      key * (1 - warm),
    ]),
    fill: createLight(-side * random.between(20, 70), random.between(-10, 30), [
      fill * (1 - warm),
      fill,
      fill * (1 + warm),
    ]),
    rim: createLight(-side * random.between(130, 165), random.between(10, 50), [0.8, 0.8, 0.85]),
    sky: [sky * (1 - 0.5 * warm), sky, sky * (1 + 0.5 * warm)],
    ground: [sky * 0.5, sky * 0.43, sky * 0.38],
  };
}

/** The colour with each channel scaled by up to `amount`, most of it together. */
function vary(random: Random, colour: Rgb, amount: number): Rgb {
  const all = 1 + amount * random.between(-1, 1);
  return [
    colour[0] * all * (1 + 0.25 * amount * random.between(-1, 1)),
    colour[1] * all * (1 + 0.25 * amount * random.between(-1, 1)),
    colour[2] * all * (1 + 0.25 * amount * random.between(-1, 1)),
  ];
}

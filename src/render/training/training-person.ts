import { hex, mixRgb, type Rgb, srgbToLinear } from '../colour.ts';
import { createLight, type LightRig } from '../light.ts';
import type { PersonLook } from '../look.ts';
import type { MouthSeat } from '../mouth-seat.ts';
import { createRandom, type Random } from '../random.ts';
import { type RandomPerson, sampleLights, samplePerson } from '../random-person.ts';
import type { Background, RenderStyle } from '../scene.ts';
import { dimEyes } from './training-eyes.ts';
import { sampleMouth } from './training-mouth.ts';

/** Who a stretch of training data shows, in what light and in which style; everything but pose and camera. */
export interface TrainingPerson extends RandomPerson {
  readonly style: RenderStyle;
  /** Growth of eyes and head beyond anatomy; null for people. */
  readonly caricature: { readonly eyes: number; readonly head: number } | null;
  readonly exposure: number;
  readonly mouthSeat: MouthSeat;
}

/** Hair that leaves eyes and brows free, for when the tracker has lost a face behind a fringe. */
const OPEN_STYLES = ['short02', 'short03', 'short04', 'ponytail01', 'braid01', 'afro01', null] as const;

const DYED_SHARE = 0.08;
const RANDOM_COLOURS_SHARE = 0.5;

/**
 * A person of {@link samplePerson} whose light, exposure, backdrop and style go further than those of people who pose
 * for a studio: a network that has seen them takes a photograph or a painting for one more of them.
 *
 * @param attempt counts up where the tracker could not read the person; from 1 on the hair leaves the face free
 */
export function sampleTrainingPerson(seed: number, shapeCount: number, attempt = 0): TrainingPerson {
  const base = samplePerson(seed + attempt * 7_919_000, shapeCount);
  const random = createRandom(seed * 31 + attempt * 131 + 17);
  const { style, caricature } = sampleStyle(random);
  // A stream of their own: everything else of a seed stays as it was.
  const openings = createRandom(seed * 37 + attempt * 151 + 5);
  const mouth = sampleMouth(openings, style);
  return {
    beta: base.beta,
    look: {
      ...varyLook(random, base.look, style, attempt > 0),
      eyes: dimEyes(openings, base.look.eyes, style),
      mouth: mouth.look,
    },
    mouthSeat: mouth.seat,
    lights: lightOf(random),
    background: varyBackground(random, base.background),
    style,
    caricature,
    exposure: 2 ** random.between(-0.75, 0.6),
  };
}

function sampleStyle(random: Random): Pick<TrainingPerson, 'style' | 'caricature'> {
  const roll = random.next();
  const style: RenderStyle = roll < 0.78 ? 'natural' : roll < 0.94 ? 'toon' : 'painted';
  const share = style === 'toon' ? 0.6 : style === 'painted' ? 0.1 : 0.08;
  const caricature =
    random.next() < share ? { eyes: random.between(0.08, 0.45), head: random.between(0, 0.14) } : null;
  return { style, caricature };
}

function varyLook(random: Random, look: PersonLook, style: RenderStyle, open: boolean): PersonLook {
  const painted = random.next() < 0.15 ? anyColour(random, 0.35, 0.6) : null;
  const dyed = random.next() < DYED_SHARE || (style === 'toon' && random.next() < 0.4);
  const colour = dyed ? anyColour(random, 0.3, 0.85) : look.hair.colour;
  const tone = style === 'toon' && random.next() < 0.15 ? anyColour(random, 0.45, 0.8) : look.skin.tone;
  return {
    ...look,
    skin: {
      ...look.skin,
      tone,
      // Lipstick, or what a drawing does for one.
      lips: painted === null ? look.skin.lips : mixRgb(look.skin.lips, painted, 0.7),
      lidShadow: random.next() < 0.2 ? anyColour(random, 0.2, 0.6) : look.skin.lidShadow,
    },
    hair: { ...look.hair, colour, style: open ? random.pick(OPEN_STYLES) : look.hair.style },
    garment: {
      ...look.garment,
      colour: random.next() < RANDOM_COLOURS_SHARE ? anyColour(random, 0.1, 0.9) : look.garment.colour,
      accent: random.next() < RANDOM_COLOURS_SHARE ? anyColour(random, 0.1, 0.9) : look.garment.accent,
    },
  };
}

function varyBackground(random: Random, background: Background): Background {
  if (random.next() < 1 - RANDOM_COLOURS_SHARE) return background;
  const colour = anyColour(random, 0.02, 0.95);
  const accent = random.next() < 0.5 ? anyColour(random, 0.02, 0.95) : mixRgb(colour, hex('#808080'), 0.4);
  return { ...background, colour, accent };
}

/** Half of the time the light of a studio, else one of the lights that photographs and paintings really have. */
function lightOf(random: Random): LightRig {
  const studio = sampleLights(random);
  if (random.next() < 0.5) return studio;
  const side = random.next() < 0.5 ? -1 : 1;
  const white: Rgb = [1, 1, 1];
  const tint = (colour: Rgb, amount: number): Rgb => {
    const [r, g, b] = mixRgb(white, colour, amount);
    // Brightness stays: only its colour is another.
    const scale = 3 / (r + g + b);
    return [r * scale, g * scale, b * scale];
  };
  const dim = ([r, g, b]: Rgb, factor: number): Rgb => [r * factor, g * factor, b * factor];
  const coloured = random.next() < 0.4 ? random.between(0.15, 0.6) : 0;
  const keyTint = tint(anyColour(random, 0.3, 1), coloured);
  const fillTint = tint(anyColour(random, 0.3, 1), coloured);
  const rig = (
    azimuth: number,
    elevation: number,
    key: number,
    fill: number,
    sky: number,
    rim: number,
  ): LightRig => ({
    key: createLight(side * azimuth, elevation, dim(keyTint, key)),
    fill: createLight(-side * random.between(20, 70), random.between(-15, 30), dim(fillTint, fill)),
    rim: createLight(-side * random.between(120, 165), random.between(5, 50), dim(white, rim)),
    sky: dim(fillTint, sky),
    ground: dim(keyTint, sky * random.between(0.3, 0.9)),
  });
  switch (Math.floor(random.next() * 5)) {
    case 0: // One lamp from the side, deep shadows.
      return rig(random.between(55, 95), random.between(5, 40), random.between(1.2, 2.2), 0.06, 0.12, 0.3);
    case 1: // Overcast: no shadow worth the name.
      return rig(random.between(0, 40), random.between(30, 70), 0.3, 0.25, random.between(0.7, 1.1), 0.2);
    case 2: // From above, as ceilings are.
      return rig(random.between(0, 30), random.between(60, 80), random.between(1, 1.7), 0.2, 0.3, 0.3);
    case 3: // A screen or a fire, from below.
      return rig(random.between(0, 30), random.between(-35, -10), random.between(0.7, 1.3), 0.15, 0.2, 0.3);
    default: // Against the light.
      return rig(random.between(20, 60), random.between(10, 40), 0.5, 0.4, 0.35, random.between(1.2, 2.4));
  }
}

/** A colour of any hue, as bright as `low` to `high` in sRGB, from grey to strong. */
function anyColour(random: Random, low: number, high: number): Rgb {
  const value = random.between(low, high);
  const strength = random.next() ** 1.5;
  const hue = random.next() * 6;
  const channel = (offset: number): number => {
    const k = (offset + hue) % 6;
    return srgbToLinear(value * (1 - strength * Math.max(0, Math.min(k, 4 - k, 1))));
  };
  return [channel(5), channel(3), channel(1)];
}

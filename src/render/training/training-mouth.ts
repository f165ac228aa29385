import { mixRgb, type Rgb, scaleRgb } from '../colour.ts';
import type { MouthLook } from '../materials/mouth.ts';
import type { MouthSeat } from '../mouth-seat.ts';
import type { Random } from '../random.ts';
import type { RenderStyle } from '../scene.ts';

export interface TrainingMouth {
  readonly look: MouthLook;
  readonly seat: MouthSeat;
}

const WHITE_TEETH: Rgb = [0.82, 0.76, 0.67];
const YELLOW_TEETH: Rgb = [0.74, 0.61, 0.39];
const ROSY_TONGUE: Rgb = [0.52, 0.17, 0.16];
const PALE_TONGUE: Rgb = [0.5, 0.23, 0.22];
const PINK_GUM: Rgb = [0.44, 0.15, 0.14];
const BROWN_GUM: Rgb = [0.24, 0.09, 0.08];
const LINING: Rgb = [0.22, 0.045, 0.04];
/** Of people who aren't drawn after nature, so many have grey or dark teeth. */
const DARK_TEETH_SHARE = 0.25;

/**
 * The inside of a mouth as cameras see it: mostly dark, the front of the upper teeth apart, and no two alike. The light
 * behind the lips is 0.2 to 1 of the renderer's, half of the people below 0.45; both rows sit lower than the model's, the
 * lower one so far that lips hide most of it.
 */
export function sampleMouth(random: Random, style: RenderStyle): TrainingMouth {
  const light = 0.2 ** random.next();
  const reach = random.between(0.25, 0.6);
  const glow = random.between(0.03, 0.2);
  const dark = style !== 'natural' && random.next() < DARK_TEETH_SHARE;
  const white = mixRgb(WHITE_TEETH, YELLOW_TEETH, random.next() ** 1.3);
  const teeth = scaleRgb(white, dark ? random.between(0.12, 0.45) : random.between(0.7, 1.15));
  const tongue = scaleRgb(mixRgb(ROSY_TONGUE, PALE_TONGUE, random.next()), random.between(0.6, 1.1));
  const gum = mixRgb(PINK_GUM, BROWN_GUM, random.next() ** 1.5);
  const lining = scaleRgb(LINING, random.between(0.6, 1.5));
  const upperM = random.between(0, 0.003);
  const lowerM = random.between(0.001, 0.005);
  const seat = {
    upperM,
    lowerM,
    tongueM: lowerM + random.between(0, 0.003),
    tongueBackM: random.between(0, 0.005),
  };
  return { look: { light, reach, glow, teeth, gum, tongue, lining }, seat };
}

import { mixRgb, type Rgb, scaleRgb } from '../colour.ts';
import type { EyeLook } from '../materials/eye.ts';
import type { Random } from '../random.ts';
import type { RenderStyle } from '../scene.ts';

/** Whites of tired or old eyes, and of young ones. */
const WARM_WHITE: Rgb = [0.72, 0.62, 0.52];
const COLD_WHITE: Rgb = [0.66, 0.69, 0.74];

/**
 * Eyes in the shade of brows and lashes, as in photographs: whites of 0.35 to 0.9 of what an eye in the open has (drawn
 * ones up to 1.1), irises less so.
 */
export function dimEyes(random: Random, eyes: EyeLook, style: RenderStyle): EyeLook {
  const light = style === 'natural' ? random.between(0.35, 0.9) : random.between(0.45, 1.1);
  const tint = mixRgb(WARM_WHITE, COLD_WHITE, random.next());
  const irisLight = light ** 0.5;
  return {
    ...eyes,
    sclera: scaleRgb(mixRgb(eyes.sclera, tint, 0.6 * random.next()), light),
    irisInner: scaleRgb(eyes.irisInner, irisLight),
    irisOuter: scaleRgb(eyes.irisOuter, irisLight),
    limbus: scaleRgb(eyes.limbus, irisLight),
  };
}

import type { Rgb } from './colour.ts';
import type { EyeLook } from './materials/eye.ts';
import type { MouthLook } from './materials/mouth.ts';

/** How skin looks; everything but `tone` is 0..1. */
export interface SkinLook {
  /** Base albedo, linear. */
  readonly tone: Rgb;
  /** Blood near the surface: cheeks, nose, ears, lids. */
  readonly blush: number;
  readonly lips: Rgb;
  /** How far the lips go from skin to `lips`. */
  readonly lipStrength: number;
  readonly freckles: number;
  readonly pores: number;
  /** Mottling, folds and shadows under the eyes. */
  readonly age: number;
  readonly oil: number;
  /** Shaved beard as a shadow (0.2) up to a short beard (1). */
  readonly stubble: number;
  readonly stubbleColour: Rgb;
  /** Colour on the upper lids. */
  readonly lidShadow: Rgb;
  readonly lidShadowStrength: number;
}

export interface BrowLook {
  readonly colour: Rgb;
  /** Full height, 1 is average. */
  readonly thickness: number;
  /** 0 none to 1 dense. */
  readonly density: number;
  /** Height of the arch, 1 is average. */
  readonly arch: number;
}

export interface HairLook {
  /** Name of a hair mesh of models/head/look, or null for a bald head. */
  readonly style: string | null;
  readonly colour: Rgb;
  /** 0 dull to 1 shiny. */
  readonly gloss: number;
  /** Share of grey hairs. */
  readonly grey: number;
  /** Height (face frame) at which hair over the face is cut to a fringe; null leaves it as it hangs. */
  readonly fringe: number | null;
}

export interface GarmentLook {
  readonly colour: Rgb;
  readonly neckline: 'crew' | 'vee' | 'wide';
  readonly pattern: 'plain' | 'knit' | 'stripes' | 'denim';
  readonly accent: Rgb;
}

/** Everything about a person but the shape of the head. */
export interface PersonLook {
  readonly skin: SkinLook;
  readonly eyes: EyeLook;
  /** Default: the plain mouth. */
  readonly mouth?: MouthLook;
  readonly brows: BrowLook;
  readonly hair: HairLook;
  readonly lashes: { readonly colour: Rgb; readonly density: number };
  readonly garment: GarmentLook;
  readonly seed: number;
}

import type { Camera, HeadCoefficients } from '../reenact/head/head-model.ts';
import type { Rgb } from './colour.ts';
import type { LightRig } from './light.ts';
import type { Subject } from './subject.ts';

/** Rendering styles: `natural` skin, `toon` with drawn bands and outlines, `painted` in brush strokes. */
export type RenderStyle = 'natural' | 'toon' | 'painted';

export interface Background {
  readonly kind: 'plain' | 'gradient' | 'bokeh' | 'studio' | 'room';
  readonly colour: Rgb;
  readonly accent: Rgb;
  readonly seed: number;
}

/** The place of a picture in a larger one, whole pixels. */
export interface PicturePart {
  readonly x: number;
  readonly y: number;
  /** Of the larger picture. */
  readonly width: number;
  readonly height: number;
}

/** One picture to be drawn. */
export interface RenderScene {
  readonly subject: Subject;
  readonly coefficients: HeadCoefficients;
  readonly camera: Camera;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Samples along an edge of a pixel: 1 fast, 2 good, 3 best. */
  readonly samples: 1 | 2 | 3 | 4;
  readonly lights: LightRig;
  readonly background: Background;
  readonly style: RenderStyle;
  /** Factor on all light before tone mapping. */
  readonly exposure: number;
  /** The larger picture that this one is cut from, pixel by pixel: what lies behind is the same there. Default: none. */
  readonly partOf?: PicturePart;
  /** Samples along an edge of the picture that the key light sees; 768 by default, fewer are faster and softer. */
  readonly shadowSize?: number;
  /** One sample a pixel for hair, whose edges are soft as they are; default false. */
  readonly coarseHair?: boolean;
}

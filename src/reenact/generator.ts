import type { FrameStamp, RgbaImage, VideoFrame } from './frame.ts';
import type { HeadCoefficients } from './head/head-model.ts';

/** Motion of the avatar in one frame, after the identity swap: all that a generator learns of the driver. */
export interface MotionFrame extends FrameStamp {
  readonly coefficients: HeadCoefficients;
}

/** 0..255 each, sRGB. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Makes the avatar's picture from its motion. Tiers differ in what stands behind this. */
export interface Generator {
  readonly name: string;
  /** Each frame owns its pixels: frames wait for the encoder while later ones are made. */
  generate(motion: MotionFrame): Promise<VideoFrame>;
  /** Takes back the pixels of a frame that nobody needs any more. Who keeps frames need not call it. */
  recycle(image: RgbaImage): void;
  /** A flat colour behind the person, from the next frame on; null for the portrait's own background. */
  setBackground(rgb: Rgb | null): void;
  /** Idempotent. */
  close(): Promise<void>;
}

import type { GeneratorTier, InferenceReport } from '../contract/live-session.ts';
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
  /**
   * Frames in the making at once with which it keeps its pace: two where networks draw one while the next is warped; 1 where
   * absent. More only adds to what frames wait.
   */
  readonly inFlight?: number;
  /** How much of its next picture networks repair, 0..1; nothing where absent. Such a picture reads as turned further. */
  readonly repaired?: number;
  /** Takes back the pixels of a frame that nobody needs any more. Who keeps frames need not call it. */
  recycle(image: RgbaImage): void;
  /** A flat colour behind the person, from the next frame on; null for the portrait's own background. */
  setBackground(rgb: Rgb | null): void;
  /** For a generator that makes several frames better together than one by one; then `generate` is not for use. */
  readonly chunk?: ChunkGenerator;
  /** Which of its tiers may draw, from the next frame on; one with a single tier has no choice. */
  choose?(tier: GeneratorTier): void;
  /** How much of all cores is in use, 0..1 and above, about once a second: tiers go down before streams stutter. */
  pressed?(utilisation: number): void;
  /** What its networks run on and draw now; null where there are none. */
  inference?(): InferenceReport | null;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface ChunkGenerator {
  /** The most that are made at once; the last ones of a clip may be fewer. */
  readonly frames: number;
  /** One frame for each motion, in order. */
  generate(motions: readonly MotionFrame[]): Promise<VideoFrame[]>;
}

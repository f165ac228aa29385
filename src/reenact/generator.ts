import type { FrameStamp, VideoFrame } from './frame.ts';
import type { HeadCoefficients } from './head/head-model.ts';

/** Motion of the avatar in one frame, after the identity swap: all that a generator learns of the driver. */
export interface MotionFrame extends FrameStamp {
  readonly coefficients: HeadCoefficients;
}

/** Makes the avatar's picture from its motion. Tiers differ in what stands behind this. */
export interface Generator {
  readonly name: string;
  /** Each frame owns its pixels: frames wait for the encoder while later ones are made. */
  generate(motion: MotionFrame): Promise<VideoFrame>;
  /** Idempotent. */
  close(): Promise<void>;
}

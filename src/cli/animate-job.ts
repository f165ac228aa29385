import type { Observable } from 'rxjs';
import type { VideoSource } from '../reenact/codec/types.ts';
import type { Schedule } from '../reenact/diffusion/clip-generator.ts';
import type { InferenceOptions } from '../reenact/diffusion/runtime/inference-messages.ts';
import type { ReenactmentReport } from '../reenact/evaluate/report.ts';
import type { StageClock } from '../reenact/evaluate/stage-clock.ts';
import type { FrameStamp, RgbaImage, VideoFrame } from '../reenact/frame.ts';
import type { HeadCoefficients } from '../reenact/head/head-model.ts';
import type { GainRegion, SwapMode } from '../reenact/identity/swap-options.ts';
import type { CoefficientsHeader } from './coefficients-file.ts';

/** A model pack, and how it is run. */
export interface PackChoice extends Pick<InferenceOptions, 'provider' | 'precision' | 'threads'> {
  /** Absolute. */
  readonly folder: string;
  /** Denoising steps a frame; null for the pack's own. */
  readonly steps: number | null;
  readonly schedule: Schedule;
}

/** What `animate` is asked to do; every path is absolute. */
export interface AnimateJob {
  readonly driverPath: string;
  readonly avatarPath: string;
  readonly outputs: {
    /** The avatar alone. */
    readonly video: string | null;
    /** Driver, driver map and avatar side by side. */
    readonly comparison: string | null;
    readonly coefficients: string | null;
    readonly report: string | null;
  };
  /** Side of the avatar's picture in pixels, even. */
  readonly sizePx: number;
  readonly generator: 'geometric' | PackChoice;
  readonly pose: SwapMode;
  readonly expression: SwapMode;
  readonly gain: Partial<Record<GainRegion, number>>;
  readonly largestFace: boolean;
  /** Head file; null for the open head. */
  readonly headPath: string | null;
}

/** One frame of the result, and what is told of it beside the picture. */
export interface AnimatedFrame extends FrameStamp {
  readonly avatar: VideoFrame;
  /** Motion that the generator was given, after the swap. */
  readonly commanded: HeadCoefficients;
  /** 0..1, the tracker's; 0 while the driver's face was lost. */
  readonly confidence: number;
}

/** The pipeline as a command line needs it: one driver, one avatar, ready to run. */
export interface Reenactor {
  readonly clock: StageClock;
  /** Frames that it makes together: it must be given as many before the first comes out. 1 where absent. */
  readonly framesTogether?: number;
  /** One sentence about what is not as it was asked for, such as a GPU that is not there. */
  readonly notice?: string | null;
  /** First line of the coefficients' file. */
  readonly header: CoefficientsHeader;
  /** One frame out for every frame in, in order, under the same stamp. */
  reenact(frames: Observable<VideoFrame>): Observable<AnimatedFrame>;
  /** Takes back the avatar's picture of a frame that is written. */
  recycle(avatar: VideoFrame): void;
  /** The driver map of a frame, for the eye. */
  driverMapPicture(commanded: HeadCoefficients): RgbaImage;
  /** Compares the written video with what was commanded. `avatar` are its frames, in the portrait's crop. */
  evaluate(avatar: AsyncIterable<VideoFrame>, run: RunFigures): Promise<ReenactmentReport>;
  /** Idempotent. */
  close(): Promise<void>;
}

export type RunFigures = Pick<ReenactmentReport, 'fps' | 'peakRssMb'>;

/**
 * Reads models and portrait, learns the driver from a sample of `source`, and builds the stages. `signal` may be
 * looked at between steps; whoever calls looks at it afterwards.
 * @throws LokiError
 */
export type OpenReenactor = (job: AnimateJob, source: VideoSource, signal: AbortSignal) => Promise<Reenactor>;

import type { ErrorCode } from '../../../errors.ts';
import type { PackLayout } from '../pack/contract.ts';
import type { ModelPack } from '../pack/load-pack.ts';
import type { Precision } from '../pack/manifest.ts';
import type { Provider, ProviderChoice } from './providers.ts';

/** Keys and values of a portrait by the names of their tensors; sizes are the pack's. */
export type IdentityTensors = Readonly<Record<string, Float32Array>>;

/** What a pack is run with. */
export interface InferenceOptions {
  readonly provider: ProviderChoice;
  /** `auto`: 8 bits on the processor where the pack has them, float elsewhere. */
  readonly precision: Precision | 'auto';
  /** Threads of the processor; 1 leaves the others to tracker and encoder. */
  readonly threads: number;
  /** Frames of different sessions that go through the networks together at most. */
  readonly maxBatch: number;
}

/** What a pack runs on in fact. */
export interface InferenceInfo {
  readonly provider: Provider;
  readonly precision: Precision;
  readonly threads: number;
  /** Why it is not the provider that was asked for, one sentence; null where it is. */
  readonly note: string | null;
  /** Loading the graphs and running them for the first times. */
  readonly startMs: number;
  /** A frame of one step, once it is warm. */
  readonly frameMs: number;
}

/** What the thread is started with. */
export interface InferenceThreadData {
  readonly pack: ModelPack;
  readonly options: InferenceOptions;
}

/**
 * Memory that a stream shares with the thread, for up to `frames` frames at once: whoever makes frames writes inputs,
 * the thread writes `changes`; a request or its answer says whose turn it is.
 */
export interface FrameExchange {
  readonly frames: number;
  /** `[frames, R, R, 3]` RGB of the warped window; empty for packs without a warp. */
  readonly windows: Uint8Array<SharedArrayBuffer>;
  /** `[frames, C, S, S]` driver maps. */
  readonly maps: Float32Array<SharedArrayBuffer>;
  /** `[frames, S, S]`; empty for packs without a warp. */
  readonly visibilities: Float32Array<SharedArrayBuffer>;
  /** `[frames, S, S]` how much of each pixel the networks may change: what `HeadShare` reads; empty for packs without a warp. */
  readonly changeables: Float32Array<SharedArrayBuffer>;
  /**
   * `[frames, R, R, 3]` in steps of 8-bit sRGB: what is added to the window (masked, faded at its edges), or for packs
   * that make whole pictures the picture.
   */
  readonly changes: Float32Array<SharedArrayBuffer>;
}

export function createExchange(layout: PackLayout, frames: number): FrameExchange {
  const pixels = layout.resolution ** 2;
  const mapPixels = layout.mapSize ** 2;
  const warped = layout.kind === 'window' ? 1 : 0;
  const floats = (count: number) => new Float32Array(new SharedArrayBuffer(4 * count));
  return {
    frames,
    windows: new Uint8Array(new SharedArrayBuffer(frames * pixels * 3 * warped)),
    maps: floats(frames * layout.mapChannels * mapPixels),
    visibilities: floats(frames * mapPixels * warped),
    changeables: floats(frames * mapPixels * warped),
    changes: floats(frames * pixels * 3),
  };
}

/** Where a frame's time went in the thread, ms. */
export interface InferenceTimes {
  /** All steps together. */
  readonly denoiseMs: number;
  readonly decodeMs: number;
  /** Sessions that went through the networks together. */
  readonly batch: number;
}

/** To the thread; what carries an `id` is answered once. */
export type ToInference =
  /** Answered with `identity`. */
  | {
      readonly kind: 'identify';
      readonly id: number;
      /** `[R, R, 3]` RGB. */
      readonly portrait: Uint8Array;
      /** `[C, S, S]`. */
      readonly map: Float32Array;
    }
  | {
      readonly kind: 'open';
      readonly stream: number;
      readonly identity: IdentityTensors;
      readonly seed: number;
      readonly exchanges: readonly FrameExchange[];
    }
  /** The next `frames` frames of a stream, from one of its exchanges. Answered with `frames`. */
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly stream: number;
      readonly exchange: number;
      readonly frames: number;
      readonly steps: number;
    }
  | { readonly kind: 'close'; readonly stream: number }
  /** Releases the graphs and ends the thread. */
  | { readonly kind: 'end' };

/** From the thread. The first one, `ready` or a `refused` without a number, says whether the pack runs. */
export type FromInference =
  | { readonly kind: 'ready'; readonly info: InferenceInfo }
  | {
      readonly kind: 'refused';
      readonly id: number | null;
      readonly code: ErrorCode;
      readonly message: string;
    }
  | { readonly kind: 'identity'; readonly id: number; readonly tensors: IdentityTensors }
  | { readonly kind: 'frames'; readonly id: number; readonly times: InferenceTimes };

import type { ErrorCode } from '../../errors.ts';
import type { FaceBox, LandmarkCount } from './types.ts';

/** What the thread is started with. */
export interface TrackWorkerData {
  readonly modelPaths: readonly string[];
  readonly refine: boolean;
  readonly numThreads: number;
}

/** To the thread; handled in order. `pixels` is RGBA, `[height, width, 4]`, maybe with unused bytes behind it. */
export type TrackRequest =
  | { readonly kind: 'track'; readonly id: number; readonly picture: SharedPicture }
  | { readonly kind: 'detect'; readonly id: number; readonly picture: SharedPicture }
  | {
      readonly kind: 'still';
      readonly id: number;
      readonly picture: SharedPicture;
      readonly box: FaceBox | null;
    }
  | { readonly kind: 'reset' }
  /** Leave what has not begun, and end. */
  | { readonly kind: 'end' };

export interface SharedPicture {
  readonly pixels: SharedArrayBuffer;
  readonly width: number;
  readonly height: number;
}

/** Landmarks `[points, 3]` in pixels of the picture. */
export interface LocatedFace {
  readonly landmarks: Float32Array;
  readonly confidence: number;
}

/** From the thread: `ready` or `refused` once, then one answer a request but `reset` and `end`. */
export type TrackReply =
  | { readonly kind: 'ready'; readonly points: LandmarkCount; readonly source: string }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'face'; readonly id: number; readonly face: LocatedFace | null }
  | { readonly kind: 'boxes'; readonly id: number; readonly boxes: FaceBox[] };

import { openVideo } from '../../reenact/codec/open-video.ts';
import type { VideoFrame } from '../../reenact/frame.ts';
import { cutOut, type SquareCrop } from '../../reenact/identity/portrait.ts';

/** A driver's video as the pipeline gets it. */
export interface Clip {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Every frame, from the start; may be called again. */
  frames(): AsyncIterableIterator<VideoFrame>;
  sample(count: number): Promise<VideoFrame[]>;
  close(): Promise<void>;
}

export interface ClipOptions {
  /** Frames at most. */
  readonly limit: number;
  /** What the pipeline gets of every frame, scaled to `size` by `size`. */
  readonly crop?: { readonly square: SquareCrop; readonly size: number };
  readonly onDecoded?: (elapsedMs: number) => void;
}

/** @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE, NO_VIDEO_STREAM */
export async function openClip(path: string, options: Partial<ClipOptions> = {}): Promise<Clip> {
  const { limit = Number.POSITIVE_INFINITY, crop, onDecoded = () => {} } = options;
  const source = await openVideo(path, { onDecoded });
  const cut = async (frame: VideoFrame): Promise<VideoFrame> =>
    crop === undefined ? frame : { ...frame, image: await cutOut(frame.image, crop.square, crop.size) };
  return {
    width: crop?.size ?? source.width,
    height: crop?.size ?? source.height,
    fps: source.fps,
    async *frames() {
      let count = 0;
      for await (const frame of source.frames()) {
        yield await cut(frame);
        if (++count >= limit) return;
      }
    },
    sample: async (count) => Promise.all((await source.sample(count)).map(cut)),
    close: () => source.close(),
  };
}

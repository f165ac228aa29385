/**
 * Identity and clock of one frame, carried unchanged from decoder to encoder: whatever a stage makes of a
 * frame keeps the stamp of the frame that it was made of.
 */
export interface FrameStamp {
  /** Counts up by one a decoded frame, from 0. */
  readonly sequence: number;
  /** Presentation time, milliseconds from the start of the stream. */
  readonly ptsMs: number;
  /** When the driver's camera took the frame, milliseconds since the Unix epoch; for a file, equal to `ptsMs`. */
  readonly captureTimeMs: number;
}

/** 8-bit RGBA picture, sRGB, straight alpha. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 4]`, top row first, no padding between rows. */
  readonly data: Uint8Array;
}

/** One decoded frame of the driver, or one frame of the avatar before it is encoded. */
export interface VideoFrame extends FrameStamp {
  readonly image: RgbaImage;
}

/** The stamp alone, without what else `frame` carries. */
export function stampOf(frame: FrameStamp): FrameStamp {
  return { sequence: frame.sequence, ptsMs: frame.ptsMs, captureTimeMs: frame.captureTimeMs };
}

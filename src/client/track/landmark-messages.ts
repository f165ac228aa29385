/** Between the page and the worker that finds the driver's face. */
export type ToTracker =
  | { readonly type: 'open'; readonly modelUrl: string; readonly wasmUrl: string }
  /** Frames are taken from here until it ends; a new one replaces it. */
  | { readonly type: 'frames'; readonly readable: ReadableStream<VideoFrame> }
  /** One frame, where the browser hands out no stream of them; it is closed here. */
  | { readonly type: 'frame'; readonly frame: VideoFrame | ImageBitmap; readonly capturedMs: number };

export type FromTracker =
  | { readonly type: 'opened'; readonly delegate: 'GPU' | 'CPU' }
  | { readonly type: 'failed'; readonly reason: string }
  | {
      readonly type: 'face';
      /** Browser clock, ms since the Unix epoch. */
      readonly capturedMs: number;
      readonly imageWidth: number;
      readonly imageHeight: number;
      /** `[478, 3]` pixels; empty while no face is seen. */
      readonly landmarks: Float32Array;
      /** From the frame's arrival to here. */
      readonly trackingMs: number;
      /** Frames passed over since the last, because the tracker was busy. */
      readonly dropped: number;
    };

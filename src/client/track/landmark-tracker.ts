import { ServerError } from '../session/server-error.ts';
import type { FromTracker, ToTracker } from './landmark-messages.ts';

const MODEL_URL = '/models/face_landmarker.task';
const WASM_URL = '/wasm';
const OPEN_TIMEOUT_MS = 60_000;

export type Face = Extract<FromTracker, { type: 'face' }>;

interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
type TrackProcessorClass = new (init: { track: MediaStreamTrack; maxBufferSize?: number }) => TrackProcessor;

/** The face landmarker in its worker. Idempotent `close()`. */
export class LandmarkTracker {
  readonly delegate: 'GPU' | 'CPU';
  private readonly worker: Worker;
  private readonly onFace: (face: Face) => void;
  private stopSource: () => void = () => {};
  private busy = false;

  private constructor(worker: Worker, delegate: 'GPU' | 'CPU', onFace: (face: Face) => void) {
    this.worker = worker;
    this.delegate = delegate;
    this.onFace = onFace;
    worker.addEventListener('message', ({ data }: MessageEvent<FromTracker>) => {
      if (data.type !== 'face') return;
      this.busy = false;
      this.onFace(data);
    });
  }

  /** @throws ServerError PRIVATE_UNAVAILABLE where model, WebAssembly or worker can't be had */
  static async open(onFace: (face: Face) => void): Promise<LandmarkTracker> {
    const model = await fetch(MODEL_URL, { method: 'HEAD' }).catch(() => null);
    if (!model?.ok) throw new ServerError('PRIVATE_UNAVAILABLE', 'The server has no face model.');
    const worker = new Worker(new URL('./landmark-worker.ts', import.meta.url), { type: 'module' });
    try {
      const delegate = await new Promise<'GPU' | 'CPU'>((resolve, reject) => {
        const fail = (reason: string) => reject(new ServerError('PRIVATE_UNAVAILABLE', reason));
        setTimeout(() => fail('The face model did not start.'), OPEN_TIMEOUT_MS);
        worker.addEventListener('error', () => fail('The worker did not start.'), { once: true });
        worker.addEventListener('message', ({ data }: MessageEvent<FromTracker>) => {
          if (data.type === 'opened') resolve(data.delegate);
          else if (data.type === 'failed') fail(data.reason);
        });
        post(worker, { type: 'open', modelUrl: MODEL_URL, wasmUrl: WASM_URL });
      });
      return new LandmarkTracker(worker, delegate, onFace);
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  /** Takes the face from this track, which stays the caller's; replaces the one before. */
  follow(track: MediaStreamTrack): void {
    this.stopSource();
    const Processor = (globalThis as { MediaStreamTrackProcessor?: TrackProcessorClass })
      .MediaStreamTrackProcessor;
    // Its clone ends with the tracker, so that the processor lets go of the camera.
    const clone = track.clone();
    if (Processor) {
      const { readable } = new Processor({ track: clone, maxBufferSize: 1 });
      post(this.worker, { type: 'frames', readable }, [readable as unknown as Transferable]);
      this.stopSource = () => clone.stop();
    } else {
      const stop = this.sendFrames(clone);
      this.stopSource = () => {
        stop();
        clone.stop();
      };
    }
  }

  close(): void {
    this.stopSource();
    this.stopSource = () => {};
    this.worker.terminate();
  }

  /** Without a stream of frames: one at a time from a hidden video element, none while the worker is busy. */
  private sendFrames(track: MediaStreamTrack): () => void {
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    void video.play();
    const next = async () => {
      handle = video.requestVideoFrameCallback(next);
      if (this.busy) return;
      this.busy = true;
      const capturedMs = performance.timeOrigin + performance.now();
      const frame = await createImageBitmap(video);
      post(this.worker, { type: 'frame', frame, capturedMs }, [frame]);
    };
    let handle = video.requestVideoFrameCallback(next);
    return () => {
      video.cancelVideoFrameCallback(handle);
      video.srcObject = null;
    };
  }
}

function post(worker: Worker, message: ToTracker, transfer: Transferable[] = []): void {
  worker.postMessage(message, transfer);
}

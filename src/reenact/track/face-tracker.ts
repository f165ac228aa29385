import { Worker } from 'node:worker_threads';
import { LokiError } from '../../errors.ts';
import { type FrameStamp, type RgbaImage, stampOf, type VideoFrame } from '../frame.ts';
import { defaultFaceModelPaths } from './face-models.ts';
import { PictureSlots } from './picture-slots.ts';
import type {
  LocatedFace,
  SharedPicture,
  TrackReply,
  TrackRequest,
  TrackWorkerData,
} from './track-messages.ts';
import type { FaceBox, FaceTracker, LandmarkCount, TrackedFace, TrackResult } from './types.ts';

export interface FaceTrackerOptions {
  /**
   * Where the networks are looked for, the first that exists: `.task` bundles or folders of the npm package
   * `@mediapipe/face_mesh`. Default `defaultFaceModelPaths()`.
   */
  readonly modelPaths?: readonly string[];
  /**
   * False: from the npm package take the plain mesh, 468 points without irises and with coarser lips and lids, for
   * less time. Default true: 478 points from either source.
   */
  readonly refine?: boolean;
  /**
   * Threads of the inference, 1 to 4; default 1, which leaves a second core to the caller. More can only pay
   * where cores are idle.
   */
  readonly numThreads?: number;
}

const MAX_THREADS = 4;
/** Pictures on their way to the thread; further calls wait. */
const MAX_IN_FLIGHT = 3;
const STILL_STAMP: FrameStamp = { sequence: 0, ptsMs: 0, captureTimeMs: 0 };

/**
 * Starts the tracker's thread.
 *
 * @throws LokiError `INVALID_OPTION`, `MODEL_MISSING`, `MODEL_INVALID`, `WORKER_DIED`.
 */
export async function createFaceTracker(options: FaceTrackerOptions = {}): Promise<FaceTracker> {
  const { modelPaths = defaultFaceModelPaths(), refine = true, numThreads = 1 } = options;
  if (!Number.isInteger(numThreads) || numThreads < 1 || numThreads > MAX_THREADS) {
    throw new LokiError(
      'INVALID_OPTION',
      `The tracker takes 1 to ${MAX_THREADS} threads, not ${numThreads}.`,
    );
  }
  const workerData: TrackWorkerData = { modelPaths, refine, numThreads };
  const worker = new Worker(new URL('./track-worker.ts', import.meta.url), {
    workerData,
    name: 'face-tracker',
    execArgv: ['--import', new URL('./register-typescript.mjs', import.meta.url).href],
  });
  return ThreadedFaceTracker.start(worker);
}

type Reply = Extract<TrackReply, { id: number }>;

interface Pending {
  resolve(reply: Reply): void;
  reject(error: LokiError): void;
}

class ThreadedFaceTracker implements FaceTracker {
  readonly points: LandmarkCount;
  readonly source: string;
  readonly #worker: Worker;
  readonly #slots = new PictureSlots(MAX_IN_FLIGHT);
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  /** Why no more calls are taken; null while the thread lives. */
  #ended: LokiError | null = null;
  readonly #exited: Promise<void>;

  static async start(worker: Worker): Promise<FaceTracker> {
    try {
      const first = await firstReply(worker);
      if (first.kind === 'ready') return new ThreadedFaceTracker(worker, first.points, first.source);
      throw first.kind === 'refused' ? new LokiError(first.code, first.message) : died('unexpected reply');
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  private constructor(worker: Worker, points: LandmarkCount, source: string) {
    this.#worker = worker;
    this.points = points;
    this.source = source;
    worker.on('message', (reply: Reply) => {
      this.#pending.get(reply.id)?.resolve(reply);
      this.#pending.delete(reply.id);
    });
    worker.on('error', (error) => this.#end(died(error.message, error)));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (status) => {
        this.#end(died(`exit status ${status}`));
        resolve();
      });
    });
  }

  async track(frame: VideoFrame): Promise<TrackResult> {
    const stamp = stampOf(frame);
    const reply = await this.#ask(frame.image, (id, picture) => ({ kind: 'track', id, picture }));
    return { ...stamp, face: this.#faceOf(reply, stamp, frame.image) };
  }

  async detect(image: RgbaImage): Promise<FaceBox[]> {
    const reply = await this.#ask(image, (id, picture) => ({ kind: 'detect', id, picture }));
    return reply.kind === 'boxes' ? reply.boxes : [];
  }

  async trackStill(image: RgbaImage, box?: FaceBox): Promise<TrackedFace | null> {
    const reply = await this.#ask(image, (id, picture) => ({ kind: 'still', id, picture, box: box ?? null }));
    return this.#faceOf(reply, STILL_STAMP, image);
  }

  reset(): void {
    if (this.#ended === null) this.#worker.postMessage({ kind: 'reset' } satisfies TrackRequest);
  }

  async close(): Promise<void> {
    if (this.#ended === null) {
      // A thread that is terminated while ONNX Runtime works in it takes the whole process with it.
      this.#worker.postMessage({ kind: 'end' } satisfies TrackRequest);
      this.#end(new LokiError('CANCELLED', 'The face tracker was closed.'));
    }
    await this.#exited;
  }

  async #ask(
    image: RgbaImage,
    request: (id: number, picture: SharedPicture) => TrackRequest,
  ): Promise<Reply> {
    const { width, height, data } = image;
    if (!(width >= 1 && height >= 1) || data.length !== width * height * 4) {
      throw new LokiError('INTERNAL', `A picture of ${width}x${height} can't have ${data.length} bytes.`);
    }
    this.#requireAlive();
    const slot = await this.#slots.acquire(data.length);
    try {
      this.#requireAlive();
      new Uint8Array(slot.pixels).set(data);
      const id = this.#nextId++;
      return await new Promise<Reply>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        this.#worker.postMessage(request(id, { pixels: slot.pixels, width, height }));
      });
    } finally {
      this.#slots.release(slot);
    }
  }

  #faceOf(reply: Reply, stamp: FrameStamp, image: RgbaImage): TrackedFace | null {
    const face: LocatedFace | null = reply.kind === 'face' ? reply.face : null;
    if (face === null) return null;
    return { ...stamp, ...face, points: this.points, imageWidth: image.width, imageHeight: image.height };
  }

  #requireAlive(): void {
    if (this.#ended !== null) throw this.#ended;
  }

  /** Rejects what is pending and whatever is asked from now on; only the first reason counts. */
  #end(reason: LokiError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    for (const pending of this.#pending.values()) pending.reject(reason);
    this.#pending.clear();
  }
}

function firstReply(worker: Worker): Promise<TrackReply> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => reject(died(error.message, error)));
    worker.once('exit', (status) => reject(died(`exit status ${status}`)));
  });
}

function died(why: string, cause?: unknown): LokiError {
  return new LokiError('WORKER_DIED', `The face tracker's thread ended unexpectedly (${why}).`, { cause });
}

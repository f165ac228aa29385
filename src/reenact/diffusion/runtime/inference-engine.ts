import { Worker } from 'node:worker_threads';
import { LokiError } from '../../../errors.ts';
import type { ModelPack } from '../pack/load-pack.ts';
import {
  createExchange,
  type FrameExchange,
  type FromInference,
  type IdentityTensors,
  type InferenceInfo,
  type InferenceOptions,
  type InferenceThreadData,
  type InferenceTimes,
  type ToInference,
} from './inference-messages.ts';

export const DEFAULT_INFERENCE: InferenceOptions = {
  provider: 'auto',
  precision: 'auto',
  threads: 1,
  maxBatch: 4,
};

/** So many frames of a stream are in the making at once. */
const EXCHANGES = 2;

type Answer = Extract<FromInference, { id: number | null }>;

interface Pending {
  resolve(answer: Answer): void;
  reject(error: LokiError): void;
}

/**
 * A pack's networks in a thread of their own. Every promise rejects with `WORKER_DIED` when the thread ends by itself
 * and with `CANCELLED` once the engine is closed.
 */
export class InferenceEngine {
  readonly pack: ModelPack;
  readonly info: InferenceInfo;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #nextStream = 0;
  /** Why no more calls are taken; null while the thread lives. */
  #ended: LokiError | null = null;
  readonly #exited: Promise<void>;

  /** @throws LokiError PACK_INVALID, INFERENCE_FAILED, WORKER_DIED */
  static async open(pack: ModelPack, options: Partial<InferenceOptions> = {}): Promise<InferenceEngine> {
    const data: InferenceThreadData = { pack, options: { ...DEFAULT_INFERENCE, ...options } };
    const worker = new Worker(new URL('./inference-thread.ts', import.meta.url), {
      workerData: data,
      name: 'inference',
      execArgv: ['--import', new URL('../../track/register-typescript.mjs', import.meta.url).href],
    });
    try {
      const first = await firstReply(worker);
      if (first.kind === 'ready') return new InferenceEngine(worker, pack, first.info);
      throw first.kind === 'refused' ? new LokiError(first.code, first.message) : died('unexpected reply');
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  private constructor(worker: Worker, pack: ModelPack, info: InferenceInfo) {
    this.#worker = worker;
    this.pack = pack;
    this.info = info;
    worker.on('message', (reply: Answer) => this.#settle(reply));
    worker.on('error', (error) => this.#end(died(error.message, error)));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (status) => {
        this.#end(died(`exit status ${status}`));
        resolve();
      });
    });
  }

  get alive(): boolean {
    return this.#ended === null;
  }

  /**
   * Keys and values of a portrait, once an avatar.
   *
   * @param portrait `[R, R, 3]` RGB @param map `[C, S, S]`
   * @throws LokiError PACK_INVALID, PROVIDER_FAILED, INFERENCE_FAILED
   */
  async identify(portrait: Uint8Array, map: Float32Array): Promise<IdentityTensors> {
    const answer = await this.#ask((id) => ({ kind: 'identify', id, portrait, map }));
    if (answer.kind !== 'identity')
      throw new LokiError('INTERNAL', 'The inference thread gave another answer.');
    return answer.tensors;
  }

  /**
   * Begins a stream of frames of one avatar.
   *
   * @param frames the most that are made at once
   */
  openStream(identity: IdentityTensors, seed: number, frames = 1): InferenceStream {
    const stream = this.#nextStream++;
    const count = frames === 1 ? EXCHANGES : 1;
    const exchanges = Array.from({ length: count }, () => createExchange(this.pack.layout, frames));
    this.#post({ kind: 'open', stream, identity, seed, exchanges });
    return {
      exchanges,
      run: async (count, steps, exchange = 0) => {
        const answer = await this.#ask((id) => ({
          kind: 'run',
          id,
          stream,
          exchange,
          frames: count,
          steps,
        }));
        if (answer.kind !== 'frames')
          throw new LokiError('INTERNAL', 'The inference thread gave another answer.');
        return answer.times;
      },
      close: () => this.#post({ kind: 'close', stream }),
    };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#ended === null) {
      this.#post({ kind: 'end' });
      this.#end(new LokiError('CANCELLED', 'The inference engine was closed.'));
    }
    await this.#exited;
  }

  #ask(request: (id: number) => ToInference): Promise<Answer> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#post(request(id));
    });
  }

  #post(message: ToInference): void {
    if (this.#ended === null) this.#worker.postMessage(message);
  }

  #settle(answer: Answer): void {
    const pending = answer.id === null ? undefined : this.#pending.get(answer.id);
    if (pending === undefined) return;
    this.#pending.delete(answer.id!);
    if (answer.kind === 'refused') pending.reject(new LokiError(answer.code, answer.message));
    else pending.resolve(answer);
  }

  /** Rejects what is pending and whatever is asked from now on; only the first reason counts. */
  #end(reason: LokiError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    for (const pending of this.#pending.values()) pending.reject(reason);
    this.#pending.clear();
  }
}

/** One avatar's frames, in order. Calls are answered in order; each needs an exchange that no other call has meanwhile. */
export interface InferenceStream {
  /** Several where frames are made one by one: while the networks see one, another is written and read. */
  readonly exchanges: readonly FrameExchange[];
  /**
   * Makes the next `count` frames of what was written into an exchange, in `steps` denoising steps.
   *
   * @param exchange which one, the first by default
   * @throws LokiError INFERENCE_FAILED, PROVIDER_FAILED (a GPU's memory), WORKER_DIED, CANCELLED
   */
  run(count: number, steps: number, exchange?: number): Promise<InferenceTimes>;
  /** Idempotent. */
  close(): void;
}

function firstReply(worker: Worker): Promise<FromInference> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => reject(died(error.message, error)));
    worker.once('exit', (status) => reject(died(`exit status ${status}`)));
  });
}

function died(why: string, cause?: unknown): LokiError {
  return new LokiError('WORKER_DIED', `The inference thread ended unexpectedly (${why}).`, { cause });
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { PortraitCheck } from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';
import type { AvatarThreadData, AvatarThreadReply, AvatarThreadRequest } from './avatar-thread-messages.ts';

/** For the step of an avatar's preparation that runs. */
const END_GRACE_MS = 5000;
/** A thread with nothing to do ends after this time: it holds a head model and a tracker. */
const IDLE_MS = 60_000;
/** Requests that wait; further ones are refused. */
const MAX_PENDING = 32;

interface Pending {
  resolve(reply: AvatarThreadReply): void;
  reject(error: LokiError): void;
}

/**
 * Prepares avatars and checks portraits in a thread of low priority, which starts with the first request. Every
 * promise rejects with `WORKER_DIED` when the thread dies (the next request starts another), with `CANCELLED` when
 * the builder is closed, with `SERVER_BUSY` when too many requests wait.
 */
export class AvatarBuilder {
  readonly #data: AvatarThreadData;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | undefined;
  #nextId = 0;
  #closed = false;

  constructor(data: AvatarThreadData) {
    this.#data = data;
  }

  /** Resolves once the avatar is in the store. @throws LokiError of the portrait, in words for who chose it */
  async prepare(path: string, sizePx: number): Promise<void> {
    await this.#ask((id) => ({ kind: 'prepare', id, path, sizePx }));
  }

  async check(path: string): Promise<PortraitCheck> {
    const reply = await this.#ask((id) => ({ kind: 'check', id, path }));
    if (reply.kind !== 'checked') throw new LokiError('INTERNAL', 'The avatar thread gave another answer.');
    return reply.check;
  }

  /** Ends the thread; idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#stop(new LokiError('CANCELLED', 'The avatar builder was closed.'));
  }

  #ask(request: (id: number) => AvatarThreadRequest): Promise<AvatarThreadReply> {
    if (this.#closed) return Promise.reject(new LokiError('CANCELLED', 'The avatar builder was closed.'));
    if (this.#pending.size >= MAX_PENDING)
      return Promise.reject(
        new LokiError('SERVER_BUSY', 'Too many pictures wait to be read: try again in a minute.'),
      );
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.postMessage(request(id));
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./avatar-thread.ts', import.meta.url), {
      workerData: this.#data,
      name: 'avatar-builder',
      execArgv: ['--import', new URL('../track/register-typescript.mjs', import.meta.url).href],
    });
    worker.on('message', (reply: AvatarThreadReply) => this.#settle(reply));
    worker.on('error', (cause) => this.#died(worker, cause.message, cause));
    worker.on('exit', (status) => this.#died(worker, `exit status ${status}`));
    return worker;
  }

  #settle(reply: AvatarThreadReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.kind === 'refused') pending?.reject(new LokiError(reply.code, reply.message));
    else pending?.resolve(reply);
    if (this.#pending.size > 0) return;
    this.#idle = setTimeout(() => void this.#stop(null), IDLE_MS);
    this.#idle.unref();
  }

  #died(worker: Worker, why: string, cause?: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#rejectAll(
      new LokiError('WORKER_DIED', `The thread that prepares avatars ended unexpectedly (${why}).`, {
        cause,
      }),
    );
  }

  async #stop(reason: LokiError | null): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = null;
    if (reason !== null) this.#rejectAll(reason);
    if (worker !== null) await endWorker(worker);
  }

  #rejectAll(reason: LokiError): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(reason);
  }
}

/** A thread that is terminated while ONNX Runtime works in it, or in one that it started, takes the whole process with it. */
async function endWorker(worker: Worker): Promise<void> {
  const exited = once(worker, 'exit');
  worker.postMessage({ kind: 'end' } satisfies AvatarThreadRequest);
  const late = setTimeout(() => void worker.terminate(), END_GRACE_MS);
  await exited;
  clearTimeout(late);
}

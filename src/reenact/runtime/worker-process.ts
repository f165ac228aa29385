import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { LokiError } from '../../errors.ts';
import { Heartbeat } from './heartbeat.ts';
import { IpcOutbox } from './ipc-outbox.ts';
import {
  type FromWorker,
  fromWorker,
  type ToWorker,
  type WorkerAnswer,
  type WorkerRequest,
} from './messages.ts';
import { schedulerWaitMs } from './scheduler-wait.ts';

const TYPESCRIPT = new URL('../track/register-typescript.mjs', import.meta.url).href;
const WORKER_MAIN = fileURLToPath(new URL('./worker-main.ts', import.meta.url));
const HEARTBEAT_MS = 200;
const START_LIMIT_MS = 30_000;
/** A process that was asked to end is killed after this time. */
const SHUTDOWN_LIMIT_MS = 2000;
/** Decoders, encoders and file reads wait in libuv's pool. */
const THREAD_POOL_SIZE = '8';

export type DeathCause = 'crash' | 'hang' | 'closed';

/** What the process says of itself with every answer to a ping. */
export interface ProcessUsage {
  readonly rssBytes: number;
  readonly cpuSeconds: number;
  readonly loopBusySeconds: number;
}

export type WorkerReport = Exclude<FromWorker, { id: number } | { kind: 'pong' }>;
export type WorkerInit = Omit<Extract<ToWorker, { kind: 'init' }>, 'kind' | 'id'>;

interface WorkerProcessEvents {
  report: [report: WorkerReport];
  /** Once, after everything pending was rejected. */
  death: [cause: DeathCause, detail: string];
}

interface Pending {
  resolve(answer: WorkerAnswer): void;
  reject(error: LokiError): void;
}

type WithoutId<R> = R extends { id: number } ? Omit<R, 'id'> : never;

/** One child process, from fork to death: requests and answers, heartbeat, end. */
export class WorkerProcess extends EventEmitter<WorkerProcessEvents> {
  readonly pid: number;
  /** Resolves when it can take sessions. @throws LokiError MODEL_MISSING, MODEL_INVALID, WORKER_DIED */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #outbox: IpcOutbox<ToWorker>;
  readonly #pending = new Map<number, Pending>();
  readonly #startLimit: NodeJS.Timeout;
  #heartbeat: NodeJS.Timeout | undefined;
  #nextId = 0;
  #cause: DeathCause = 'crash';
  #dead = false;
  #usage: ProcessUsage = { rssBytes: 0, cpuSeconds: 0, loopBusySeconds: 0 };
  #heard: (() => void) | null = null;

  constructor(init: WorkerInit, hangMs: number) {
    super();
    this.#child = fork(WORKER_MAIN, {
      execArgv: ['--import', TYPESCRIPT],
      serialization: 'advanced',
      // Standard output belongs to the command line: whatever a library prints goes where the log goes.
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { ...process.env, UV_THREADPOOL_SIZE: THREAD_POOL_SIZE },
    });
    this.pid = this.#child.pid ?? -1;
    this.#outbox = new IpcOutbox<ToWorker>(this.#child);
    this.#child.on('message', (raw) => this.#receive(raw));
    this.#child.on('error', (error) => this.#died(error.message));
    this.#child.on('exit', (status, signal) => this.#died(signal ?? `exit status ${status}`));
    this.#startLimit = setTimeout(() => this.kill('hang'), START_LIMIT_MS);
    this.ready = this.request({ kind: 'init', ...init }).then(() => {
      clearTimeout(this.#startLimit);
      this.#watch(hangMs);
    });
    // Whoever starts it looks at `ready` or at `death`, not always at both.
    this.ready.catch(() => undefined);
  }

  get usage(): ProcessUsage {
    return this.#usage;
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#outbox.drops;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** @throws LokiError as the worker refuses it, WORKER_DIED */
  request(message: WithoutId<WorkerRequest>): Promise<WorkerAnswer> {
    if (this.#dead) return Promise.reject(died('it had ended before'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#outbox.send({ ...message, id } as WorkerRequest);
    });
  }

  post(message: Exclude<ToWorker, { id: number }>): void {
    if (!this.#dead) this.#outbox.send(message);
  }

  /** For what only the latest counts of: at most one waits for a key. */
  postLatest(key: string, message: Exclude<ToWorker, { id: number }>): void {
    if (!this.#dead) this.#outbox.sendLatest(key, message);
  }

  kill(cause: DeathCause): void {
    if (this.#dead) return;
    this.#cause = cause;
    this.#child.kill('SIGKILL');
  }

  /** Lets the process close its sessions and waits for its end; idempotent. */
  async close(): Promise<void> {
    if (this.#dead) return;
    this.#cause = 'closed';
    const ended = new Promise<void>((resolve) => this.once('death', () => resolve()));
    this.#outbox.send({ kind: 'shutdown' });
    const limit = setTimeout(() => this.kill('closed'), SHUTDOWN_LIMIT_MS);
    await ended;
    clearTimeout(limit);
  }

  #watch(hangMs: number): void {
    const heartbeat = new Heartbeat({ hangMs, intervalMs: HEARTBEAT_MS }, performance.now());
    let sequence = 0;
    this.#heard = () => heartbeat.heard(performance.now());
    this.#heartbeat = setInterval(() => {
      if (heartbeat.tick(performance.now(), schedulerWaitMs(this.pid))) return this.kill('hang');
      this.#outbox.sendLatest('ping', { kind: 'ping', sequence: sequence++ });
    }, HEARTBEAT_MS);
  }

  #receive(raw: unknown): void {
    const parsed = fromWorker.safeParse(raw);
    // A process that talks nonsense can't be relied on; it is replaced like one that crashed.
    if (!parsed.success) {
      this.kill('crash');
      return;
    }
    const message = parsed.data;
    this.#heard?.();
    if (message.kind === 'pong') {
      this.#usage = message;
    } else if ('id' in message) {
      const pending = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if (message.kind === 'refused') pending?.reject(new LokiError(message.code, message.message));
      else pending?.resolve(message);
    } else {
      this.emit('report', message);
    }
  }

  #died(detail: string): void {
    if (this.#dead) return;
    this.#dead = true;
    clearTimeout(this.#startLimit);
    clearInterval(this.#heartbeat);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(died(detail));
    this.emit('death', this.#cause, detail);
  }
}

function died(detail: string): LokiError {
  return new LokiError('WORKER_DIED', `The reenactment worker ended unexpectedly (${detail}).`);
}

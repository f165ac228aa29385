import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { LokiError } from '../../errors.ts';
import { type HangLimits, Heartbeat } from './heartbeat.ts';
import { IpcOutbox } from './ipc-outbox.ts';
import {
  type FromWorker,
  fromWorker,
  type ToWorker,
  type WorkerAnswer,
  type WorkerRequest,
} from './messages.ts';
import { isRunnable, processVitals } from './process-vitals.ts';

const TYPESCRIPT = new URL('../track/register-typescript.mjs', import.meta.url).href;
const WORKER_MAIN = fileURLToPath(new URL('./worker-main.ts', import.meta.url));
/** Where sessions run, and where nobody waits. */
const HEARTBEAT_MS = 200;
const SPARE_HEARTBEAT_MS = 1000;
/** It answers, but never becomes ready. Loading takes 2 s where it has the cores, and far longer where it has not. */
const START_LIMIT_MS = 120_000;
/** In multiples of `hangMs`, where sessions run. */
const PATIENCE = 30;
/** While a session opens or changes its avatar: that is CPU time of the main thread, too. */
const OPENING = 5;
/** Where nobody waits: it loads, rehearses, or has nothing to do. */
const WITHOUT_SESSIONS = { asleep: 8, busy: 15, patience: 60 };
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

export type WorkerReport = Exclude<FromWorker, { id: number } | { kind: 'pong' | 'engine' }>;
export type EngineReport = Extract<FromWorker, { kind: 'engine' }>;
export type WorkerInit = Omit<Extract<ToWorker, { kind: 'init' }>, 'kind' | 'id'>;

interface WorkerProcessEvents {
  report: [report: WorkerReport];
  engine: [report: EngineReport];
  /** Once, after everything pending was rejected. */
  death: [cause: DeathCause, detail: string];
}

interface Pending {
  readonly kind: WorkerRequest['kind'];
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
  readonly #hangMs: number;
  readonly #heartbeat: Heartbeat;
  #heartbeatTimer: NodeJS.Timeout;
  /** Names of the sessions that run in it. */
  readonly #sessions = new Set<string>();
  #nextId = 0;
  #pings = 0;
  #cause: DeathCause = 'crash';
  #dead = false;
  #usage: ProcessUsage = { rssBytes: 0, cpuSeconds: 0, loopBusySeconds: 0 };
  /** More about the cause, where this side knows it better than the exit status. */
  #detail: string | null = null;

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
    this.#hangMs = hangMs;
    this.#heartbeat = new Heartbeat(performance.now());
    this.#heartbeatTimer = setTimeout(() => this.#beat(), HEARTBEAT_MS);
    this.#startLimit = setTimeout(() => this.kill('hang', 'it did not become ready'), START_LIMIT_MS);
    this.ready = this.request({ kind: 'init', ...init }).then(() => clearTimeout(this.#startLimit));
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
  async request(message: WithoutId<WorkerRequest>): Promise<WorkerAnswer> {
    if (this.#dead) throw died('it had ended before');
    if (message.kind === 'close') this.#sessions.delete(message.sessionId);
    const answer = await this.#exchange(message);
    if (message.kind === 'open') this.#sessions.add(message.spec.sessionId);
    return answer;
  }

  #exchange(message: WithoutId<WorkerRequest>): Promise<WorkerAnswer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { kind: message.kind, resolve, reject });
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

  kill(cause: DeathCause, detail: string | null = null): void {
    if (this.#dead) return;
    this.#cause = cause;
    this.#detail = detail;
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

  #beat(): void {
    const { pid } = this;
    const limits = this.#hangLimits();
    const hang = this.#heartbeat.tick(performance.now(), processVitals(pid), () => isRunnable(pid), limits);
    if (hang !== null) {
      this.kill('hang', hang);
      return;
    }
    this.#outbox.sendLatest('ping', { kind: 'ping', sequence: this.#pings++ });
    this.#heartbeatTimer = setTimeout(() => this.#beat(), limits.intervalMs);
  }

  #hangLimits(): HangLimits {
    const ms = this.#hangMs;
    if (this.#sessions.size === 0) {
      const { asleep, busy, patience } = WITHOUT_SESSIONS;
      return {
        intervalMs: SPARE_HEARTBEAT_MS,
        asleepMs: asleep * ms,
        busyMs: busy * ms,
        patienceMs: patience * ms,
      };
    }
    const opening = [...this.#pending.values()].some(({ kind }) => kind === 'open' || kind === 'setAvatar');
    return {
      intervalMs: HEARTBEAT_MS,
      asleepMs: ms,
      busyMs: opening ? OPENING * ms : ms,
      patienceMs: PATIENCE * ms,
    };
  }

  #receive(raw: unknown): void {
    const parsed = fromWorker.safeParse(raw);
    // A process that talks nonsense can't be relied on; it is replaced like one that crashed.
    if (!parsed.success) {
      this.kill('crash', 'it sent what is no message');
      return;
    }
    const message = parsed.data;
    this.#heartbeat.heard(performance.now());
    if (message.kind === 'pong') {
      this.#usage = message;
    } else if (message.kind === 'engine') {
      this.emit('engine', message);
    } else if ('id' in message) {
      const pending = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if (message.kind === 'refused') pending?.reject(new LokiError(message.code, message.message));
      else pending?.resolve(message);
    } else {
      if (message.kind === 'failed') this.#sessions.delete(message.sessionId);
      this.emit('report', message);
    }
  }

  #died(status: string): void {
    if (this.#dead) return;
    this.#dead = true;
    const detail = this.#detail ?? status;
    clearTimeout(this.#startLimit);
    clearTimeout(this.#heartbeatTimer);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(died(detail));
    this.emit('death', this.#cause, detail);
  }
}

function died(detail: string): LokiError {
  return new LokiError('WORKER_DIED', `The reenactment worker ended unexpectedly (${detail}).`);
}

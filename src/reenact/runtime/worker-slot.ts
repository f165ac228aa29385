import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { LokiError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { BLAME_WINDOW_MS, restartDelayMs } from './blame.ts';
import type { ProcessPool } from './process-pool.ts';
import type { DeathCause, WorkerProcess, WorkerReport } from './worker-process.ts';

interface WorkerSlotEvents {
  report: [report: WorkerReport];
  /** The process died; another is on its way. */
  death: [cause: DeathCause];
  /** Several in a row could not start; it goes on trying. */
  unstartable: [error: LokiError];
}

/** Failed starts in a row after which the sessions that wait are given up. */
const MAX_FAILED_STARTS = 4;

/** A place for one worker process and the sessions `S` in it, that is filled again whenever the process dies, until it is closed. */
export class WorkerSlot<S> extends EventEmitter<WorkerSlotEvents> {
  readonly sessions = new Set<S>();
  readonly #deathsMs: number[] = [];
  #process: WorkerProcess | null = null;
  #starting: Promise<WorkerProcess>;
  #closed = false;

  /** @param name stable across restarts */
  constructor(
    readonly name: string,
    private readonly pool: ProcessPool,
    private readonly log: Logger,
  ) {
    super();
    this.#starting = this.#start();
    this.#starting.catch(() => undefined);
  }

  /** Null while there is none that is ready. */
  get process(): WorkerProcess | null {
    return this.#process;
  }

  /** The process, once it is ready. @throws LokiError SHUTTING_DOWN when the slot is closed */
  ready(): Promise<WorkerProcess> {
    return this.#starting;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#process?.close();
  }

  async #start(): Promise<WorkerProcess> {
    for (let failures = 1; ; failures++) {
      await delay(restartDelayMs(this.#recentDeaths() + failures - 1));
      this.#requireOpen();
      try {
        const process = await this.pool.take();
        if (this.#closed) void process.close();
        this.#requireOpen();
        this.#adopt(process);
        return process;
      } catch (error) {
        if (!(error instanceof LokiError) || this.#closed) throw error;
        this.log.error({ worker: this.name, code: error.code }, 'reenactment worker could not start');
        // What is missing or damaged is so the next time, too.
        if (failures >= MAX_FAILED_STARTS || error.code !== 'WORKER_DIED') this.emit('unstartable', error);
      }
    }
  }

  #adopt(process: WorkerProcess): void {
    this.#process = process;
    process.on('report', (report) => this.emit('report', report));
    process.once('death', (cause, detail) => {
      this.#process = null;
      if (this.#closed) return;
      this.#deathsMs.push(performance.now());
      this.log.warn({ worker: this.name, pid: process.pid, cause, detail }, 'reenactment worker ended');
      this.#starting = this.#start();
      this.#starting.catch(() => undefined);
      this.emit('death', cause);
    });
  }

  #recentDeaths(): number {
    const since = performance.now() - BLAME_WINDOW_MS;
    while (this.#deathsMs[0] < since) this.#deathsMs.shift();
    return this.#deathsMs.length;
  }

  #requireOpen(): void {
    if (this.#closed) throw new LokiError('SHUTTING_DOWN', 'The server is shutting down.');
  }
}

function delay(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}

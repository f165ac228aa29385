import { EventEmitter } from 'node:events';
import type { Logger } from '../../log.ts';
import { type WorkerInit, WorkerProcess } from './worker-process.ts';

export interface ProcessPoolOptions {
  readonly init: WorkerInit;
  readonly hangMs: number;
  /** Keep one process ready ahead. */
  readonly spare: boolean;
  readonly log: Logger;
}

/** A process that takes over needs the cores for itself first; the next spare comes after. */
const REFILL_AFTER_MS = 3000;
const REFILL_AFTER_FAILURE_MS = 10_000;

/** Starts worker processes, and keeps a spare one that has its models loaded; `spare` says when that is ready. */
export class ProcessPool extends EventEmitter<{ spare: [process: WorkerProcess] }> {
  readonly #options: ProcessPoolOptions;
  #spare: WorkerProcess | null = null;
  readonly #alive = new Set<WorkerProcess>();
  /** Of processes that have ended. */
  readonly #pastDrops: Record<string, number> = {};
  #refill: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ProcessPoolOptions) {
    super();
    this.#options = options;
  }

  /** The spare; null while there is none. It may still be loading. */
  get spare(): WorkerProcess | null {
    return this.#spare;
  }

  /** Messages that processes were too slow for, by kind, of all processes there ever were. */
  get drops(): Record<string, number> {
    const sum = { ...this.#pastDrops };
    for (const { drops } of this.#alive) addCounts(sum, drops);
    return sum;
  }

  /** A process that is ready and now the caller's. @throws LokiError MODEL_MISSING, MODEL_INVALID, WORKER_DIED */
  async take(): Promise<WorkerProcess> {
    const process = this.#spare ?? this.#start();
    if (process === this.#spare) {
      this.#spare = null;
      this.fill(REFILL_AFTER_MS);
    }
    await process.ready;
    return process;
  }

  /** Starts a spare, in a while, where one is wanted. */
  fill(afterMs = 0): void {
    if (!this.#options.spare || this.#closed || this.#spare !== null) return;
    clearTimeout(this.#refill);
    this.#refill = setTimeout(() => {
      if (this.#spare !== null || this.#closed) return;
      const spare = this.#start();
      this.#spare = spare;
      spare.ready.then(
        () => this.emit('spare', spare),
        () => undefined,
      );
      spare.once('death', (cause, detail) => {
        if (this.#spare !== spare) return;
        this.#spare = null;
        this.#options.log.warn({ cause, detail }, 'spare reenactment worker ended');
        this.fill(REFILL_AFTER_FAILURE_MS);
      });
    }, afterMs);
  }

  /** Ends every process that it ever started. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#refill);
    this.#spare = null;
    await Promise.all([...this.#alive].map((process) => process.close()));
  }

  #start(): WorkerProcess {
    const process = new WorkerProcess(this.#options.init, this.#options.hangMs);
    this.#alive.add(process);
    process.on('engine', ({ news, detail }) => {
      const { pid } = process;
      if (news === 'opened') this.#options.log.info({ pid, detail }, 'networks loaded');
      else this.#options.log.warn({ pid, news, detail }, 'networks not available');
    });
    process.once('death', () => {
      this.#alive.delete(process);
      addCounts(this.#pastDrops, process.drops);
    });
    return process;
  }
}

function addCounts(sum: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [kind, count] of Object.entries(counts)) sum[kind] = (sum[kind] ?? 0) + count;
}

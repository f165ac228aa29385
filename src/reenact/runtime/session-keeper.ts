import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { SessionState, SessionStats } from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { judge } from './blame.ts';
import type { ProcessPool } from './process-pool.ts';
import type { SessionRecord, SessionSlot } from './session-record.ts';
import type { DeathCause, WorkerProcess, WorkerReport } from './worker-process.ts';
import { WorkerSlot } from './worker-slot.ts';

interface SessionKeeperEvents {
  stats: [stats: SessionStats];
  state: [sessionId: string, state: SessionState];
  preview: [sessionId: string, png: Uint8Array];
  /** A session that had begun can't go on; one that never began has rejected `opened` instead. */
  failed: [sessionId: string, code: string, message: string];
  /** The session runs, for the first time or again. */
  began: [record: SessionRecord];
}

/**
 * Keeps sessions alive over the deaths of the processes that run them: whatever was in a process that died begins
 * again in the next one, and a session that keeps killing its process is found and given up.
 */
export class SessionKeeper extends EventEmitter<SessionKeeperEvents> {
  readonly sessions = new Map<string, SessionRecord>();
  readonly restarts = { crash: 0, hang: 0 };
  readonly #pool: ProcessPool;
  readonly #log: Logger;
  readonly #slots: SessionSlot[] = [];
  /** Of sessions that are kept apart until it is known which of them kills its process. */
  readonly #isolated = new Set<SessionSlot>();
  #isolations = 0;

  constructor(pool: ProcessPool, log: Logger) {
    super();
    // Every room may listen.
    this.setMaxListeners(0);
    this.#pool = pool;
    this.#log = log;
  }

  /** Resolves once every worker is ready. @throws LokiError where one can't start */
  async start(workers: number): Promise<void> {
    for (let i = 1; i <= workers; i++) this.#slots.push(this.#slot(`reenactment-${i}`));
    const started = this.#slots.map(
      (slot) =>
        new Promise<void>((resolve, reject) => {
          slot.once('unstartable', reject);
          slot.ready().then(() => resolve(), reject);
        }),
    );
    await Promise.all(started);
  }

  get slots(): SessionSlot[] {
    return [...this.#slots, ...this.#isolated];
  }

  /** Where the next session would go. */
  get freest(): SessionSlot {
    return this.#slots.reduce((best, slot) => (slot.sessions.size < best.sessions.size ? slot : best));
  }

  /** The process that runs the session. @throws LokiError WORKER_DIED while there is none */
  processOf({ slot, running }: SessionRecord): WorkerProcess {
    const process = slot?.process ?? null;
    if (!running || process === null)
      throw new LokiError('WORKER_DIED', 'The session is just being restarted: try again in a moment.');
    return process;
  }

  begin(record: SessionRecord): void {
    void this.#place(record, this.freest);
  }

  /** Ends a session; what still waits for it is rejected with `reason`. Idempotent. */
  async end(record: SessionRecord, reason: LokiError): Promise<void> {
    const { slot, running, sessionId } = record;
    const process = slot?.process;
    this.#drop(record, reason);
    // A process that dies meanwhile has closed it, too.
    if (running) await process?.request({ kind: 'close', sessionId }).catch(() => undefined);
    await this.#retireIfEmpty(slot);
  }

  async close(reason: LokiError): Promise<void> {
    for (const record of [...this.sessions.values()]) this.#drop(record, reason);
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  #slot(name: string): SessionSlot {
    const slot = new WorkerSlot<SessionRecord>(name, this.#pool, this.#log);
    slot.on('report', (report) => this.#reported(report));
    slot.on('death', (cause) => this.#slotDied(slot, cause));
    slot.on('unstartable', (error) => {
      for (const record of [...slot.sessions]) this.#fail(record, error);
    });
    return slot;
  }

  /** Begins a session in a slot, or begins it again; whatever comes of it, the record is told. */
  async #place(record: SessionRecord, slot: SessionSlot): Promise<void> {
    record.slot = slot;
    slot.sessions.add(record);
    let process: WorkerProcess | null = null;
    try {
      process = await slot.ready();
      if (record.ended) return;
      const begunWith = record.spec;
      const answer = await process.request({ kind: 'open', spec: begunWith });
      if (answer.kind !== 'opened') throw new LokiError('INTERNAL', 'The worker gave another answer.');
      if (record.ended) {
        await process.request({ kind: 'close', sessionId: record.sessionId });
        return;
      }
      record.began(answer.address);
      catchUp(record, process, begunWith);
      this.#setState(record, answer.state);
      this.emit('began', record);
    } catch (error) {
      // Where the process died, its slot's death places the session again.
      if (!record.ended && !(process?.dead ?? false)) this.#fail(record, asLokiError(error));
    }
  }

  #slotDied(slot: SessionSlot, cause: DeathCause): void {
    this.restarts[cause === 'hang' ? 'hang' : 'crash']++;
    const records = [...slot.sessions];
    const opening = new Set(records.filter(({ running }) => !running).map(({ sessionId }) => sessionId));
    const { poisonous, isolate } = judge(records, opening, performance.now());
    for (const record of records) record.interrupted();
    for (const record of records.filter(({ sessionId }) => poisonous.includes(sessionId))) {
      const message = 'This session has ended its worker again and again and was given up.';
      this.#fail(record, new LokiError('SESSION_FAILED', message));
    }
    for (const record of [...slot.sessions]) {
      this.#setState(record, 'restarting');
      const alone = isolate && slot.sessions.size > 1;
      void this.#place(record, alone ? this.#isolate(record) : slot);
    }
    void this.#retireIfEmpty(slot);
  }

  /** A process of its own for a session that may be the one that kills its process. */
  #isolate(record: SessionRecord): SessionSlot {
    record.slot?.sessions.delete(record);
    const slot = this.#slot(`reenactment-isolated-${++this.#isolations}`);
    this.#isolated.add(slot);
    return slot;
  }

  async #retireIfEmpty(slot: SessionSlot | null): Promise<void> {
    if (slot === null || slot.sessions.size > 0 || !this.#isolated.delete(slot)) return;
    await slot.close();
  }

  #reported(report: WorkerReport): void {
    const sessionId = report.kind === 'stats' ? report.stats.sessionId : report.sessionId;
    const record = this.sessions.get(sessionId);
    if (record === undefined) return;
    switch (report.kind) {
      case 'stats':
        record.stats = report.stats;
        this.emit('stats', report.stats);
        return;
      case 'state':
        this.#setState(record, report.state);
        return;
      case 'preview':
        this.emit('preview', sessionId, report.png);
        return;
      case 'calibration':
        record.spec = { ...record.spec, calibration: report.calibration };
        return;
      case 'egress':
        record.spec = { ...record.spec, egress: report.egress };
        return;
      case 'failed':
        this.#fail(record, new LokiError(report.code, report.message));
    }
  }

  #setState(record: SessionRecord, state: SessionState): void {
    if (record.state === state) return;
    record.state = state;
    this.emit('state', record.sessionId, state);
  }

  #fail(record: SessionRecord, error: LokiError): void {
    const { opening, slot } = record;
    this.#drop(record, error);
    void this.#retireIfEmpty(slot);
    if (!opening) this.emit('failed', record.sessionId, error.code, error.message);
  }

  #drop(record: SessionRecord, reason: LokiError): void {
    this.sessions.delete(record.sessionId);
    record.end(reason);
  }
}

/** Tells the worker what has changed since it was told to open the session. */
function catchUp(record: SessionRecord, process: WorkerProcess, begunWith: SessionRecord['spec']): void {
  const { sessionId, spec, attachment } = record;
  if (spec.options !== begunWith.options)
    process.post({ kind: 'setOptions', sessionId, options: spec.options });
  if (spec.tracking !== begunWith.tracking)
    process.post({ kind: 'setTracking', sessionId, tracking: spec.tracking });
  if (attachment !== null) process.post({ kind: 'attach', sessionId, ...attachment });
}

function asLokiError(error: unknown): LokiError {
  if (error instanceof LokiError) return error;
  return new LokiError('INTERNAL', 'The reenactment failed in a way that was not foreseen.', {
    cause: error,
  });
}

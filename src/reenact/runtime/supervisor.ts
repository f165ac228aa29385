import { EventEmitter } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type {
  DriverStreams,
  LiveOptions,
  PortraitCheck,
  RtpAddress,
  SessionSpec,
  SessionState,
  SessionStats,
  TrackingMode,
} from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';
import { AvatarDesk } from './avatar-desk.ts';
import { faceModelVersion } from './avatar-key.ts';
import { AvatarStore } from './avatar-store.ts';
import { judge } from './blame.ts';
import { codeVersion } from './code-version.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { ProcessPool } from './process-pool.ts';
import type { ReenactmentOptions, ReenactmentSnapshot, SupervisedReenactment } from './runtime-types.ts';
import { SessionRecord } from './session-record.ts';
import { takeSnapshot } from './snapshot.ts';
import type { DeathCause, WorkerProcess, WorkerReport } from './worker-process.ts';
import { WorkerSlot } from './worker-slot.ts';

export type {
  ProcessSnapshot,
  ReenactmentOptions,
  ReenactmentSnapshot,
  SupervisedReenactment,
} from './runtime-types.ts';

const DEFAULT_HANG_MS = 1200;
const DEFAULT_MAX_UTILISATION = 0.85;
const AVATAR_FOLDER = 'prepared-avatars';

/**
 * Starts the processes that reenact and resolves once they can take sessions.
 *
 * @throws LokiError MODEL_MISSING, MODEL_INVALID, OUTPUT_NOT_WRITABLE (state folder), WORKER_DIED
 */
export async function createReenactment(options: ReenactmentOptions): Promise<SupervisedReenactment> {
  const { hangMs = DEFAULT_HANG_MS, spare = true, headPath, log } = options;
  const avatarFolder = join(options.stateDir, AVATAR_FOLDER);
  const store = new AvatarStore({ folder: avatarFolder });
  await store.open();
  const init = {
    headPath,
    avatarFolder,
    codeVersion: await codeVersion(),
    faceModels: await faceModelVersion(),
  };
  const pool = new ProcessPool({ init, hangMs, spare, log });
  const supervisor = new Supervisor(pool, store, options);
  try {
    await supervisor.start(options.workers ?? defaultWorkers());
  } catch (error) {
    await supervisor.shutdown();
    throw error;
  }
  return supervisor;
}

function defaultWorkers(): number {
  return Math.max(1, Math.floor(availableParallelism() / 2));
}

interface SupervisorEvents {
  stats: [stats: SessionStats];
  state: [sessionId: string, state: SessionState];
  preview: [sessionId: string, png: Uint8Array];
  failed: [sessionId: string, code: string, message: string];
}

/**
 * Keeps sessions alive over the deaths of the processes that run them. Closing goes down from here: sessions, then
 * processes; a process that dies on its own rejects what waits for it, and its sessions begin again elsewhere.
 */
class Supervisor extends EventEmitter<SupervisorEvents> implements SupervisedReenactment {
  readonly #pool: ProcessPool;
  readonly #desk: AvatarDesk;
  readonly #doorkeeper: Doorkeeper;
  readonly #options: ReenactmentOptions;
  readonly #slots: WorkerSlot[] = [];
  /** Of sessions that are kept apart until it is known which of them kills its process. */
  readonly #isolated = new Set<WorkerSlot>();
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #restarts = { crash: 0, hang: 0 };
  #isolations = 0;
  #ending: Promise<void> | null = null;

  constructor(pool: ProcessPool, store: AvatarStore, options: ReenactmentOptions) {
    super();
    const { maxSessions = null, maxUtilisation = DEFAULT_MAX_UTILISATION, log } = options;
    this.#pool = pool;
    this.#options = options;
    this.#doorkeeper = new Doorkeeper({ maxSessions, maxUtilisation });
    this.#desk = new AvatarDesk({
      store,
      log,
      process: () => this.#preparer(),
      idle: () => this.#doorkeeper.idle,
    });
  }

  async start(workers: number): Promise<void> {
    for (let i = 1; i <= workers; i++) this.#slots.push(this.#slot(`reenactment-${i}`));
    // A start that fails for want of a model would fail for ever: say so now.
    await Promise.all(
      this.#slots.map(
        (slot) =>
          new Promise<void>((resolve, reject) => {
            slot.once('unstartable', reject);
            slot.ready().then(() => resolve(), reject);
          }),
      ),
    );
    this.#pool.fill();
    this.#doorkeeper.start(() => ({ slots: this.#allSlots(), sessions: this.#sessions }));
  }

  get ready(): boolean {
    return this.#ending === null && this.#slots.some(({ process }) => process !== null);
  }

  async open(spec: SessionSpec): Promise<RtpAddress> {
    this.#requireUp();
    if (this.#sessions.has(spec.sessionId))
      throw new LokiError('INTERNAL', 'There is a session of that name already.');
    const freest = this.#freest();
    this.#doorkeeper.require(spec, this.#sessions.size, freest.sessions.size);
    const record = new SessionRecord(spec);
    this.#sessions.set(spec.sessionId, record);
    try {
      await this.#desk.prepare(spec.avatarPath, spec.sizePx);
      if (!record.ended) this.#place(record, this.#freest());
    } catch (error) {
      this.#drop(record, asLokiError(error));
    }
    return record.opened;
  }

  attach(sessionId: string, sfu: RtpAddress, streams: DriverStreams): void {
    const record = this.#sessions.get(sessionId);
    if (record === undefined) return;
    record.attachment = { sfu, streams };
    if (record.running) record.slot?.process?.post({ kind: 'attach', sessionId, sfu, streams });
  }

  setOptions(sessionId: string, options: LiveOptions): void {
    const record = this.#sessions.get(sessionId);
    if (record === undefined) return;
    record.spec = { ...record.spec, options };
    if (record.running) record.slot?.process?.post({ kind: 'setOptions', sessionId, options });
  }

  setTracking(sessionId: string, tracking: TrackingMode): void {
    const record = this.#sessions.get(sessionId);
    if (record === undefined) return;
    record.spec = { ...record.spec, tracking };
    if (record.running) record.slot?.process?.post({ kind: 'setTracking', sessionId, tracking });
  }

  async setAvatar(sessionId: string, avatarPath: string): Promise<void> {
    const record = this.#require(sessionId);
    await this.#desk.prepare(avatarPath, record.spec.sizePx);
    await this.#processOf(record).request({ kind: 'setAvatar', sessionId, avatarPath });
    record.spec = { ...record.spec, avatarPath };
  }

  async calibrate(sessionId: string): Promise<void> {
    await this.#processOf(this.#require(sessionId)).request({ kind: 'calibrate', sessionId });
  }

  landmarks(sessionId: string, packet: Uint8Array): void {
    const record = this.#sessions.get(sessionId);
    if (record?.running)
      record.slot?.process?.postLatest(`landmarks ${sessionId}`, { kind: 'landmarks', sessionId, packet });
  }

  async checkPortrait(path: string): Promise<PortraitCheck> {
    this.#requireUp();
    return this.#desk.check(path);
  }

  async close(sessionId: string): Promise<void> {
    const record = this.#sessions.get(sessionId);
    if (record === undefined) return;
    const { slot, running } = record;
    const process = slot?.process;
    this.#drop(record, new LokiError('CANCELLED', 'The session was closed.'));
    // A process that dies meanwhile has closed it, too.
    if (running) await process?.request({ kind: 'close', sessionId }).catch(() => undefined);
    await this.#retireIfEmpty(slot);
  }

  warm(avatarPaths: readonly string[], sizePx: 256 | 512 = 512): void {
    if (this.#ending === null) this.#desk.warm(avatarPaths, sizePx);
  }

  async forget(avatarPath: string): Promise<void> {
    const picture = await this.#desk.forget(avatarPath);
    const processes = [...this.#allSlots().map(({ process }) => process), this.#pool.spare];
    for (const process of processes) process?.post({ kind: 'forgetPicture', picture });
  }

  snapshot(): ReenactmentSnapshot {
    return takeSnapshot({
      slots: this.#allSlots(),
      spare: this.#pool.spare,
      sessions: this.#sessions.size,
      restarts: { ...this.#restarts },
      droppedMessages: this.#pool.drops,
      doorkeeper: this.#doorkeeper,
    });
  }

  shutdown(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const reason = new LokiError('SHUTTING_DOWN', 'The server is shutting down.');
    this.#doorkeeper.close();
    this.#desk.close();
    for (const record of [...this.#sessions.values()]) this.#drop(record, reason);
    await Promise.all(this.#allSlots().map((slot) => slot.close()));
    await this.#pool.close();
    this.removeAllListeners();
  }

  #slot(name: string): WorkerSlot {
    const slot = new WorkerSlot(name, this.#pool, this.#options.log);
    slot.on('report', (report) => this.#reported(report));
    slot.on('death', (cause) => this.#slotDied(slot, cause));
    slot.on('unstartable', (error) => {
      for (const record of [...slot.sessions]) this.#fail(record, error);
    });
    return slot;
  }

  /** Begins a session in a slot, or begins it again; whatever comes of it, the record is told. */
  async #place(record: SessionRecord, slot: WorkerSlot): Promise<void> {
    record.slot = slot;
    slot.sessions.add(record);
    let process: WorkerProcess | null = null;
    try {
      process = await slot.ready();
      const begunWith = record.spec;
      const answer = await process.request({ kind: 'open', spec: begunWith });
      if (answer.kind !== 'opened') throw new LokiError('INTERNAL', 'The worker gave another answer.');
      if (record.ended) {
        await process.request({ kind: 'close', sessionId: record.sessionId });
        return;
      }
      record.began(answer.address, answer.state);
      this.#catchUp(record, process, begunWith);
      this.emit('state', record.sessionId, answer.state);
    } catch (error) {
      // Where the process died, its slot's death places the session again.
      if (!record.ended && !(process?.dead ?? false)) this.#fail(record, asLokiError(error));
    }
  }

  /** Tells the worker what has changed since it was told to open the session. */
  #catchUp(record: SessionRecord, process: WorkerProcess, begunWith: SessionRecord['spec']): void {
    const { sessionId, spec, attachment } = record;
    if (spec.options !== begunWith.options)
      process.post({ kind: 'setOptions', sessionId, options: spec.options });
    if (spec.tracking !== begunWith.tracking)
      process.post({ kind: 'setTracking', sessionId, tracking: spec.tracking });
    if (attachment !== null) process.post({ kind: 'attach', sessionId, ...attachment });
  }

  #slotDied(slot: WorkerSlot, cause: DeathCause): void {
    this.#restarts[cause === 'hang' ? 'hang' : 'crash']++;
    const records = [...slot.sessions];
    const opening = new Set(records.filter(({ running }) => !running).map(({ sessionId }) => sessionId));
    const { poisonous, isolate } = judge(records, opening, performance.now());
    for (const record of records) {
      record.interrupted();
      if (poisonous.includes(record.sessionId)) {
        this.#fail(
          record,
          new LokiError(
            'SESSION_FAILED',
            'This session has ended its worker again and again and was given up.',
          ),
        );
        continue;
      }
      this.#setState(record, 'restarting');
      const first = slot.sessions.values().next().value === record;
      void this.#place(record, isolate && !first ? this.#isolate(record) : slot);
    }
    void this.#retireIfEmpty(slot);
  }

  /** A process of its own for a session that may be the one that kills its process. */
  #isolate(record: SessionRecord): WorkerSlot {
    record.slot?.sessions.delete(record);
    const slot = this.#slot(`reenactment-isolated-${++this.#isolations}`);
    this.#isolated.add(slot);
    return slot;
  }

  async #retireIfEmpty(slot: WorkerSlot | null): Promise<void> {
    if (slot === null || slot.sessions.size > 0 || !this.#isolated.delete(slot)) return;
    await slot.close();
  }

  #reported(report: WorkerReport): void {
    const sessionId = report.kind === 'stats' ? report.stats.sessionId : report.sessionId;
    const record = this.#sessions.get(sessionId);
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

  /** Gives a session up; whoever waits for its opening learns why, everybody else by `failed`. */
  #fail(record: SessionRecord, error: LokiError): void {
    const { opening, slot } = record;
    this.#drop(record, error);
    void this.#retireIfEmpty(slot);
    if (!opening) this.emit('failed', record.sessionId, error.code, error.message);
  }

  #drop(record: SessionRecord, reason: LokiError): void {
    this.#sessions.delete(record.sessionId);
    record.end(reason);
  }

  #require(sessionId: string): SessionRecord {
    this.#requireUp();
    const record = this.#sessions.get(sessionId);
    if (record === undefined) throw new LokiError('CANCELLED', 'The session has ended.');
    return record;
  }

  #processOf(record: SessionRecord): WorkerProcess {
    const process = record.slot?.process ?? null;
    if (!record.running || process === null)
      throw new LokiError('WORKER_DIED', 'The session is just being restarted: try again in a moment.');
    return process;
  }

  #freest(): WorkerSlot {
    return this.#slots.reduce((best, slot) => (slot.sessions.size < best.sessions.size ? slot : best));
  }

  /** The spare prepares avatars; without one, the worker with the fewest sessions does. */
  async #preparer(): Promise<WorkerProcess> {
    this.#requireUp();
    const { spare } = this.#pool;
    if (
      spare !== null &&
      (await spare.ready.then(
        () => true,
        () => false,
      ))
    )
      return spare;
    return this.#freest().ready();
  }

  #allSlots(): WorkerSlot[] {
    return [...this.#slots, ...this.#isolated];
  }

  #requireUp(): void {
    if (this.#ending !== null) throw new LokiError('SHUTTING_DOWN', 'The server is shutting down.');
  }
}

function asLokiError(error: unknown): LokiError {
  if (error instanceof LokiError) return error;
  return new LokiError('INTERNAL', 'The reenactment failed in a way that was not foreseen.', {
    cause: error,
  });
}

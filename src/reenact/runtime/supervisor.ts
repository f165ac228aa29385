import type { EventEmitter } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
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
import { codeVersion } from './code-version.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { setUpGenerator } from './generator-setup.ts';
import { ProcessPool } from './process-pool.ts';
import type { ReenactmentOptions, ReenactmentSnapshot, SupervisedReenactment } from './runtime-types.ts';
import { SessionKeeper } from './session-keeper.ts';
import { SessionRecord } from './session-record.ts';
import { takeSnapshot } from './snapshot.ts';
import type { WorkerProcess } from './worker-process.ts';

export type {
  ProcessSnapshot,
  ReenactmentOptions,
  ReenactmentSnapshot,
  SupervisedReenactment,
} from './runtime-types.ts';

const DEFAULT_HANG_MS = 1000;
const DEFAULT_MAX_UTILISATION = 0.85;
const AVATAR_FOLDER = 'prepared-avatars';

/**
 * Starts the processes that reenact and resolves once they can take sessions.
 *
 * @throws LokiError MODEL_MISSING, MODEL_INVALID, PACK_MISSING, PACK_INVALID, OUTPUT_NOT_WRITABLE (state folder), WORKER_DIED
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
    generator: await setUpGenerator(options.generator ?? null),
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

/** The public face: checks, prepares and passes on; {@link SessionKeeper} does the rest. */
class Supervisor implements SupervisedReenactment {
  readonly #pool: ProcessPool;
  readonly #keeper: SessionKeeper;
  readonly #desk: AvatarDesk;
  readonly #doorkeeper: Doorkeeper;
  #ending: Promise<void> | null = null;

  constructor(pool: ProcessPool, store: AvatarStore, options: ReenactmentOptions) {
    const { maxSessions = null, maxUtilisation = DEFAULT_MAX_UTILISATION, log } = options;
    this.#pool = pool;
    this.#keeper = new SessionKeeper(pool, log);
    this.#doorkeeper = new Doorkeeper({ maxSessions, maxUtilisation }, (utilisation) => {
      for (const { process } of this.#keeper.slots)
        process?.postLatest('load', { kind: 'load', utilisation });
    });
    this.#desk = new AvatarDesk({
      store,
      log,
      process: () => this.#preparer(),
      idle: () => this.#doorkeeper.idle,
    });
    this.#keeper.on('began', ({ spec }) => rehearse(pool.spare, spec));
    pool.on('spare', (spare) => {
      for (const { spec } of this.#keeper.sessions.values()) rehearse(spare, spec);
    });
  }

  async start(workers: number): Promise<void> {
    await this.#keeper.start(workers);
    this.#pool.fill();
    this.#doorkeeper.start(this.#keeper);
  }

  get ready(): boolean {
    return this.#ending === null && this.#keeper.slots.some(({ process }) => process !== null);
  }

  async open(spec: SessionSpec): Promise<RtpAddress> {
    this.#requireUp();
    const { sessions } = this.#keeper;
    if (sessions.has(spec.sessionId))
      throw new LokiError('INTERNAL', 'There is a session of that name already.');
    this.#doorkeeper.require(spec, sessions.size, this.#keeper.freest.sessions.size);
    const record = new SessionRecord(spec);
    sessions.set(spec.sessionId, record);
    try {
      await this.#desk.prepare(spec.avatarPath, spec.sizePx);
      if (!record.ended) this.#keeper.begin(record);
    } catch (error) {
      await this.#keeper.end(record, asLokiError(error));
    }
    return record.opened;
  }

  attach(sessionId: string, sfu: RtpAddress, streams: DriverStreams): void {
    const record = this.#keeper.sessions.get(sessionId);
    if (record === undefined) return;
    record.attachment = { sfu, streams };
    if (record.running) record.slot?.process?.post({ kind: 'attach', sessionId, sfu, streams });
  }

  setOptions(sessionId: string, options: LiveOptions): void {
    const record = this.#keeper.sessions.get(sessionId);
    if (record === undefined) return;
    record.spec = { ...record.spec, options };
    if (record.running) record.slot?.process?.post({ kind: 'setOptions', sessionId, options });
  }

  setTracking(sessionId: string, tracking: TrackingMode): void {
    const record = this.#keeper.sessions.get(sessionId);
    if (record === undefined) return;
    record.spec = { ...record.spec, tracking };
    if (record.running) record.slot?.process?.post({ kind: 'setTracking', sessionId, tracking });
  }

  async setAvatar(sessionId: string, avatarPath: string): Promise<void> {
    const record = this.#require(sessionId);
    await this.#desk.prepare(avatarPath, record.spec.sizePx);
    await this.#keeper.processOf(record).request({ kind: 'setAvatar', sessionId, avatarPath });
    record.spec = { ...record.spec, avatarPath };
    rehearse(this.#pool.spare, record.spec);
  }

  async calibrate(sessionId: string): Promise<void> {
    await this.#keeper.processOf(this.#require(sessionId)).request({ kind: 'calibrate', sessionId });
  }

  landmarks(sessionId: string, packet: Uint8Array): void {
    const record = this.#keeper.sessions.get(sessionId);
    if (record?.running)
      record.slot?.process?.postLatest(`landmarks ${sessionId}`, { kind: 'landmarks', sessionId, packet });
  }

  async checkPortrait(path: string): Promise<PortraitCheck> {
    this.#requireUp();
    return this.#desk.check(path);
  }

  async close(sessionId: string): Promise<void> {
    const record = this.#keeper.sessions.get(sessionId);
    if (record === undefined) return;
    await this.#keeper.end(record, new LokiError('CANCELLED', 'The session was closed.'));
  }

  warm(avatarPaths: readonly string[], sizePx: 256 | 512 = 512): void {
    if (this.#ending === null) this.#desk.warm(avatarPaths, sizePx);
  }

  async forget(avatarPath: string): Promise<void> {
    const picture = await this.#desk.forget(avatarPath);
    const processes = [...this.#keeper.slots.map(({ process }) => process), this.#pool.spare];
    for (const process of processes) process?.post({ kind: 'forgetPicture', picture });
  }

  on(event: 'stats', listener: (stats: SessionStats) => void): void;
  on(event: 'state', listener: (sessionId: string, state: SessionState) => void): void;
  on(event: 'preview', listener: (sessionId: string, png: Uint8Array) => void): void;
  on(event: 'failed', listener: (sessionId: string, code: string, message: string) => void): void;
  on(event: string, listener: (...args: never[]) => void): void {
    (this.#keeper as EventEmitter).on(event, listener as (...args: unknown[]) => void);
  }

  snapshot(): ReenactmentSnapshot {
    const { slots, sessions, restarts } = this.#keeper;
    return takeSnapshot({
      slots,
      spare: this.#pool.spare,
      sessions: sessions.size,
      restarts: { ...restarts },
      droppedMessages: this.#pool.drops,
      doorkeeper: this.#doorkeeper,
    });
  }

  shutdown(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#doorkeeper.close();
    this.#desk.close();
    await this.#keeper.close(new LokiError('SHUTTING_DOWN', 'The server is shutting down.'));
    await this.#pool.close();
    this.#keeper.removeAllListeners();
  }

  #require(sessionId: string): SessionRecord {
    this.#requireUp();
    const record = this.#keeper.sessions.get(sessionId);
    if (record === undefined) throw new LokiError('CANCELLED', 'The session has ended.');
    return record;
  }

  /** The spare prepares avatars; without one, the worker with the fewest sessions does. */
  async #preparer(): Promise<WorkerProcess> {
    this.#requireUp();
    const { spare } = this.#pool;
    const ready = await spare?.ready.then(
      () => true,
      () => false,
    );
    return spare !== null && ready === true ? spare : this.#keeper.freest.ready();
  }

  #requireUp(): void {
    if (this.#ending !== null) throw new LokiError('SHUTTING_DOWN', 'The server is shutting down.');
  }
}

/** The process that would take over has the avatars ready, and its code compiled. */
function rehearse(spare: WorkerProcess | null, { avatarPath, sizePx }: SessionSpec): void {
  spare?.postLatest(`rehearse ${avatarPath}`, { kind: 'rehearse', avatarPath, sizePx });
}

function asLokiError(error: unknown): LokiError {
  if (error instanceof LokiError) return error;
  return new LokiError('INTERNAL', 'The reenactment failed in a way that was not foreseen.', {
    cause: error,
  });
}

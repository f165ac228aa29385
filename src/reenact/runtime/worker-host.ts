import { performance } from 'node:perf_hooks';
import { LokiError } from '../../errors.ts';
import { createLiveSession } from '../live/live-session.ts';
import type { LiveSession, LiveSessionParts, LiveSessionSpec } from '../live/types.ts';
import type { IpcOutbox } from './ipc-outbox.ts';
import type { FromWorker, ToWorker, WorkerAnswer, WorkerRequest } from './messages.ts';
import { loadTools, type WorkerTools } from './worker-tools.ts';

type Command = Exclude<ToWorker, { kind: 'shutdown' }>;
type Answer = WorkerAnswer extends infer A ? (A extends unknown ? Omit<A, 'id'> : never) : never;

const DONE: Answer = { kind: 'done' };

/** The sessions of one process, and how they answer to messages. */
export class WorkerHost {
  readonly #outbox: IpcOutbox<FromWorker>;
  readonly #sessions = new Map<string, LiveSession>();
  #tools: WorkerTools | null = null;

  constructor(outbox: IpcOutbox<FromWorker>) {
    this.#outbox = outbox;
  }

  async handle(message: Command): Promise<void> {
    if ('id' in message) return this.#answer(message);
    switch (message.kind) {
      case 'ping':
        return this.#pong(message.sequence);
      case 'rehearse':
        return this.#tools?.rehearse(message.avatarPath, message.sizePx);
      case 'forgetPicture':
        return this.#tools?.avatars.forget(message.picture);
      case 'load':
        for (const session of this.#sessions.values()) session.pressed(message.utilisation);
        return;
    }
    // The session may have ended while the message was on its way.
    const session = this.#sessions.get(message.sessionId);
    switch (message.kind) {
      case 'attach':
        return session?.attach(message.sfu, message.streams);
      case 'setOptions':
        return session?.setOptions(message.options);
      case 'setTracking':
        return session?.setTracking(message.tracking);
      case 'landmarks':
        return session?.landmarks(message.packet);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((sessionId) => this.#closeSession(sessionId)));
    await this.#tools?.close();
  }

  async #answer(request: WorkerRequest): Promise<void> {
    const { id } = request;
    try {
      this.#outbox.send({ ...(await this.#perform(request)), id } as WorkerAnswer);
    } catch (error) {
      if (!(error instanceof LokiError)) throw error;
      this.#outbox.send({ kind: 'refused', id, code: error.code, message: error.message });
    }
  }

  async #perform(request: WorkerRequest): Promise<Answer> {
    if (request.kind === 'init') {
      this.#tools = await loadTools(request, ({ kind, detail }) =>
        this.#outbox.send({ kind: 'engine', news: kind, detail }),
      );
      return { kind: 'ready' };
    }
    const tools = this.#tools;
    if (tools === null) throw new LokiError('INTERNAL', 'The worker was asked before it was ready.');
    switch (request.kind) {
      case 'open':
        return this.#open(tools.parts, request.spec);
      case 'setAvatar':
        await this.#require(request.sessionId).setAvatar(request.avatarPath);
        return DONE;
      case 'calibrate':
        await this.#require(request.sessionId).calibrate();
        return DONE;
      case 'close':
        await this.#closeSession(request.sessionId);
        return DONE;
      case 'prepareAvatar':
        await tools.avatars.prepare(request.avatarPath, request.sizePx);
        return DONE;
      case 'checkPortrait':
        return { kind: 'checked', check: await tools.builder.check(request.path) };
    }
  }

  async #open(parts: LiveSessionParts, spec: LiveSessionSpec): Promise<Answer> {
    const session = await createLiveSession(parts, spec);
    this.#sessions.set(spec.sessionId, session);
    this.#report(spec.sessionId, session);
    return { kind: 'opened', address: session.address, state: session.state };
  }

  #report(sessionId: string, session: LiveSession): void {
    const outbox = this.#outbox;
    session.on('stats', (stats) => outbox.sendLatest(`stats ${sessionId}`, { kind: 'stats', stats }));
    session.on('state', (state) => outbox.send({ kind: 'state', sessionId, state }));
    session.on('preview', (png) =>
      outbox.sendLatest(`preview ${sessionId}`, { kind: 'preview', sessionId, png }),
    );
    session.on('calibration', (calibration) => outbox.send({ kind: 'calibration', sessionId, calibration }));
    session.on('egress', (egress) => outbox.send({ kind: 'egress', sessionId, egress }));
    session.on('failed', ({ code, message }) => {
      outbox.send({ kind: 'failed', sessionId, code, message });
      void this.#closeSession(sessionId);
    });
  }

  async #closeSession(sessionId: string): Promise<void> {
    const session = this.#sessions.get(sessionId);
    this.#sessions.delete(sessionId);
    await session?.close();
  }

  #require(sessionId: string): LiveSession {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw new LokiError('CANCELLED', 'The session has ended.');
    return session;
  }

  #pong(sequence: number): void {
    const { user, system } = process.cpuUsage();
    this.#outbox.sendLatest('pong', {
      kind: 'pong',
      sequence,
      rssBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
      loopBusySeconds: performance.eventLoopUtilization().active / 1000,
    });
  }
}

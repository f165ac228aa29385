import { stat } from 'node:fs/promises';
import type { PortraitCheck } from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { pictureHash } from './avatar-key.ts';
import type { AvatarStore } from './avatar-store.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface AvatarDeskOptions {
  readonly store: AvatarStore;
  /** The process that can best do it now, the spare where there is one. @throws LokiError SHUTTING_DOWN */
  readonly process: () => Promise<WorkerProcess>;
  /** Whether the machine has time for what nobody waits for. */
  readonly idle: () => boolean;
  readonly log: Logger;
}

const IDLE_POLL_MS = 2000;
/** Ten minutes: on a small machine an avatar prepared beside a live session halves its frame rate for half a minute. */
const MAX_IDLE_POLLS = 300;
/** Pictures to prepare ahead; more are not remembered. */
const MAX_WARM = 64;
const MAX_KNOWN = 256;

/**
 * Has avatars prepared before sessions need them, by a process whose loss costs no session. Pictures come from
 * strangers: what a decoder does with them stays there.
 */
export class AvatarDesk {
  readonly #options: AvatarDeskOptions;
  readonly #underWay = new Map<string, Promise<void>>();
  /** What was prepared before, and which file it was made from: opening a session again costs no process a message. */
  readonly #known = new Map<string, string>();
  readonly #warm: { path: string; sizePx: 256 | 512 }[] = [];
  #warming = false;
  #closed = false;

  constructor(options: AvatarDeskOptions) {
    this.#options = options;
  }

  /** Resolves once the avatar is on disk. @throws LokiError of the portrait, WORKER_DIED, SERVER_BUSY */
  prepare(path: string, sizePx: 256 | 512): Promise<void> {
    const name = `${sizePx} ${path}`;
    const underWay = this.#underWay.get(name);
    if (underWay !== undefined) return underWay;
    const prepared = this.#prepare(name, path, sizePx);
    this.#underWay.set(name, prepared);
    const done = (): void => void this.#underWay.delete(name);
    prepared.then(done, done);
    return prepared;
  }

  async #prepare(name: string, path: string, sizePx: 256 | 512): Promise<void> {
    const version = await fileVersion(path);
    if (version !== null && this.#known.get(name) === version) return;
    await this.#ask((process) => process.request({ kind: 'prepareAvatar', avatarPath: path, sizePx }));
    if (version === null) return;
    this.#known.set(name, version);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN) this.#known.delete(oldest);
  }

  async check(path: string): Promise<PortraitCheck> {
    const answer = await this.#ask((process) => process.request({ kind: 'checkPortrait', path }));
    if (answer.kind !== 'checked') throw new LokiError('INTERNAL', 'The worker gave another answer.');
    return answer.check;
  }

  /** Has avatars prepared one after the other while the machine is idle; failures are only logged. */
  warm(paths: readonly string[], sizePx: 256 | 512): void {
    for (const path of paths) if (this.#warm.length < MAX_WARM) this.#warm.push({ path, sizePx });
    if (!this.#warming) void this.#warmAll();
  }

  /** Deletes what was prepared from a picture. @returns its hash */
  async forget(path: string): Promise<string> {
    for (const [name, prepared] of this.#underWay)
      if (name.endsWith(` ${path}`)) await prepared.catch(() => undefined);
    const picture = await pictureHash(path);
    for (const name of this.#known.keys()) if (name.endsWith(` ${path}`)) this.#known.delete(name);
    await this.#options.store.forget(picture);
    return picture;
  }

  /** Stops warming; idempotent. What is under way ends with its process. */
  close(): void {
    this.#closed = true;
    this.#warm.length = 0;
  }

  async #warmAll(): Promise<void> {
    this.#warming = true;
    try {
      for (let next = this.#warm.shift(); next !== undefined; next = this.#warm.shift()) {
        await this.#untilIdle();
        if (this.#closed) return;
        await this.prepare(next.path, next.sizePx).catch((error) => {
          if (!this.#closed)
            this.#options.log.warn({ code: error.code }, 'an avatar could not be prepared ahead');
        });
      }
    } finally {
      this.#warming = false;
    }
  }

  /** A machine that is never idle must not keep the gallery waiting for ever. */
  async #untilIdle(): Promise<void> {
    for (let polls = 0; polls < MAX_IDLE_POLLS && !this.#closed && !this.#options.idle(); polls++)
      await new Promise((resolve) => setTimeout(resolve, IDLE_POLL_MS).unref());
  }

  /** Once more, where the process died under it: mostly that had another cause. */
  async #ask<T>(request: (process: WorkerProcess) => Promise<T>): Promise<T> {
    const process = await this.#options.process();
    try {
      return await request(process);
    } catch (error) {
      if (!process.dead) throw error;
      return request(await this.#options.process());
    }
  }
}

/** Changes with the file; null where it is none, which whoever opens it will say better. */
async function fileVersion(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  return found === null ? null : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

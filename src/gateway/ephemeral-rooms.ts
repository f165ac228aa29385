import { LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Rooms } from '../sfu/sfu.ts';

const SWEEP_EVERY_MS = 15_000;

export interface EphemeralRoomsOptions {
  readonly rooms: Rooms;
  /** Avatar of a new room. */
  readonly firstAvatarId: () => string;
  /** A room in which nobody is for so long is closed. */
  readonly idleMs: number;
  readonly log: Logger;
}

/** Rooms that are made because somebody opened the studio, and closed when nobody is in them any more. */
export class EphemeralRooms {
  readonly #options: EphemeralRoomsOptions;
  /** Since when nobody has been in each room, on the clock of `performance.now()`. */
  readonly #emptySinceMs = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #accepting = true;

  constructor(options: EphemeralRoomsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.sweep(performance.now()), SWEEP_EVERY_MS);
    this.#timer.unref();
  }

  /** Makes the room where it is not there. @throws LokiError SERVER_BUSY, SHUTTING_DOWN */
  async ensure(roomId: string, name: string): Promise<void> {
    if (!this.#accepting) {
      throw new LokiError('SHUTTING_DOWN', 'The server is being stopped: try again in a minute.');
    }
    const { rooms, firstAvatarId } = this.#options;
    if (rooms.get(roomId) !== null) return;
    await rooms.create({ roomId, name, avatarId: firstAvatarId() });
    this.#emptySinceMs.set(roomId, performance.now());
  }

  /** Closes the rooms that have been empty for too long. */
  async sweep(nowMs: number): Promise<void> {
    const { rooms, idleMs, log } = this.#options;
    for (const [roomId, emptySinceMs] of this.#emptySinceMs) {
      const snapshot = rooms.get(roomId)?.snapshot();
      if (snapshot === undefined) this.#emptySinceMs.delete(roomId);
      else if (snapshot.driver !== null || snapshot.viewers > 0) this.#emptySinceMs.set(roomId, nowMs);
      else if (nowMs - emptySinceMs >= idleMs) {
        this.#emptySinceMs.delete(roomId);
        await rooms.close(roomId).catch((err) => log.error({ err, roomId }, 'idle room not closed'));
        log.info({ roomId }, 'idle room closed');
      }
    }
  }

  /** Makes no more rooms; those that are there stay. Idempotent. */
  close(): void {
    this.#accepting = false;
    clearInterval(this.#timer);
  }
}

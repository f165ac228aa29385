import type { RtpAddress } from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { RoomHandle, Rooms, RtpDriver, RtpDriverHandle } from '../sfu/sfu.ts';

export const DEMO_ROOM = 'demo';

const LOOK_EVERY_MS = 500;
/** Outlives a reload of the page. */
const STOP_AFTER_MS = 5_000;
/** After making way, and after a failure. */
const STAY_AWAY_MS = 30_000;
/** After its place was taken from it. */
const COME_BACK_MS = 5_000;

/** A process that plays a clip as a driver's media, by RTP. */
export interface ClipPlayer {
  /** Resolves when it has ended, also by itself. */
  readonly ended: Promise<unknown>;
  /** Idempotent. */
  stop(): Promise<void>;
}

export interface DemoRoomOptions {
  readonly rooms: Rooms;
  readonly avatarId: string;
  /** What the player sends. */
  readonly streams: Pick<RtpDriver, 'video' | 'audio'>;
  readonly play: (to: RtpAddress) => Promise<ClipPlayer>;
  readonly log: Logger;
}

/**
 * A room in which the built-in driver moves an avatar, so that a new server has something to show. It costs nothing
 * while nobody watches, and makes way when somebody wants to drive and the machine bears no more.
 */
export class DemoRoom {
  readonly #options: DemoRoomOptions;
  #room: RoomHandle;
  #player: ClipPlayer | null = null;
  #handle: RtpDriverHandle | null = null;
  #busy = false;
  #watchedMs = Number.NEGATIVE_INFINITY;
  #awayUntilMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(options: DemoRoomOptions, room: RoomHandle) {
    this.#options = options;
    this.#room = room;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  static async open(options: DemoRoomOptions): Promise<DemoRoom> {
    return new DemoRoom(options, await createRoom(options));
  }

  get playing(): boolean {
    return this.#handle !== null;
  }

  /**
   * Ends the demonstration for a while, for somebody who wants to drive.
   * @returns whether that freed anything
   */
  async makeWay(): Promise<boolean> {
    if (this.#handle === null || this.#closed) return false;
    this.#options.log.info('demonstration makes way');
    this.#awayUntilMs = performance.now() + STAY_AWAY_MS;
    await this.#stop();
    // Its session would be kept for the grace period, were the room kept. Who watches comes back by themselves.
    await this.#room.close(
      new LokiError('SERVER_BUSY', 'The demonstration made way for somebody who drives.'),
    );
    this.#room = await createRoom(this.#options);
    return true;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#stop();
    await this.#room.close();
  }

  async #look(): Promise<void> {
    const nowMs = performance.now();
    const { viewers, driver } = this.#room.snapshot();
    if (viewers > 0) this.#watchedMs = nowMs;
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    try {
      if (this.#handle !== null) {
        if (nowMs - this.#watchedMs > STOP_AFTER_MS) await this.#stop();
      } else if (viewers > 0 && driver === null && nowMs >= this.#awayUntilMs) {
        await this.#start();
      }
    } catch (err) {
      this.#awayUntilMs = performance.now() + STAY_AWAY_MS;
      await this.#stop();
      const busy = err instanceof LokiError && err.code === 'SERVER_BUSY';
      if (busy) this.#options.log.info('demonstration waits: the server is busy');
      else this.#options.log.warn({ err }, 'demonstration does not start');
    } finally {
      this.#busy = false;
    }
  }

  async #start(): Promise<void> {
    const { streams, play } = this.#options;
    const onEnd = () => {
      this.#awayUntilMs = Math.max(this.#awayUntilMs, performance.now() + COME_BACK_MS);
      void this.#stop();
    };
    const handle = await this.#room.driveFromRtp({ ...streams, yields: true, onEnd });
    this.#handle = handle;
    const player = await play(handle.address);
    // Told to stop while the player started.
    if (this.#handle !== handle) return player.stop();
    this.#player = player;
    void player.ended.then(() => {
      if (this.#player === player) void this.#stop();
    });
  }

  async #stop(): Promise<void> {
    const player = this.#player;
    const handle = this.#handle;
    this.#handle = null;
    this.#player = null;
    handle?.close();
    await player?.stop();
  }
}

function createRoom({ rooms, avatarId }: DemoRoomOptions): Promise<RoomHandle> {
  return rooms.create({ roomId: DEMO_ROOM, name: 'Demonstration', avatarId });
}

import { DEFAULT_LIVE_OPTIONS, patchOptions } from '../contract/live-options.ts';
import type { LiveOptions, SessionState, SessionStats, TrackingMode } from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Driver, type DriverOptions } from './driver.ts';
import { RoomMedia, type RoomMediaListener } from './room-media.ts';
import { openRtpDriver } from './rtp-driver.ts';
import type { SessionHub } from './session-hub.ts';
import type {
  RoomHandle,
  RoomOptions,
  RoomSnapshot,
  RtpDriver,
  RtpDriverHandle,
  SfuDependencies,
  SfuOptions,
} from './sfu-types.ts';
import type { Notification, OptionsPatch, Role, RoomState } from './signaling/messages.ts';
import { ViewerLatency } from './viewer-latency.ts';
import type { WorkerPool } from './workers.ts';

const ROOM_NOTICE_PAUSE_MS = 200;
const MAX_ADMINS = 16;
/** Refusals come at once, a portrait takes longer to load: so long a driver's join waits for the former. */
const ADMISSION_WAIT_MS = 300;

/** A member with signalling, as its room sees it. */
export interface RoomMember {
  readonly id: string;
  readonly role: Role;
  notify(notification: Notification): void;
  /** The router is gone, and all transports with it. */
  forgetMedia(): void;
  end(reason: LokiError): void;
}

/** A member without signalling: a WHEP player. */
export interface Guest {
  readonly id: string;
  /** The avatar's streams or the router went; or the room. */
  end(): void;
}

export interface RoomContext {
  readonly options: SfuOptions;
  readonly avatars: SfuDependencies['avatars'];
  readonly pool: WorkerPool;
  readonly hub: SessionHub;
  readonly log: Logger;
}

/** One room: an avatar, at most one driver, and its viewers. */
export class Room implements RoomHandle {
  readonly roomId: string;
  readonly createdAtMs = Date.now();
  #context: RoomContext;
  #log: Logger;
  #name: string;
  #avatarId: string;
  #maxViewers: number;
  #videoCodec: 'VP8' | 'H264';
  #tracking: TrackingMode;
  #live: LiveOptions;
  #media!: RoomMedia;
  #peers = new Map<string, RoomMember>();
  #guests = new Map<string, Guest>();
  #driver: Driver | null = null;
  #state: SessionState = 'waiting';
  #stats: SessionStats | null = null;
  #latency = new ViewerLatency();
  #idleTimer: ReturnType<typeof setTimeout> | null = null;
  #noticeTimer: ReturnType<typeof setTimeout> | null = null;
  #onClosed: () => void;
  #closed = false;

  private constructor(roomId: string, options: RoomOptions, context: RoomContext, onClosed: () => void) {
    this.roomId = roomId;
    this.#context = context;
    this.#log = context.log.child({ roomId });
    this.#name = options.name ?? roomId;
    this.#avatarId = options.avatarId;
    this.#maxViewers = options.maxViewers ?? context.options.maxViewers;
    this.#videoCodec = options.videoCodec ?? context.options.video.codec;
    this.#tracking = options.tracking ?? 'server';
    this.#live = patchOptions(
      {
        ...DEFAULT_LIVE_OPTIONS,
        label: context.options.label,
        generator: context.options.generator,
      },
      options.options ?? {},
    );
    this.#onClosed = onClosed;
  }

  static async create(
    roomId: string,
    options: RoomOptions,
    context: RoomContext,
    onClosed: () => void,
  ): Promise<Room> {
    const room = new Room(roomId, options, context, onClosed);
    const { rtpPorts, maxDriverBitrateBps, video } = context.options;
    room.#media = await RoomMedia.create(
      {
        roomId,
        videoCodec: room.#videoCodec,
        rtpPorts,
        maxDriverBitrateBps,
        spec: () => ({
          avatarPath: room.#avatarPath(room.#avatarId),
          sizePx: video.sizePx,
          maxFps: video.maxFps,
          videoBitrateBps: video.bitrateBps,
          tracking: room.#tracking,
          options: room.#live,
        }),
      },
      context.pool,
      context.hub,
      room.#mediaListener(),
      room.#log,
    );
    return room;
  }

  get media(): RoomMedia {
    return this.#media;
  }

  get tracking(): TrackingMode {
    return this.#tracking;
  }

  get options(): LiveOptions {
    return this.#live;
  }

  state(): RoomState {
    return {
      roomId: this.roomId,
      name: this.#name,
      avatarId: this.#avatarId,
      driverPresent: this.#driver !== null,
      viewers: this.#viewerCount(),
      tracking: this.#tracking,
      session: this.#state,
      options: { ...this.#live },
    };
  }

  snapshot(): RoomSnapshot {
    const driver = this.#driver;
    return {
      roomId: this.roomId,
      name: this.#name,
      avatarId: this.#avatarId,
      createdAtMs: this.createdAtMs,
      driver: driver && { peerId: driver.id, via: driver.via, connected: driver.connected },
      viewers: this.#viewerCount(),
      whepViewers: this.#guests.size,
      maxViewers: this.#maxViewers,
      videoCodec: this.#videoCodec,
      tracking: this.#tracking,
      session: this.#state,
      options: this.#live,
      stats: this.#media.sessionOpen ? this.#stats : null,
      captureToScreenMs: this.#latency.summary(Date.now()),
    };
  }

  /** @throws LokiError ROOM_FULL, ROOM_CLOSED */
  addPeer(peer: RoomMember): void {
    this.#assertOpen();
    if (peer.role === 'viewer') this.#assertSeat();
    if (peer.role === 'admin' && this.#count('admin') >= MAX_ADMINS) {
      throw new LokiError('ROOM_FULL', 'The room has as many administrators as it may have.');
    }
    this.#peers.set(peer.id, peer);
    this.#noticeSoon();
  }

  removePeer(peer: RoomMember): void {
    if (!this.#peers.delete(peer.id)) return;
    this.#latency.forget(peer.id);
    this.#noticeSoon();
  }

  /** @throws LokiError ROOM_FULL, ROOM_CLOSED */
  addGuest(guest: Guest): void {
    this.#assertOpen();
    this.#assertSeat();
    this.#guests.set(guest.id, guest);
    this.#noticeSoon();
  }

  removeGuest(guest: Guest): void {
    if (this.#guests.delete(guest.id)) this.#noticeSoon();
  }

  /**
   * Gives the driver's place to a newcomer. One whose connection is lost, or who sends nothing any more, gives way.
   *
   * @throws LokiError DRIVER_PRESENT, SERVER_BUSY
   */
  async takeDriver(options: DriverOptions): Promise<Driver> {
    this.#assertOpen();
    const seated = this.#driver;
    const givesWay = !seated?.connected || seated.yields || !(await seated.isAlive().catch(() => false));
    const before = this.#driver;
    if (before && (!givesWay || before !== seated)) {
      throw new LokiError('DRIVER_PRESENT', 'Somebody else drives this room already.');
    }
    const driver = new Driver(this.#media, options);
    this.#driver = driver;
    if (before) {
      before.close();
      before.evict(new LokiError('SESSION_TAKEN', "Another driver took this one's place."));
    }
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    if (options.via !== 'signal' && this.#tracking === 'private') await this.setTracking('server');
    await this.#openSession(driver);
    this.#noticeSoon();
    return driver;
  }

  /** Idempotent. */
  releaseDriver(driver: Driver): void {
    driver.close();
    if (this.#driver !== driver) return;
    this.#driver = null;
    void this.#media.setDriver(null);
    this.#noticeSoon();
    if (this.#closed) return;
    this.#idleTimer = setTimeout(() => {
      this.#stats = null;
      this.#state = 'waiting';
      void this.#media.stopSession();
      this.#noticeSoon();
    }, this.#context.options.graceMs);
  }

  reportLatency(peer: RoomMember, p50Ms: number, p95Ms: number): void {
    this.#latency.report(peer.id, p50Ms, p95Ms, Date.now());
  }

  async setAvatar(avatarId: string): Promise<void> {
    await this.#media.setAvatar(this.#avatarPath(avatarId));
    this.#avatarId = avatarId;
    this.#noticeSoon();
  }

  setOptions(patch: OptionsPatch): void {
    this.#live = patchOptions(this.#live, patch);
    this.#media.setOptions(this.#live);
    this.#noticeSoon();
  }

  /** @throws LokiError NOT_ALLOWED for private mode with a driver who sends video by other means */
  async setTracking(mode: TrackingMode): Promise<void> {
    if (mode === this.#tracking) return;
    if (mode === 'private' && this.#driver && this.#driver.via !== 'signal') {
      throw new LokiError('NOT_ALLOWED', 'Only a driver in the studio page can use private mode.');
    }
    this.#tracking = mode;
    this.#media.setTracking(mode);
    if (mode === 'private') this.#driver?.closeVideo();
    else this.#driver?.closeLandmarks();
    this.#noticeSoon();
  }

  calibrate(): Promise<void> {
    return this.#media.calibrate();
  }

  driveFromRtp(driver: RtpDriver): Promise<RtpDriverHandle> {
    return openRtpDriver(this, driver);
  }

  notify(notification: Notification, to: (peer: RoomMember) => boolean = () => true): void {
    for (const peer of this.#peers.values()) {
      if (to(peer)) peer.notify(notification);
    }
  }

  async close(reason?: LokiError): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    if (this.#noticeTimer) clearTimeout(this.#noticeTimer);
    const why = reason ?? new LokiError('ROOM_CLOSED', 'The room was closed by its owner.');
    for (const peer of [...this.#peers.values()]) peer.end(why);
    for (const guest of [...this.#guests.values()]) guest.end();
    this.#driver?.evict(why);
    this.#driver?.close();
    this.#driver = null;
    await this.#media.close();
    this.#onClosed();
  }

  async #openSession(driver: Driver): Promise<void> {
    const opening = this.#media.startSession();
    const refused = opening.then(
      () => null,
      (error: unknown) => asLokiError(error),
    );
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const early = await Promise.race([
      refused,
      new Promise<null>((resolve) => {
        waiting = setTimeout(() => resolve(null), ADMISSION_WAIT_MS);
      }),
    ]);
    clearTimeout(waiting);
    if (early) {
      this.releaseDriver(driver);
      throw early;
    }
    void refused.then((late) => {
      if (late) this.#fail(late);
    });
  }

  #fail(error: LokiError): void {
    this.#log.warn({ code: error.code }, 'session failed');
    const driver = this.#driver;
    if (driver) {
      this.releaseDriver(driver);
      driver.evict(error);
    }
    this.#state = 'waiting';
    this.#stats = null;
    void this.#media.stopSession();
    this.#noticeSoon();
  }

  #mediaListener(): RoomMediaListener {
    return {
      stats: (stats) => {
        this.#stats = stats;
        const viewers = this.#latency.summary(Date.now());
        this.notify(
          {
            type: 'stats',
            data: {
              session: { ...stats },
              viewers: viewers && { p50Ms: viewers.p50, p95Ms: viewers.p95 },
            },
          },
          (peer) => peer.role !== 'viewer',
        );
      },
      state: (state) => {
        this.#state = state;
        this.#noticeSoon();
      },
      preview: (png) => {
        this.notify(
          { type: 'preview', data: { png: Buffer.from(png).toString('base64') } },
          (peer) => peer.role === 'driver',
        );
      },
      failed: (code, message) => {
        this.#log.warn({ code }, 'the reenactment gave up');
        this.#fail(new LokiError('SESSION_FAILED', message));
      },
      reset: () => {
        this.#endGuests();
        for (const peer of this.#peers.values()) peer.forgetMedia();
        // Drivers without signalling can't be told: their connection is gone, and they come anew.
        if (this.#driver && this.#driver.via !== 'signal') {
          this.#driver.evict(new LokiError('SESSION_FAILED', 'The media worker was replaced.'));
        }
        this.notify({
          type: 'mediaReset',
          data: {
            mediaEpoch: this.#media.epoch,
            routerRtpCapabilities: { ...this.#media.routerRtpCapabilities },
          },
        });
      },
      streams: () => {
        this.#endGuests();
        this.notify({ type: 'streams', data: {} });
      },
    };
  }

  #endGuests(): void {
    for (const guest of [...this.#guests.values()]) guest.end();
  }

  #noticeSoon(): void {
    if (this.#noticeTimer || this.#closed) return;
    this.#noticeTimer = setTimeout(() => {
      this.#noticeTimer = null;
      this.notify({ type: 'room', data: this.state() });
    }, ROOM_NOTICE_PAUSE_MS);
  }

  #avatarPath(avatarId: string): string {
    const path = this.#context.avatars.pathOf(avatarId);
    if (path === null) throw new LokiError('AVATAR_NOT_FOUND', 'There is no avatar of that name.');
    return path;
  }

  #viewerCount(): number {
    return this.#count('viewer') + this.#guests.size;
  }

  #count(role: Role): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (peer.role === role) count++;
    return count;
  }

  #assertSeat(): void {
    if (this.#viewerCount() >= this.#maxViewers) {
      throw new LokiError('ROOM_FULL', 'The room has as many viewers as it may have.');
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new LokiError('ROOM_CLOSED', 'The room was closed by its owner.');
  }
}

/** Whatever a mediasoup call or the reenactment rejects with, as an error for users. */
export function asLokiError(error: unknown): LokiError {
  if (error instanceof LokiError) return error;
  return new LokiError('INTERNAL', 'Something went wrong in the server.', { cause: error });
}

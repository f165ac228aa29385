import { DEFAULT_LIVE_OPTIONS, patchOptions } from '../contract/live-options.ts';
import type { LiveOptions, SessionState, SessionStats, TrackingMode } from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Driver, type DriverOptions } from './driver.ts';
import { earlyRefusal } from './early-refusal.ts';
import { RoomMedia, type RoomMediaListener } from './room-media.ts';
import { type Guest, type RoomMember, RoomMembers } from './room-members.ts';
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
import type { Notification, OptionsPatch, RoomState } from './signaling/messages.ts';
import type { WorkerPool } from './workers.ts';

const ROOM_NOTICE_PAUSE_MS = 200;

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
  #videoCodec: 'VP8' | 'H264';
  #tracking: TrackingMode;
  #live: LiveOptions;
  #media!: RoomMedia;
  #members: RoomMembers;
  #driver: Driver | null = null;
  #state: SessionState = 'waiting';
  #stats: SessionStats | null = null;
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
    this.#members = new RoomMembers(options.maxViewers ?? context.options.maxViewers);
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
      viewers: this.#members.viewers,
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
      viewers: this.#members.viewers,
      whepViewers: this.#members.guests,
      maxViewers: this.#members.maxViewers,
      videoCodec: this.#videoCodec,
      tracking: this.#tracking,
      session: this.#state,
      options: this.#live,
      stats: this.#media.sessionOpen ? this.#stats : null,
      captureToScreenMs: this.#members.latency.summary(Date.now()),
    };
  }

  /** @throws LokiError ROOM_FULL, ROOM_CLOSED */
  addPeer(peer: RoomMember): void {
    this.#assertOpen();
    this.#members.addPeer(peer);
    this.#noticeSoon();
  }

  removePeer(peer: RoomMember): void {
    if (this.#members.removePeer(peer)) this.#noticeSoon();
  }

  /** @throws LokiError ROOM_FULL, ROOM_CLOSED */
  addGuest(guest: Guest): void {
    this.#assertOpen();
    this.#members.addGuest(guest);
    this.#noticeSoon();
  }

  removeGuest(guest: Guest): void {
    if (this.#members.removeGuest(guest)) this.#noticeSoon();
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
    this.#members.latency.report(peer.id, p50Ms, p95Ms, Date.now());
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

  notify(notification: Notification): void {
    this.#members.notify(notification);
  }

  async close(reason?: LokiError): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    if (this.#noticeTimer) clearTimeout(this.#noticeTimer);
    const why = reason ?? new LokiError('ROOM_CLOSED', 'The room was closed by its owner.');
    this.#members.end(why);
    this.#driver?.evict(why);
    this.#driver?.close();
    this.#driver = null;
    await this.#media.close();
    this.#onClosed();
  }

  async #openSession(driver: Driver): Promise<void> {
    const early = await earlyRefusal(this.#media.startSession(), (late) => this.#fail(late));
    if (early) {
      this.releaseDriver(driver);
      throw early;
    }
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
        const viewers = this.#members.latency.summary(Date.now());
        this.#members.notify(
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
        this.#members.notify(
          { type: 'preview', data: { png: Buffer.from(png).toString('base64') } },
          (peer) => peer.role === 'driver',
        );
      },
      failed: (code, message) => {
        this.#log.warn({ code }, 'the reenactment gave up');
        this.#fail(new LokiError('SESSION_FAILED', message));
      },
      reset: () => {
        this.#members.endGuests();
        this.#members.forgetMedia();
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
        this.#members.endGuests();
        this.notify({ type: 'streams', data: {} });
      },
    };
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

  #assertOpen(): void {
    if (this.#closed) throw new LokiError('ROOM_CLOSED', 'The room was closed by its owner.');
  }
}

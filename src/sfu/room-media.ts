import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { types } from 'mediasoup';
import { MAX_LANDMARK_PACKET_BYTES } from '../contract/landmark-packet.ts';
import type {
  AvatarStreams,
  LiveOptions,
  RtpAddress,
  SessionSpec,
  TrackingMode,
  VideoCodec,
} from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { SerialQueue } from '../serial-queue.ts';
import { AvatarLeg } from './avatar-leg.ts';
import type { AvatarSource } from './avatar-source.ts';
import { newAvatarStreams, type PayloadTypes, playerRouterCodecs, roomPayloadTypes } from './codecs.ts';
import { type DriverProducers, DriverRelay, NO_PRODUCERS } from './driver-relay.ts';
import { PlayerSources } from './player-sources.ts';
import type { SessionHub, SessionListener } from './session-hub.ts';
import type { SfuOptions } from './sfu-types.ts';
import { createClientTransport, createLocalTransport } from './transports.ts';
import type { RouterLease, WorkerPool } from './workers.ts';

const REBUILD_PAUSE_MS = 500;

export interface RoomMediaOptions {
  readonly roomId: string;
  readonly videoCodec: VideoCodec;
  readonly rtpPorts: SfuOptions['rtpPorts'];
  readonly maxDriverBitrateBps: number;
  /** The session to open now; its id and streams are added. */
  readonly spec: () => Omit<SessionSpec, 'sessionId' | 'streams'>;
}

export interface RoomMediaListener extends SessionListener {
  /** The router is another: every transport is gone. */
  reset(): void;
  /** The avatar's streams are others: every consumer is gone. */
  streams(): void;
}

interface Session {
  readonly id: string;
  /** Null until the worker is ready. */
  address: RtpAddress | null;
}

/**
 * A room's media: its router, the leg to the reenactment worker, and the session there. What changes them runs one after
 * another. Survives the death of the mediasoup worker: a new router, the same session.
 */
export class RoomMedia {
  #options: RoomMediaOptions;
  #pool: WorkerPool;
  #hub: SessionHub;
  #listener: RoomMediaListener;
  #log: Logger;
  #queue = new SerialQueue();
  #lease: RouterLease | null = null;
  #leg: AvatarLeg | null = null;
  #streams: AvatarStreams;
  #session: Session | null = null;
  #driver: DriverProducers = NO_PRODUCERS;
  #relay: DriverRelay;
  /** Their routers end with the leg. */
  #playerSources = new PlayerSources();
  #landmarkTransport: types.DirectTransport | null = null;
  #epoch = 1;
  #closed = false;

  private constructor(
    options: RoomMediaOptions,
    pool: WorkerPool,
    hub: SessionHub,
    listener: RoomMediaListener,
    log: Logger,
  ) {
    this.#options = options;
    this.#pool = pool;
    this.#hub = hub;
    this.#listener = listener;
    this.#log = log;
    this.#relay = new DriverRelay(log);
    this.#streams = this.#newStreams();
  }

  /** @throws LokiError SERVER_BUSY where no mediasoup worker is running */
  static async create(
    options: RoomMediaOptions,
    pool: WorkerPool,
    hub: SessionHub,
    listener: RoomMediaListener,
    log: Logger,
  ): Promise<RoomMedia> {
    const media = new RoomMedia(options, pool, hub, listener, log);
    await media.#buildRouter();
    return media;
  }

  /** Grows with every new router. */
  get epoch(): number {
    return this.#epoch;
  }

  get sessionOpen(): boolean {
    return this.#session !== null;
  }

  get videoCodec(): VideoCodec {
    return this.#options.videoCodec;
  }

  get routerRtpCapabilities(): types.RtpCapabilities {
    return this.#running().router.rtpCapabilities;
  }

  async createTransport(
    direction: 'send' | 'receive',
    landmarks = false,
    router = this.#running().router,
  ): Promise<types.WebRtcTransport> {
    const { webRtcServer } = this.#running();
    const transport = await createClientTransport(router, webRtcServer, landmarks);
    if (direction === 'send') await transport.setMaxIncomingBitrate(this.#options.maxDriverBitrateBps);
    return transport;
  }

  /** A transport of this machine's own. */
  createLocalTransport(): Promise<types.PlainTransport> {
    return createLocalTransport(this.#running().router, this.#options.rtpPorts);
  }

  /** The avatar's streams, as the room's own clients take them. */
  get avatar(): AvatarSource {
    if (!this.#leg) throw mediaGone();
    return this.#leg.avatar;
  }

  /**
   * The avatar's streams under a player's own payload types.
   *
   * @throws LokiError SERVER_BUSY for too many different sets
   */
  avatarFor(payloadTypes: PayloadTypes): Promise<AvatarSource> {
    const { avatar } = this;
    const own = roomPayloadTypes(this.#options.videoCodec);
    if (payloadTypes.audio === own.audio && payloadTypes.video === own.video) return Promise.resolve(avatar);
    const codecs = playerRouterCodecs(this.#options.videoCodec, payloadTypes);
    return this.#playerSources.of(payloadTypes, avatar, () => this.#running().sibling(codecs));
  }

  /** Opens the session, if none is open. @throws LokiError SERVER_BUSY and whatever else the reenactment refuses with */
  startSession(): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#session || this.#closed) return;
      const session: Session = { id: randomUUID(), address: null };
      this.#session = session;
      this.#hub.add(session.id, this.#listener);
      try {
        session.address = await this.#hub.reenactment.open({
          ...this.#options.spec(),
          sessionId: session.id,
          streams: this.#streams,
        });
      } catch (error) {
        await this.#endSession();
        throw error;
      }
      try {
        await this.#joinLeg();
      } catch (error) {
        // The router died under it: the new one joins.
        if (this.#lease) throw error;
      }
    });
  }

  /** Ends the session; the room has new avatar streams afterwards, silent until the next session. */
  stopSession(): Promise<void> {
    return this.#queue.run(async () => {
      if (!this.#session) return;
      await this.#endSession();
      if (!this.#closed) await this.#renewLeg();
    });
  }

  /** The driver's streams from now on, `null` for none. */
  setDriver(producers: DriverProducers | null): Promise<void> {
    this.#driver = producers ?? NO_PRODUCERS;
    return this.#queue.run(() => this.#attach());
  }

  /** Passes landmark packets of private mode on. */
  async consumeLandmarks(producer: types.DataProducer): Promise<void> {
    const { router } = this.#running();
    this.#landmarkTransport ??= await router.createDirectTransport();
    const consumer = await this.#landmarkTransport.consumeData({ dataProducerId: producer.id });
    consumer.on('message', (message) => {
      if (this.#session?.address && message.byteLength <= MAX_LANDMARK_PACKET_BYTES) {
        this.#hub.reenactment.landmarks(this.#session.id, message);
      }
    });
  }

  setOptions(options: LiveOptions): void {
    if (this.#session) this.#hub.reenactment.setOptions(this.#session.id, options);
  }

  setTracking(mode: TrackingMode): void {
    if (this.#session) this.#hub.reenactment.setTracking(this.#session.id, mode);
  }

  /** @throws LokiError of the portrait */
  setAvatar(path: string): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#session) await this.#hub.reenactment.setAvatar(this.#session.id, path);
    });
  }

  /** @throws LokiError NO_FACE, NOT_FOUND without a session */
  async calibrate(): Promise<void> {
    if (!this.#session?.address) {
      throw new LokiError('NOT_FOUND', 'There is nothing to calibrate before a driver is there.');
    }
    await this.#hub.reenactment.calibrate(this.#session.id);
  }

  /** Ends session and router. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#queue.run(async () => {
      await this.#endSession();
      this.#leg?.close();
      this.#lease?.release();
      this.#leg = null;
      this.#lease = null;
    });
  }

  #running(): RouterLease {
    if (!this.#lease) throw mediaGone();
    return this.#lease;
  }

  async #buildRouter(): Promise<void> {
    const lease = await this.#pool.lease(() => this.#onRouterDied());
    try {
      this.#leg = await AvatarLeg.create(lease.router, this.#streams, this.#options.rtpPorts);
      this.#lease = lease;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  #onRouterDied(): void {
    if (this.#closed) return;
    this.#lease = null;
    this.#leg = null;
    this.#playerSources.clear();
    this.#landmarkTransport = null;
    this.#driver = NO_PRODUCERS;
    this.#relay.clear();
    this.#epoch++;
    const { epoch } = this;
    void this.#queue.run(async () => {
      while (!this.#closed && epoch === this.#epoch) {
        try {
          await this.#buildRouter();
          await this.#joinLeg();
          this.#listener.reset();
          return;
        } catch (error) {
          this.#log.error({ err: error }, 'the room waits for a media worker');
          await sleep(REBUILD_PAUSE_MS);
        }
      }
    });
  }

  /** The streams keep their SSRCs for the life of a session; a new session gets new ones, since it counts anew. */
  async #renewLeg(): Promise<void> {
    const before = this.#leg;
    this.#streams = this.#newStreams();
    const { router } = this.#running();
    // The new one stands before the old one ends: who watches in between gets streams that stay.
    this.#leg = await AvatarLeg.create(router, this.#streams, this.#options.rtpPorts);
    const endPlayers = this.#playerSources.clear();
    this.#relay.clear();
    before?.close();
    endPlayers();
    this.#listener.streams();
  }

  #newStreams(): AvatarStreams {
    return newAvatarStreams(this.#options.videoCodec, `avatar-${this.#options.roomId}`);
  }

  async #joinLeg(): Promise<void> {
    if (!this.#session?.address || !this.#leg) return;
    await this.#leg.connect(this.#session.address);
    await this.#attach();
  }

  /** Makes what goes to the worker agree with what the driver sends. */
  async #attach(): Promise<void> {
    const leg = this.#leg;
    const session = this.#session;
    if (!leg || !session?.address) return;
    await this.#relay.relay(leg, this.#driver, (streams) =>
      this.#hub.reenactment.attach(session.id, leg.address, streams),
    );
  }

  async #endSession(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    this.#session = null;
    this.#hub.remove(session.id);
    try {
      await this.#hub.reenactment.close(session.id);
    } catch (error) {
      this.#log.warn({ err: error }, 'the session did not close cleanly');
    }
  }
}

function mediaGone(): LokiError {
  return new LokiError('SERVER_BUSY', "The room's media are being set up again; try in a moment.");
}

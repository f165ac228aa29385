import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { types } from 'mediasoup';
import { MAX_LANDMARK_PACKET_BYTES } from '../contract/landmark-packet.ts';
import type {
  AvatarStreams,
  DriverStreams,
  LiveOptions,
  RtpAddress,
  SessionSpec,
  TrackingMode,
  VideoCodec,
} from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { AvatarLeg, type DriverLeg } from './avatar-leg.ts';
import type { AvatarSource } from './avatar-source.ts';
import { newAvatarStreams, type PayloadTypes, playerRouterCodecs, roomPayloadTypes } from './codecs.ts';
import { SerialQueue } from './serial-queue.ts';
import type { SessionHub, SessionListener } from './session-hub.ts';
import type { SfuOptions } from './sfu-types.ts';
import type { RouterLease, WorkerPool } from './workers.ts';

/** Enough for the avatar from the first packet on; the estimate takes over from there. */
const INITIAL_OUTGOING_BPS = 2_000_000;
const ICE_CONSENT_TIMEOUT_S = 20;
const REBUILD_PAUSE_MS = 500;
const MAX_PLAYER_ROUTERS = 8;
const SCTP_STREAMS = { OS: 16, MIS: 16 };

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

export interface DriverProducers {
  readonly video: types.Producer | null;
  readonly audio: types.Producer | null;
}

const NO_PRODUCERS: DriverProducers = { video: null, audio: null };

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
  #driverLegs = new Map<string, DriverLeg>();
  /** By payload types; their routers end with the leg. */
  #playerSources = new Map<string, Promise<AvatarSource>>();
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
    const transport = await router.createWebRtcTransport({
      webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BPS,
      iceConsentTimeout: ICE_CONSENT_TIMEOUT_S,
      enableSctp: landmarks,
      numSctpStreams: SCTP_STREAMS,
      maxSctpMessageSize: MAX_LANDMARK_PACKET_BYTES,
    });
    if (direction === 'send') await transport.setMaxIncomingBitrate(this.#options.maxDriverBitrateBps);
    return transport;
  }

  /** A transport of this machine's own, which learns its peer from the first packet. */
  async createLocalTransport(): Promise<types.PlainTransport> {
    const { rtpPorts } = this.#options;
    return this.#running().router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1', ...(rtpPorts && { portRange: rtpPorts }) },
      rtcpMux: true,
      comedia: true,
    });
  }

  /** The avatar's streams, as the room's own clients take them. */
  get avatar(): AvatarSource {
    if (!this.#leg) throw mediaGone();
    return this.#leg.avatar;
  }

  /**
   * The avatar's streams under a player's own payload types: mediasoup sends under those of the router, and a WHEP
   * player, being the offerer, has named its own.
   *
   * @throws LokiError SERVER_BUSY for too many different sets
   */
  avatarFor(payloadTypes: PayloadTypes): Promise<AvatarSource> {
    const { avatar } = this;
    const own = roomPayloadTypes(this.#options.videoCodec);
    if (payloadTypes.audio === own.audio && payloadTypes.video === own.video) return Promise.resolve(avatar);
    const key = `${payloadTypes.audio} ${payloadTypes.video}`;
    const known = this.#playerSources.get(key);
    if (known) return known;
    if (this.#playerSources.size >= MAX_PLAYER_ROUTERS) {
      throw new LokiError('SERVER_BUSY', 'The room serves too many different kinds of players.');
    }
    const codecs = playerRouterCodecs(this.#options.videoCodec, payloadTypes);
    const source = this.#running()
      .sibling(codecs)
      .then((router) => avatar.pipeTo(router));
    this.#playerSources.set(key, source);
    source.catch(() => this.#playerSources.delete(key));
    return source;
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
    this.#driverLegs.clear();
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
    const players = [...this.#playerSources.values()];
    this.#streams = this.#newStreams();
    const { router } = this.#running();
    // The new one stands before the old one ends: who watches in between gets streams that stay.
    this.#leg = await AvatarLeg.create(router, this.#streams, this.#options.rtpPorts);
    this.#playerSources.clear();
    this.#driverLegs.clear();
    before?.close();
    for (const source of players) source.then(({ router: itsOwn }) => itsOwn.close()).catch(() => {});
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
    const producers = [this.#driver.video, this.#driver.audio].filter(
      (producer) => producer !== null && !producer.closed,
    );
    for (const [producerId, { consumer }] of this.#driverLegs) {
      if (producers.some((producer) => producer?.id === producerId)) continue;
      consumer.close();
      this.#driverLegs.delete(producerId);
    }
    const streams: { -readonly [K in keyof DriverStreams]: DriverStreams[K] } = {};
    const fresh: types.Consumer[] = [];
    for (const producer of producers) {
      if (!producer) continue;
      let driverLeg = this.#driverLegs.get(producer.id);
      if (!driverLeg) {
        try {
          driverLeg = await leg.consumeDriver(producer);
        } catch (error) {
          this.#log.warn({ err: error }, 'a driver stream ended before it was passed on');
          continue;
        }
        this.#driverLegs.set(producer.id, driverLeg);
        fresh.push(driverLeg.consumer);
      }
      streams[producer.kind] = driverLeg.stream;
    }
    this.#hub.reenactment.attach(session.id, leg.address, streams);
    await Promise.all(fresh.map((consumer) => (consumer.closed ? undefined : consumer.resume())));
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

import { randomBytes, randomUUID } from 'node:crypto';
import type { types } from 'mediasoup';
import { LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Driver } from './driver.ts';
import { iceServersFor } from './ice-servers.ts';
import type { Room } from './room.ts';
import type { SfuOptions, TokenGrant } from './sfu-types.ts';
import type { CloseReason } from './signaling/constants.ts';
import type { ConsumerInfo, Notification, Role, TransportInfo } from './signaling/messages.ts';

/** A page that builds itself anew makes a new transport before it closes the old one. */
const MAX_TRANSPORTS_A_DIRECTION = 2;
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** The signalling connection as a peer sees it. */
export interface PeerConnection {
  /** Never blocks; a connection whose reader has stopped is closed instead. */
  notify(notification: Notification): void;
  close(reason: CloseReason, goodbye?: LokiError): void;
}

type Options = Pick<SfuOptions, 'graceMs' | 'stunUrls' | 'turn'>;

/**
 * One member of a room, over as many connections as it needs: the connection may be lost and taken up again with the
 * resume secret within the grace period, while its transports live on.
 */
export class Peer {
  readonly id = randomUUID();
  /** Shown to this peer alone. */
  readonly resumeSecret = randomBytes(24).toString('base64url');
  readonly role: Role;
  readonly room: Room;
  #options: Options;
  #log: Logger;
  #connection: PeerConnection | null = null;
  #transports = new Map<string, { transport: types.WebRtcTransport; direction: 'send' | 'receive' }>();
  #consumers = new Map<string, types.Consumer>();
  #driver: Driver | null = null;
  #graceTimer: ReturnType<typeof setTimeout> | null = null;
  #expiryTimer: ReturnType<typeof setTimeout> | null = null;
  #onEnd: (peer: Peer) => void;
  #ended = false;

  constructor(role: Role, room: Room, options: Options, log: Logger, onEnd: (peer: Peer) => void) {
    this.role = role;
    this.room = room;
    this.#options = options;
    this.#log = log.child({ peerId: this.id, role });
    this.#onEnd = onEnd;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Takes its seat in the room, and the driver's place if that is its role. @throws LokiError of the room */
  async enter(): Promise<void> {
    this.room.addPeer(this);
    if (this.role !== 'driver') return;
    try {
      this.#driver = await this.room.takeDriver({
        id: this.id,
        via: 'signal',
        evict: (reason) => this.end(reason),
      });
    } catch (error) {
      this.room.removePeer(this);
      throw error;
    }
  }

  /** A connection speaks for this peer from now on; one that did before is told SESSION_TAKEN. */
  connect(connection: PeerConnection, grant: TokenGrant): void {
    const before = this.#connection;
    this.#connection = connection;
    before?.close('SESSION_TAKEN', new LokiError('SESSION_TAKEN', 'This session goes on elsewhere.'));
    if (this.#graceTimer) clearTimeout(this.#graceTimer);
    this.#graceTimer = null;
    if (this.#driver) this.#driver.connected = true;
    if (this.#expiryTimer) clearTimeout(this.#expiryTimer);
    this.#expiryTimer = setTimeout(
      () => this.end(new LokiError('TOKEN_EXPIRED', "The token's time is over.")),
      Math.min(LONGEST_TIMER_MS, Math.max(0, grant.expiresAtMs - Date.now())),
    );
  }

  /** The grace period begins, unless another connection speaks for the peer already. */
  disconnected(connection: PeerConnection): void {
    if (this.#connection !== connection || this.#ended) return;
    this.#connection = null;
    if (this.#driver) this.#driver.connected = false;
    this.#graceTimer = setTimeout(() => this.leave(), this.#options.graceMs);
  }

  notify(notification: Notification): void {
    this.#connection?.notify(notification);
  }

  /** Ends the peer by the server's doing: says why and closes the connection. Idempotent. */
  end(reason: LokiError): void {
    if (this.#ended) return;
    this.#log.info({ code: reason.code }, 'peer ended by the server');
    this.#connection?.close(closeReasonOf(reason), reason);
    this.leave();
  }

  /** Leaves the room with everything that the peer had. Idempotent. */
  leave(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#connection = null;
    if (this.#graceTimer) clearTimeout(this.#graceTimer);
    if (this.#expiryTimer) clearTimeout(this.#expiryTimer);
    if (this.#driver) this.room.releaseDriver(this.#driver);
    for (const { transport } of this.#transports.values()) transport.close();
    this.forgetMedia();
    this.room.removePeer(this);
    this.#onEnd(this);
  }

  /** The router is gone, and all transports with it. */
  forgetMedia(): void {
    this.#transports.clear();
    this.#consumers.clear();
  }

  async createTransport(direction: 'send' | 'receive'): Promise<TransportInfo> {
    const transport = await this.room.media.createTransport(direction, direction === 'send');
    if (this.#ended) {
      transport.close();
      throw new LokiError('NOT_JOINED', 'The peer has left.');
    }
    const same = [...this.#transports.values()].filter((other) => other.direction === direction);
    if (same.length >= MAX_TRANSPORTS_A_DIRECTION) same[0].transport.close();
    this.#transports.set(transport.id, { transport, direction });
    transport.observer.once('close', () => this.#transports.delete(transport.id));
    // The other side closed its peer connection.
    transport.on('dtlsstatechange', (state) => {
      if (state === 'closed' || state === 'failed') transport.close();
    });
    const { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters } = transport;
    return {
      transportId: id,
      iceParameters: { ...iceParameters },
      iceCandidates: iceCandidates.map((candidate) => ({ ...candidate })),
      dtlsParameters: { ...dtlsParameters },
      ...(sctpParameters && { sctpParameters: { ...sctpParameters } }),
      iceServers: iceServersFor(this.#options, this.id, Date.now()),
    };
  }

  async connectTransport(transportId: string, dtlsParameters: types.DtlsParameters): Promise<void> {
    await refusing(this.#transport(transportId).connect({ dtlsParameters }));
  }

  async restartIce(transportId: string): Promise<types.IceParameters> {
    return this.#transport(transportId).restartIce();
  }

  async produce(
    transportId: string,
    kind: 'video' | 'audio',
    rtpParameters: types.RtpParameters,
  ): Promise<string> {
    const driver = this.#driving();
    if (kind === 'video' && this.room.tracking === 'private') {
      throw new LokiError('NOT_ALLOWED', 'In private mode the camera is not sent; switch the mode first.');
    }
    const producer = await refusing(this.#transport(transportId, 'send').produce({ kind, rtpParameters }));
    // The mode may have changed meanwhile.
    if (kind === 'video' && this.room.tracking !== 'server') producer.close();
    else {
      // Passed on once the session is open: an avatar may take longer to load than a client waits for its answer.
      driver.setProducer(producer).catch((error: unknown) => {
        this.#log.error({ err: error }, 'a driver stream was not passed on');
      });
    }
    return producer.id;
  }

  async produceLandmarks(
    transportId: string,
    sctpStreamParameters: types.SctpStreamParameters,
  ): Promise<string> {
    const driver = this.#driving();
    if (this.room.tracking !== 'private') {
      throw new LokiError('NOT_ALLOWED', 'Landmarks are for private mode; switch the mode first.');
    }
    const producer = await refusing(
      this.#transport(transportId, 'send').produceData({ sctpStreamParameters, label: 'landmarks' }),
    );
    await driver.setLandmarks(producer);
    return producer.id;
  }

  closeProducer(producerId: string): void {
    if (!this.#driving().closeProducer(producerId)) {
      throw new LokiError('NOT_FOUND', 'There is no such producer of yours.');
    }
  }

  /** The avatar's streams, and no others: see `AvatarSource`. */
  async watch(transportId: string, rtpCapabilities: types.RtpCapabilities): Promise<ConsumerInfo[]> {
    const transport = this.#transport(transportId, 'receive');
    for (const consumer of this.#consumers.values()) consumer.close();
    const consumers = await refusing(this.room.media.avatar.consume(transport, rtpCapabilities));
    for (const consumer of consumers) {
      this.#consumers.set(consumer.id, consumer);
      consumer.observer.once('close', () => this.#consumers.delete(consumer.id));
    }
    return consumers.map(({ id, producerId, kind, rtpParameters }) => ({
      consumerId: id,
      producerId,
      kind,
      rtpParameters: { ...rtpParameters },
    }));
  }

  /** mediasoup asks the avatar's encoder for a key frame as it resumes. */
  async resumeConsumer(consumerId: string): Promise<void> {
    const consumer = this.#consumers.get(consumerId);
    if (!consumer) throw new LokiError('NOT_FOUND', 'There is no such consumer of yours.');
    await consumer.resume();
  }

  #driving(): Driver {
    if (!this.#driver) throw new LokiError('NOT_ALLOWED', 'Only the driver may send.');
    return this.#driver;
  }

  #transport(transportId: string, direction?: 'send' | 'receive'): types.WebRtcTransport {
    const entry = this.#transports.get(transportId);
    if (!entry || (direction && entry.direction !== direction)) {
      throw new LokiError('NOT_FOUND', 'There is no such transport of yours.');
    }
    return entry.transport;
  }
}

/** What mediasoup throws at parameters of a client's is that client's fault. @throws LokiError MEDIA_REFUSED */
export async function refusing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LokiError) throw error;
    const why = error instanceof Error ? error.message.slice(0, 160) : 'unknown';
    throw new LokiError('MEDIA_REFUSED', `The SFU refused these parameters: ${why}.`, { cause: error });
  }
}

function closeReasonOf({ code }: LokiError): CloseReason {
  switch (code) {
    case 'TOKEN_EXPIRED':
    case 'SESSION_TAKEN':
    case 'ROOM_CLOSED':
    case 'SHUTTING_DOWN':
    case 'INTERNAL':
      return code;
    default:
      return 'REFUSED';
  }
}

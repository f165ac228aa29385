import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type ErrorCode, LokiError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { Peer } from '../peer.ts';
import type { RoomStore } from '../rooms.ts';
import type { SfuDependencies, SfuOptions } from '../sfu-types.ts';
import { type ConnectionHost, SignalingConnection } from './connection.ts';
import { type CloseReason, MAX_MESSAGE_BYTES } from './constants.ts';
import type { Answers, RequestData } from './messages.ts';

type Dependencies = Pick<SfuDependencies, 'verifyToken' | 'allowOrigin' | 'addressOf' | 'log'>;

/** Signalling over WebSocket: who may connect, who is who, and who comes back. */
export class SignalingServer implements ConnectionHost {
  readonly options: SfuOptions;
  readonly log: Logger;
  #dependencies: Dependencies;
  #rooms: RoomStore;
  #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    autoPong: false,
  });
  #connections = new Set<SignalingConnection>();
  /** In the order in which they came. */
  #silent = new Set<SignalingConnection>();
  #byAddress = new Map<string, number>();
  #peers = new Map<string, Peer>();
  #refusals: Partial<Record<ErrorCode, number>> = {};
  #closes: Record<string, number> = {};
  #heartbeat: ReturnType<typeof setInterval>;
  #draining = false;

  constructor(options: SfuOptions, dependencies: Dependencies, rooms: RoomStore) {
    this.options = options;
    this.log = dependencies.log;
    this.#dependencies = dependencies;
    this.#rooms = rooms;
    this.#heartbeat = setInterval(() => {
      for (const connection of this.#connections) connection.heartbeat();
    }, options.heartbeatMs);
  }

  get connections(): number {
    return this.#connections.size;
  }

  get peers(): number {
    return this.#peers.size;
  }

  get refusals(): Readonly<Partial<Record<ErrorCode, number>>> {
    return { ...this.#refusals };
  }

  get closes(): Readonly<Record<string, number>> {
    return { ...this.#closes };
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { allowOrigin, addressOf } = this.#dependencies;
    const address = addressOf?.(request) ?? request.socket.remoteAddress ?? '';
    const refuse = (status: string, code: ErrorCode) => {
      this.countRefusal(code);
      socket.on('error', () => {});
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    const { maxConnections, maxConnectionsAnAddress } = this.options;
    if (this.#draining) {
      refuse('503 Service Unavailable', 'SHUTTING_DOWN');
      return;
    }
    if (allowOrigin && !allowOrigin(request.headers.origin, request)) {
      refuse('403 Forbidden', 'NOT_ALLOWED');
      return;
    }
    if (this.#connections.size >= maxConnections) {
      refuse('503 Service Unavailable', 'SERVER_BUSY');
      return;
    }
    if ((this.#byAddress.get(address) ?? 0) >= maxConnectionsAnAddress) {
      refuse('429 Too Many Requests', 'TOO_MANY_REQUESTS');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new SignalingConnection(webSocket, address, this);
      this.#connections.add(connection);
      this.#silent.add(connection);
      this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
      const [oldest] = this.#silent;
      if (this.#silent.size > this.options.maxSilentConnections) {
        this.#silent.delete(oldest);
        oldest.close('JOIN_TIMEOUT');
      }
    });
  }

  async join(
    connection: SignalingConnection,
    { token, resume }: RequestData<'join'>,
  ): Promise<{ peer: Peer; answer: Answers['join'] }> {
    if (this.#draining) throw new LokiError('SHUTTING_DOWN', 'The server is being stopped.');
    const grant = await this.#dependencies.verifyToken(token);
    const room = this.#rooms.require(grant.room);
    const before = resume === undefined ? undefined : this.#peers.get(resume);
    const resumed = before !== undefined && before.room === room && before.role === grant.role;
    let peer: Peer;
    if (resumed) {
      peer = before;
    } else {
      peer = new Peer(grant.role, room, this.options, this.log, ({ resumeSecret }) =>
        this.#peers.delete(resumeSecret),
      );
      await peer.enter();
      if (peer.ended) throw new LokiError('ROOM_CLOSED', 'The room was closed meanwhile.');
      this.#peers.set(peer.resumeSecret, peer);
    }
    peer.connect(connection, grant);
    return {
      peer,
      answer: {
        peerId: peer.id,
        role: peer.role,
        resume: peer.resumeSecret,
        resumed,
        graceMs: this.options.graceMs,
        mediaEpoch: room.media.epoch,
        routerRtpCapabilities: { ...room.media.routerRtpCapabilities },
        room: room.state(),
      },
    };
  }

  spoke(connection: SignalingConnection): void {
    this.#silent.delete(connection);
  }

  closed(connection: SignalingConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.#silent.delete(connection);
    const left = (this.#byAddress.get(connection.address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(connection.address, left);
    else this.#byAddress.delete(connection.address);
  }

  countRefusal(code: ErrorCode): void {
    this.#refusals[code] = (this.#refusals[code] ?? 0) + 1;
  }

  countClose(reason: CloseReason): void {
    this.#closes[reason] = (this.#closes[reason] ?? 0) + 1;
  }

  /** From now on nobody may join; those there are warned. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    const data = { code: 'SHUTTING_DOWN', message: 'The server will be stopped soon.' };
    for (const connection of this.#connections) connection.notify({ type: 'warning', data });
  }

  /** Ends every connection. Idempotent. */
  close(): void {
    this.#draining = true;
    clearInterval(this.#heartbeat);
    const reason = new LokiError('SHUTTING_DOWN', 'The server was stopped.');
    for (const peer of [...this.#peers.values()]) peer.end(reason);
    for (const connection of this.#connections) connection.close('SHUTTING_DOWN');
    this.#sockets.close();
  }
}

import { createSocket, type Socket } from 'node:dgram';
import type { RtpAddress } from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';

/** Holds what a key frame of 4K sends at once. */
const BUFFER_BYTES = 1 << 20;

/** One UDP port, for RTP and RTCP alike (RFC 5761). Packets of anybody but the peer are not handed on. */
export class UdpPort {
  readonly address: RtpAddress;
  readonly #socket: Socket;
  #peer: RtpAddress | null = null;
  #closed = false;

  private constructor(socket: Socket, address: RtpAddress) {
    this.#socket = socket;
    this.address = address;
  }

  /**
   * @param port 0 takes any that is free
   * @param onPacket `bytes` are the callee's to keep; `fromPeer` is false for senders at other addresses
   * @throws LokiError INTERNAL where the port can't be bound
   */
  static async bind(
    ip: string,
    port: number,
    onPacket: (bytes: Uint8Array, fromPeer: boolean) => void,
  ): Promise<UdpPort> {
    const socket = createSocket({
      type: ip.includes(':') ? 'udp6' : 'udp4',
      recvBufferSize: BUFFER_BYTES,
      sendBufferSize: BUFFER_BYTES,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (cause) =>
        reject(new LokiError('INTERNAL', `The UDP port ${ip}:${port} can't be opened.`, { cause })),
      );
      socket.bind(port, ip, resolve);
    });
    socket.removeAllListeners('error');
    // An unreachable peer is the peer's matter; the stream goes on.
    socket.on('error', () => {});
    const bound = new UdpPort(socket, { ip, port: socket.address().port });
    socket.on('message', (bytes, from) => onPacket(bytes, bound.#peer?.ip === from.address));
    return bound;
  }

  setPeer(peer: RtpAddress): void {
    this.#peer = peer;
  }

  /** Nothing happens before the peer is known. */
  send(bytes: Uint8Array): void {
    if (this.#peer === null || this.#closed) return;
    this.#socket.send(bytes, this.#peer.port, this.#peer.ip, () => {});
  }

  get hasPeer(): boolean {
    return this.#peer !== null;
  }

  /** Idempotent. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => this.#socket.close(resolve));
  }
}

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What happens to packets on the way, in both directions alike. */
export interface Impairment {
  /** Part that vanishes, 0..1. */
  readonly loss: number;
  /** Each packet waits between 0 and this, so that packets overtake one another, ms. */
  readonly jitterMs: number;
}

const CLEAN: Impairment = { loss: 0, jitterMs: 0 };
/** Packets that may wait at a time; more are dropped. */
const MAX_WAITING = 4096;

/** A port that stands before a media port and loses and delays what passes. */
export class UdpRelay {
  impairment: Impairment = CLEAN;
  passed = 0;
  lost = 0;
  #waiting = 0;
  readonly #fronts = new Map<string, Promise<number>>();
  readonly #sockets = new Set<Socket>();
  #closed = false;

  /** @returns port on the same address that leads to the given one */
  to(address: string, port: number): Promise<number> {
    const key = `${address}:${port}`;
    const known = this.#fronts.get(key);
    if (known !== undefined) return known;
    const front = this.#open(address, port);
    this.#fronts.set(key, front);
    return front;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }

  async #open(address: string, port: number): Promise<number> {
    const front = await this.#socket(address);
    // One socket a client, so that the server tells them apart.
    const backs = new Map<string, Promise<Socket>>();
    front.on('message', (packet, client) => {
      const key = `${client.address}:${client.port}`;
      let back = backs.get(key);
      if (back === undefined) {
        back = this.#socket(address).then((socket) => {
          socket.on('message', (answer) => this.#pass(() => front.send(answer, client.port, client.address)));
          return socket;
        });
        backs.set(key, back);
      }
      void back.then((socket) => this.#pass(() => socket.send(packet, port, address)));
    });
    return (front.address() as AddressInfo).port;
  }

  #pass(send: () => void): void {
    const { loss, jitterMs } = this.impairment;
    if (Math.random() < loss || this.#waiting >= MAX_WAITING) {
      this.lost++;
      return;
    }
    this.passed++;
    if (jitterMs === 0) {
      send();
      return;
    }
    this.#waiting++;
    setTimeout(() => {
      this.#waiting--;
      if (!this.#closed) send();
    }, Math.random() * jitterMs);
  }

  async #socket(address: string): Promise<Socket> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
    socket.bind(0, address);
    await once(socket, 'listening');
    this.#sockets.add(socket);
    return socket;
  }
}

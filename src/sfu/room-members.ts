import { LokiError } from '../errors.ts';
import type { Notification, Role } from './signaling/messages.ts';
import { ViewerLatency } from './viewer-latency.ts';

const MAX_ADMINS = 16;

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

/** Who is in a room, apart from the driver's place in it. */
export class RoomMembers {
  readonly latency = new ViewerLatency();
  readonly #maxViewers: number;
  readonly #peers = new Map<string, RoomMember>();
  readonly #guests = new Map<string, Guest>();

  constructor(maxViewers: number) {
    this.#maxViewers = maxViewers;
  }

  get maxViewers(): number {
    return this.#maxViewers;
  }

  /** With signalling or without. */
  get viewers(): number {
    return this.#count('viewer') + this.#guests.size;
  }

  get guests(): number {
    return this.#guests.size;
  }

  /** @throws LokiError ROOM_FULL */
  addPeer(peer: RoomMember): void {
    if (peer.role === 'viewer') this.#assertSeat();
    if (peer.role === 'admin' && this.#count('admin') >= MAX_ADMINS) {
      throw new LokiError('ROOM_FULL', 'The room has as many administrators as it may have.');
    }
    this.#peers.set(peer.id, peer);
  }

  /** @returns whether it was there */
  removePeer(peer: RoomMember): boolean {
    if (!this.#peers.delete(peer.id)) return false;
    this.latency.forget(peer.id);
    return true;
  }

  /** @throws LokiError ROOM_FULL */
  addGuest(guest: Guest): void {
    this.#assertSeat();
    this.#guests.set(guest.id, guest);
  }

  /** @returns whether it was there */
  removeGuest(guest: Guest): boolean {
    return this.#guests.delete(guest.id);
  }

  notify(notification: Notification, to: (peer: RoomMember) => boolean = () => true): void {
    for (const peer of this.#peers.values()) {
      if (to(peer)) peer.notify(notification);
    }
  }

  forgetMedia(): void {
    for (const peer of this.#peers.values()) peer.forgetMedia();
  }

  endGuests(): void {
    for (const guest of [...this.#guests.values()]) guest.end();
  }

  end(reason: LokiError): void {
    for (const peer of [...this.#peers.values()]) peer.end(reason);
    this.endGuests();
  }

  #count(role: Role): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (peer.role === role) count++;
    return count;
  }

  #assertSeat(): void {
    if (this.viewers >= this.#maxViewers) {
      throw new LokiError('ROOM_FULL', 'The room has as many viewers as it may have.');
    }
  }
}

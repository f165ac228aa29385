import type { types } from 'mediasoup';
import type { LokiError } from '../errors.ts';
import type { RoomMedia } from './room-media.ts';
import type { DriverVia } from './sfu-types.ts';

export interface DriverOptions {
  readonly id: string;
  readonly via: DriverVia;
  readonly evict: (reason: LokiError) => void;
  readonly yields?: boolean;
  /** Whether media still come, where a connection alone does not tell; asked when another driver comes. */
  readonly isAlive?: () => Promise<boolean>;
}

/** The part of a room that a driver of this machine needs. */
export interface DriverSeat {
  readonly media: RoomMedia;
  takeDriver(options: DriverOptions): Promise<Driver>;
  releaseDriver(driver: Driver): void;
}

/**
 * Whoever drives a room, however the media come in: at most one video, one audio and one landmark stream. A new stream
 * of a kind takes the place of the one before.
 */
export class Driver {
  readonly id: string;
  readonly via: DriverVia;
  /** False while its connection is lost and the grace period runs. */
  connected = true;
  /** Gives its place to any other driver who comes. */
  readonly yields: boolean;
  readonly isAlive: () => Promise<boolean>;
  /** Called when the room ends this driver's place: failed session, taken over, room closed. */
  readonly evict: (reason: LokiError) => void;
  #media: RoomMedia;
  #producers: Record<'video' | 'audio', types.Producer | null> = { video: null, audio: null };
  #landmarks: types.DataProducer | null = null;
  #closed = false;

  constructor(
    media: RoomMedia,
    { id, via, evict, yields = false, isAlive = async () => true }: DriverOptions,
  ) {
    this.id = id;
    this.via = via;
    this.evict = evict;
    this.yields = yields;
    this.isAlive = isAlive;
    this.#media = media;
  }

  async setProducer(producer: types.Producer): Promise<void> {
    if (this.#closed) {
      producer.close();
      return;
    }
    const before = this.#producers[producer.kind];
    this.#producers[producer.kind] = producer;
    before?.close();
    producer.observer.once('close', () => {
      if (this.#producers[producer.kind] !== producer) return;
      this.#producers[producer.kind] = null;
      void this.#sync();
    });
    await this.#sync();
  }

  async setLandmarks(producer: types.DataProducer): Promise<void> {
    this.#landmarks?.close();
    this.#landmarks = producer;
    await this.#media.consumeLandmarks(producer);
  }

  closeVideo(): void {
    this.#producers.video?.close();
  }

  closeLandmarks(): void {
    this.#landmarks?.close();
    this.#landmarks = null;
  }

  /** @returns whether the driver had such a stream */
  closeProducer(producerId: string): boolean {
    const producer = Object.values(this.#producers).find((candidate) => candidate?.id === producerId);
    if (producer) producer.close();
    else if (this.#landmarks?.id === producerId) this.closeLandmarks();
    else return false;
    return true;
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#producers.video?.close();
    this.#producers.audio?.close();
    this.closeLandmarks();
  }

  #sync(): Promise<void> {
    return this.#media.setDriver(this.#closed ? null : this.#producers);
  }
}

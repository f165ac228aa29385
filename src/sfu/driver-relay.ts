import type { types } from 'mediasoup';
import type { DriverStreams } from '../contract/live-session.ts';
import type { Logger } from '../log.ts';
import type { AvatarLeg, DriverLeg } from './avatar-leg.ts';

export interface DriverProducers {
  readonly video: types.Producer | null;
  readonly audio: types.Producer | null;
}

export const NO_PRODUCERS: DriverProducers = { video: null, audio: null };

/** What the driver sends, on its way over the leg to the reenactment worker. */
export class DriverRelay {
  readonly #log: Logger;
  readonly #legs = new Map<string, DriverLeg>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The leg is another: nothing is on its way any more. */
  clear(): void {
    this.#legs.clear();
  }

  /**
   * Makes what goes over `leg` agree with what the driver sends.
   *
   * @param attach tells the worker of the streams, before the first packet of a new one
   */
  async relay(
    leg: AvatarLeg,
    { video, audio }: DriverProducers,
    attach: (streams: DriverStreams) => void,
  ): Promise<void> {
    const producers = [video, audio].filter((producer) => producer !== null && !producer.closed);
    for (const [producerId, { consumer }] of this.#legs) {
      if (producers.some((producer) => producer?.id === producerId)) continue;
      consumer.close();
      this.#legs.delete(producerId);
    }
    const streams: { -readonly [K in keyof DriverStreams]: DriverStreams[K] } = {};
    const fresh: types.Consumer[] = [];
    for (const producer of producers) {
      if (!producer) continue;
      let driverLeg = this.#legs.get(producer.id);
      if (!driverLeg) {
        try {
          driverLeg = await leg.consumeDriver(producer);
        } catch (error) {
          this.#log.warn({ err: error }, 'a driver stream ended before it was passed on');
          continue;
        }
        this.#legs.set(producer.id, driverLeg);
        fresh.push(driverLeg.consumer);
      }
      streams[producer.kind] = driverLeg.stream;
    }
    attach(streams);
    await Promise.all(fresh.map((consumer) => (consumer.closed ? undefined : consumer.resume())));
  }
}

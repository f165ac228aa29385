import type { types } from 'mediasoup';
import { LokiError } from '../errors.ts';

/** Local address of the pipes between routers of one worker. */
const LOOPBACK = '127.0.0.1';

export interface AvatarConsumeOptions {
  /** Those that the viewer wants; all where absent. */
  readonly kinds?: readonly ('video' | 'audio')[];
  /** Names of the m-sections, where the viewer gave them. */
  readonly mids?: Readonly<Partial<Record<'video' | 'audio', string>>>;
}

/**
 * The avatar's streams on one router, and the only place in which consumers for viewers are made: what is consumed are
 * the producers that this object was made with, so no request, however forged, can name the stream that a viewer gets.
 */
export class AvatarSource {
  readonly router: types.Router;
  #producers: readonly types.Producer[];

  constructor(router: types.Router, producers: readonly types.Producer[]) {
    this.router = router;
    this.#producers = producers;
  }

  /**
   * The avatar's streams for one viewer, paused.
   *
   * @throws LokiError MEDIA_REFUSED where the capabilities fit none of the streams
   */
  async consume(
    viewer: types.WebRtcTransport,
    rtpCapabilities: types.RtpCapabilities,
    { kinds, mids = {} }: AvatarConsumeOptions = {},
  ): Promise<types.Consumer[]> {
    const consumers: types.Consumer[] = [];
    for (const { id: producerId, kind } of this.#producers) {
      if (kinds && !kinds.includes(kind)) continue;
      if (!this.router.canConsume({ producerId, rtpCapabilities })) continue;
      const mid = mids[kind];
      consumers.push(
        await viewer.consume({
          producerId,
          rtpCapabilities,
          paused: true,
          ...(mid !== undefined && { mid }),
        }),
      );
    }
    if (consumers.length === 0) {
      throw new LokiError('MEDIA_REFUSED', "The avatar's streams fit none of the codecs that were offered.");
    }
    return consumers;
  }

  /** The same streams on another router of the same worker. They end with these. */
  async pipeTo(router: types.Router): Promise<AvatarSource> {
    const producers: types.Producer[] = [];
    for (const { id: producerId } of this.#producers) {
      const { pipeProducer } = await this.router.pipeToRouter({
        producerId,
        router,
        listenInfo: { protocol: 'udp', ip: LOOPBACK },
        // Ids are the worker's, and both routers are on one.
        keepId: false,
        enableSctp: false,
      });
      if (pipeProducer) producers.push(pipeProducer);
    }
    return new AvatarSource(router, producers);
  }
}

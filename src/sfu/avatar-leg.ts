import type { types } from 'mediasoup';
import type { AvatarStreams, RtpAddress, RtpStream } from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import { avatarRtpParameters, describeStream } from './codecs.ts';
import type { SfuOptions } from './sfu-types.ts';

const LOOPBACK = '127.0.0.1';
const SOCKET_BUFFER_BYTES = 1024 * 1024;

/** A driver's stream on its way to the reenactment worker, paused until the worker knows of it. */
export interface DriverLeg {
  readonly consumer: types.Consumer;
  readonly stream: RtpStream;
}

/**
 * One session's leg between SFU and reenactment worker: a plain RTP transport on loopback, on which the avatar comes in
 * and the driver goes out.
 *
 * This is the only place in which consumers are made, and there are two kinds: `consumeAvatar`, for viewers, takes its
 * producers from here and nowhere else; `consumeDriver` goes to the worker's transport and to no other. So no request,
 * however forged, can name the stream that a viewer gets.
 */
export class AvatarLeg {
  #router: types.Router;
  #transport: types.PlainTransport;
  #avatar: readonly types.Producer[];

  private constructor(
    router: types.Router,
    transport: types.PlainTransport,
    avatar: readonly types.Producer[],
  ) {
    this.#router = router;
    this.#transport = transport;
    this.#avatar = avatar;
  }

  static async create(
    router: types.Router,
    streams: AvatarStreams,
    rtpPorts: SfuOptions['rtpPorts'],
  ): Promise<AvatarLeg> {
    const transport = await router.createPlainTransport({
      listenInfo: {
        protocol: 'udp',
        ip: LOOPBACK,
        ...(rtpPorts && { portRange: rtpPorts }),
        sendBufferSize: SOCKET_BUFFER_BYTES,
        recvBufferSize: SOCKET_BUFFER_BYTES,
      },
      rtcpMux: true,
      comedia: false,
    });
    const avatar = await Promise.all(
      [streams.video, streams.audio].map((stream) =>
        transport.produce({
          kind: stream.kind,
          rtpParameters: avatarRtpParameters(stream, streams.cname),
        }),
      ),
    );
    return new AvatarLeg(router, transport, avatar);
  }

  /** Where the worker sends the avatar, and what the driver's streams come from. */
  get address(): RtpAddress {
    return { ip: this.#transport.tuple.localAddress, port: this.#transport.tuple.localPort };
  }

  /** Once a leg. */
  async connect(worker: RtpAddress): Promise<void> {
    await this.#transport.connect({ ip: worker.ip, port: worker.port });
  }

  /**
   * The avatar's streams for one viewer, paused.
   *
   * @param kinds those that the viewer wants; all where absent
   * @throws LokiError MEDIA_REFUSED where the capabilities fit none of the streams
   */
  async consumeAvatar(
    viewer: types.WebRtcTransport,
    rtpCapabilities: types.RtpCapabilities,
    wanted: { readonly kinds?: readonly ('video' | 'audio')[]; readonly rtx?: boolean } = {},
  ): Promise<types.Consumer[]> {
    const consumers: types.Consumer[] = [];
    for (const { id: producerId, kind } of this.#avatar) {
      if (wanted.kinds && !wanted.kinds.includes(kind)) continue;
      if (!this.#router.canConsume({ producerId, rtpCapabilities })) continue;
      consumers.push(
        await viewer.consume({
          producerId,
          rtpCapabilities,
          paused: true,
          ...(wanted.rtx === false && { enableRtx: false }),
        }),
      );
    }
    if (consumers.length === 0) {
      throw new LokiError('MEDIA_REFUSED', "The avatar's streams fit none of the codecs that were offered.");
    }
    return consumers;
  }

  async consumeDriver(producer: types.Producer): Promise<DriverLeg> {
    const { codecs, headerExtensions = [] } = this.#router.rtpCapabilities;
    const consumer = await this.#transport.consume({
      producerId: producer.id,
      // No retransmission and no bandwidth estimate on loopback.
      rtpCapabilities: {
        codecs: codecs?.filter(({ mimeType }) => !mimeType.endsWith('/rtx')) ?? [],
        headerExtensions,
      },
      enableRtx: false,
      paused: true,
    });
    return { consumer, stream: describeStream(producer.kind, consumer.rtpParameters) };
  }

  /** Idempotent; ends the consumers of both kinds. */
  close(): void {
    this.#transport.close();
  }
}

import type { types } from 'mediasoup';
import type { AvatarStreams, RtpAddress, RtpStream } from '../contract/live-session.ts';
import { AvatarSource } from './avatar-source.ts';
import { avatarRtpParameters, describeStream, EXTENSIONS } from './codecs.ts';
import type { SfuOptions } from './sfu-types.ts';

const LOOPBACK = '127.0.0.1';
const DRIVER_EXTENSIONS = new Set<string>(Object.values(EXTENSIONS).map(({ uri }) => uri));
const SOCKET_BUFFER_BYTES = 1024 * 1024;

/** A driver's stream on its way to the reenactment worker, paused until the worker knows of it. */
export interface DriverLeg {
  readonly consumer: types.Consumer;
  readonly stream: RtpStream;
}

/**
 * One session's leg between SFU and reenactment worker: a plain RTP transport on loopback, on which the avatar comes in
 * and the driver goes out. The driver's streams are consumed here for the worker's transport and for no other;
 * consumers for viewers are made in `AvatarSource`, from the avatar's producers alone.
 */
export class AvatarLeg {
  #router: types.Router;
  #transport: types.PlainTransport;
  readonly avatar: AvatarSource;

  private constructor(router: types.Router, transport: types.PlainTransport, avatar: AvatarSource) {
    this.#router = router;
    this.#transport = transport;
    this.avatar = avatar;
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
    return new AvatarLeg(router, transport, new AvatarSource(router, avatar));
  }

  /** Where the worker sends the avatar, and what the driver's streams come from. */
  get address(): RtpAddress {
    return { ip: this.#transport.tuple.localAddress, port: this.#transport.tuple.localPort };
  }

  /** Once a leg. */
  async connect(worker: RtpAddress): Promise<void> {
    await this.#transport.connect({ ip: worker.ip, port: worker.port });
  }

  /** To the worker, and to nobody else. */
  async consumeDriver(producer: types.Producer): Promise<DriverLeg> {
    const { codecs = [], headerExtensions = [] } = this.#router.rtpCapabilities;
    const consumer = await this.#transport.consume({
      producerId: producer.id,
      // Nothing is lost on loopback, and what its bandwidth is need not be probed.
      rtpCapabilities: {
        codecs: codecs.filter(({ mimeType }) => !mimeType.endsWith('/rtx')),
        headerExtensions: headerExtensions.filter(({ uri }) => DRIVER_EXTENSIONS.has(uri)),
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

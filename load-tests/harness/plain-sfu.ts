/**
 * A child process that is nothing but mediasoup: one stream in by plain RTP, out to every WHEP viewer. What fan-out costs
 * at least. `fanout.ts` starts it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWorker, type types } from 'mediasoup';
import { lanAddress } from '../../src/gateway/addresses.ts';
import { claimLivePriority } from '../../src/live-priority.ts';
import { codecParameters, EXTENSIONS, ROUTER_CODECS } from '../../src/sfu/codecs.ts';
import { remoteDtls, writeAnswer } from '../../src/sfu/sdp/answer.ts';
import { receivableCodec, receiverCapabilities } from '../../src/sfu/sdp/choose.ts';
import { parseOffer } from '../../src/sfu/sdp/offer.ts';

/** To the child: streams that will come in. */
export interface PlainStreams {
  readonly video: { readonly payloadType: number; readonly ssrc: number };
  readonly audio: { readonly payloadType: number; readonly ssrc: number };
}

/** From the child: where the streams go in, and where viewers are served. */
export interface PlainSfuReady {
  readonly rtpPort: number;
  readonly base: string;
}

const SOCKET_BUFFER_BYTES = 1024 * 1024;
const LOOPBACK = '127.0.0.1';

// As the real server has it.
claimLivePriority();
const worker = await createWorker({ logLevel: 'error' });
const buffers = { sendBufferSize: SOCKET_BUFFER_BYTES, recvBufferSize: SOCKET_BUFFER_BYTES };
// Where the real server listens: a socket of loopback alone spares the system a look for each packet's way.
const webRtcServer = await worker.createWebRtcServer({
  listenInfos: [{ protocol: 'udp', ip: '0.0.0.0', announcedAddress: lanAddress() ?? LOOPBACK, ...buffers }],
});
const router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
const entrance = await router.createPlainTransport({
  listenInfo: { protocol: 'udp', ip: LOOPBACK, ...buffers },
  rtcpMux: true,
  comedia: true,
});
const producers: types.Producer[] = [];

process.on('disconnect', () => process.exit(0));
process.on('message', async ({ video, audio }: PlainStreams) => {
  for (const [kind, stream] of [
    ['video', video],
    ['audio', audio],
  ] as const)
    producers.push(
      await entrance.produce({
        kind,
        rtpParameters: {
          codecs: [codecParameters(kind === 'video' ? 'VP8' : 'opus', stream.payloadType)],
          headerExtensions: [EXTENSIONS.absCaptureTime, EXTENSIONS.playoutDelay],
          encodings: [{ ssrc: stream.ssrc }],
          rtcp: { cname: 'plain', reducedSize: true },
        },
      }),
    );
  server.listen(0, LOOPBACK, () => {
    const { port } = server.address() as AddressInfo;
    const ready: PlainSfuReady = { rtpPort: entrance.tuple.localPort, base: `http://${LOOPBACK}:${port}` };
    process.send?.(ready);
  });
});

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    const sdp = await watch(Buffer.concat(chunks).toString());
    response.writeHead(201, { 'content-type': 'application/sdp' }).end(sdp);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});

/** The same handshake as a WHEP player has with the real server. */
async function watch(text: string): Promise<string> {
  const offer = parseOffer(text);
  const transport = await router.createWebRtcTransport({
    webRtcServer,
    enableUdp: true,
    initialAvailableOutgoingBitrate: 2_000_000,
    iceConsentTimeout: 20,
  });
  transport.on('icestatechange', (state) => {
    if (state === 'disconnected') transport.close();
  });
  transport.on('dtlsstatechange', (state) => {
    if (state === 'closed' || state === 'failed') transport.close();
  });
  await transport.connect({ dtlsParameters: remoteDtls(offer) });
  const answers = [];
  for (const media of offer.media) {
    const codec = receivableCodec(media, 'VP8')!;
    const producer = producers.find(({ kind }) => kind === media.type)!;
    const consumer = await transport.consume({
      producerId: producer.id,
      rtpCapabilities: receiverCapabilities(media, codec),
      mid: media.mid ?? media.type,
    });
    const { codecs, headerExtensions = [], encodings, rtcp } = consumer.rtpParameters;
    answers.push({
      direction: 'sendonly' as const,
      codec,
      rtx: false,
      extensions: headerExtensions,
      feedback: (codecs[0].rtcpFeedback ?? []).map(({ type, parameter }) => ({
        type,
        parameter: parameter ?? '',
      })),
      sends: {
        ssrc: encodings?.[0]?.ssrc ?? 0,
        cname: rtcp?.cname ?? 'plain',
        trackId: `plain-${media.type}`,
      },
    });
  }
  return writeAnswer(offer, answers, transport);
}

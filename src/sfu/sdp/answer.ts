import { randomInt } from 'node:crypto';
import type { types } from 'mediasoup';
import type { Offer, OfferedCodec, OfferedMedia } from './offer.ts';

/** An m-section of the offer as it is answered; null refuses it. */
export interface AnsweredMedia {
  readonly direction: 'recvonly' | 'sendonly';
  readonly codec: OfferedCodec;
  readonly rtx: boolean;
  /** Those of the offered that are used. */
  readonly extensions: readonly { readonly uri: string; readonly id: number }[];
  readonly feedback: OfferedCodec['feedback'];
  /** The one simulcast layer that is taken, where the client offers several. */
  readonly rid?: string;
  /** What is sent, where something is. */
  readonly sends?: { readonly ssrc: number; readonly cname: string; readonly trackId: string };
}

type Transport = Pick<types.WebRtcTransport, 'iceParameters' | 'iceCandidates' | 'dtlsParameters'>;

/**
 * The answer to an offer (RFC 8829, section 5.3): every m-section in its place, one ICE-lite transport bundling those
 * that are taken, the refused ones with port 0.
 */
export function writeAnswer(
  offer: Offer,
  answers: readonly (AnsweredMedia | null)[],
  transport: Transport,
): string {
  const { fingerprints } = transport.dtlsParameters;
  const fingerprint = fingerprints.find(({ algorithm }) => algorithm === 'sha-256') ?? fingerprints[0];
  const bundled = offer.media.filter((media, i) => answers[i] && media.mid !== null).map(({ mid }) => mid);
  const lines = [
    'v=0',
    `o=loki ${randomInt(1, 2 ** 47)} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=ice-lite',
    ...(bundled.length > 0 ? [`a=group:BUNDLE ${bundled.join(' ')}`] : []),
    'a=msid-semantic: WMS *',
    `a=setup:${offer.dtls.role === 'server' ? 'active' : 'passive'}`,
    `a=fingerprint:${fingerprint.algorithm} ${fingerprint.value}`,
  ];
  let first = true;
  offer.media.forEach((media, i) => {
    const answer = answers[i];
    if (!answer) {
      lines.push(...refusedSection(media));
      return;
    }
    lines.push(...section(media, answer, transport, first));
    first = false;
  });
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * The client's side as mediasoup takes it. An offerer that can be either is told to be the DTLS client; one that can only
 * be the server is left so (RFC 8842, section 5.3).
 */
export function remoteDtls({ dtls }: Offer): types.DtlsParameters {
  return {
    role: dtls.role === 'server' ? 'server' : 'client',
    fingerprints: dtls.fingerprints.map(({ algorithm, value }) => ({
      algorithm: algorithm as types.FingerprintAlgorithm,
      value,
    })),
  };
}

/** `a=candidate` lines (RFC 8839, section 5.1; TCP: RFC 6544). */
export function candidateLines(candidates: readonly types.IceCandidate[]): string[] {
  return candidates.map(
    ({ foundation, protocol, priority, address, port, type, tcpType }) =>
      `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}${
        tcpType ? ` tcptype ${tcpType}` : ''
      }`,
  );
}

function refusedSection({ type, protocol, formats, mid }: OfferedMedia): string[] {
  return [
    `m=${type} 0 ${protocol} ${formats}`,
    'c=IN IP4 0.0.0.0',
    ...(mid === null ? [] : [`a=mid:${mid}`]),
    'a=inactive',
  ];
}

function section(
  media: OfferedMedia,
  answer: AnsweredMedia,
  { iceParameters, iceCandidates }: Transport,
  first: boolean,
): string[] {
  const { codec, rtx, rid, sends } = answer;
  const { payloadType, rtxPayloadType } = codec;
  const formats = rtx && rtxPayloadType !== undefined ? `${payloadType} ${rtxPayloadType}` : `${payloadType}`;
  const channels = codec.channels === undefined ? '' : `/${codec.channels}`;
  const name = codec.name === 'opus' ? 'opus' : codec.name.toUpperCase();
  return [
    `m=${media.type} 9 ${media.protocol} ${formats}`,
    'c=IN IP4 0.0.0.0',
    ...(media.mid === null ? [] : [`a=mid:${media.mid}`]),
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    ...(first ? [...candidateLines(iceCandidates), 'a=end-of-candidates'] : []),
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=${answer.direction}`,
    `a=rtpmap:${payloadType} ${name}/${codec.clockRateHz}${channels}`,
    ...(codec.formatParameters ? [`a=fmtp:${payloadType} ${codec.formatParameters}`] : []),
    ...answer.feedback.map(({ type, parameter }) =>
      `a=rtcp-fb:${payloadType} ${type} ${parameter}`.trimEnd(),
    ),
    ...(rtx && rtxPayloadType !== undefined
      ? [`a=rtpmap:${rtxPayloadType} rtx/${codec.clockRateHz}`, `a=fmtp:${rtxPayloadType} apt=${payloadType}`]
      : []),
    ...answer.extensions.map(({ uri, id }) => `a=extmap:${id} ${uri}`),
    ...(rid === undefined ? [] : [`a=rid:${rid} recv`, `a=simulcast:recv ${rid}`]),
    ...(sends
      ? [
          `a=msid:avatar ${sends.trackId}`,
          `a=ssrc:${sends.ssrc} cname:${sends.cname}`,
          `a=ssrc:${sends.ssrc} msid:avatar ${sends.trackId}`,
        ]
      : []),
  ];
}

import type { types } from 'mediasoup';
import type { VideoCodec } from '../../contract/live-session.ts';
import { codecParameters } from '../codecs.ts';
import type { AnsweredMedia } from './answer.ts';
import type { OfferedCodec, OfferedMedia } from './offer.ts';

const FEEDBACK = new Set(['nack ', 'nack pli', 'ccm fir', 'transport-cc ', 'goog-remb ']);
const RTP_OVER_DTLS = /^(UDP|TCP)\/TLS\/RTP\/SAVPF?$/;

/** `{ answer, rtpParameters }` for what a WHIP client sends in this section, or null where it can't be taken. */
export function takeSection(
  media: OfferedMedia,
  extensions: readonly types.RtpHeaderExtension[],
): { answer: AnsweredMedia; rtpParameters: types.RtpParameters } | null {
  const { type: kind, ssrc, rtxSsrc } = media;
  if (!isUsable(media, 'sendonly') || (kind !== 'audio' && kind !== 'video')) return null;
  const codec = media.codecs.find(
    (candidate) =>
      isOpus(kind, candidate) || isVideo(kind, 'VP8', candidate) || isVideo(kind, 'H264', candidate),
  );
  if (!codec) return null;
  const used = media.extensions.filter(({ uri }) =>
    extensions.some((known) => known.uri === uri && known.kind === kind && known.direction !== 'sendonly'),
  );
  // Of several layers the first is taken: what goes to the tracker is one picture.
  const rid = media.sendRids[0];
  const rtx = codec.rtxPayloadType !== undefined && (rid !== undefined || ssrc === null || rtxSsrc !== null);
  const feedback = codec.feedback.filter(({ type, parameter }) => FEEDBACK.has(`${type} ${parameter}`));
  const encoding: types.RtpEncodingParameters =
    rid !== undefined
      ? { rid }
      : { ...(ssrc !== null && { ssrc }), ...(rtx && rtxSsrc !== null && { rtx: { ssrc: rtxSsrc } }) };
  return {
    answer: {
      direction: 'recvonly',
      codec,
      rtx,
      extensions: used,
      feedback,
      ...(rid !== undefined && { rid }),
    },
    rtpParameters: {
      ...(media.mid !== null && { mid: media.mid }),
      codecs: producedCodecs(codec, rtx, feedback),
      headerExtensions: used.map(({ uri, id }) => ({ uri: uri as types.RtpHeaderExtensionUri, id })),
      encodings: [encoding],
      rtcp: { ...(media.cname !== null && { cname: media.cname }), reducedSize: true },
    },
  };
}

/** The codec of a WHEP player's section in which the avatar can be sent, or undefined. */
export function receivableCodec(media: OfferedMedia, video: VideoCodec): OfferedCodec | undefined {
  if (!isUsable(media, 'recvonly')) return undefined;
  return media.codecs.find(
    (codec) =>
      isOpus(media.type, codec) ||
      (isVideo(media.type, video, codec) &&
        // A player may insist on the profile that it offers; what is sent is constrained baseline.
        (video === 'VP8' ||
          /profile-level-id=42(e0|c0)/i.test(codec.formatParameters) ||
          !/profile-level-id/i.test(codec.formatParameters))),
  );
}

/** What a player can take, in mediasoup's words: the one codec, under the player's own payload type and ids. */
export function receiverCapabilities(media: OfferedMedia, codec: OfferedCodec): types.RtpCapabilities {
  const kind = media.type as types.MediaKind;
  const { parameters, mimeType, clockRate, channels } = codecParameters(
    contractName(codec),
    codec.payloadType,
  );
  return {
    codecs: [
      {
        kind,
        mimeType,
        clockRate,
        ...(channels !== undefined && { channels }),
        preferredPayloadType: codec.payloadType,
        parameters: kind === 'video' ? (parameters ?? {}) : {},
        rtcpFeedback: codec.feedback.map(({ type, parameter }) => ({ type, parameter })),
      },
    ],
    headerExtensions: media.extensions.map(({ uri, id }) => ({
      kind,
      uri: uri as types.RtpHeaderExtensionUri,
      preferredId: id,
      preferredEncrypt: false,
      direction: 'recvonly' as const,
    })),
  };
}

export function contractName({ name }: OfferedCodec): VideoCodec | 'opus' {
  return name === 'opus' ? 'opus' : name === 'h264' ? 'H264' : 'VP8';
}

function isUsable(media: OfferedMedia, clientSide: 'sendonly' | 'recvonly'): boolean {
  return (
    media.enabled &&
    RTP_OVER_DTLS.test(media.protocol) &&
    (media.direction === 'sendrecv' || media.direction === clientSide)
  );
}

function isOpus(kind: string, { name, clockRateHz }: OfferedCodec): boolean {
  return kind === 'audio' && name === 'opus' && clockRateHz === 48_000;
}

/** H.264 of any profile: the decoder takes them all, and encoders of OBS send what the user chose. */
function isVideo(
  kind: string,
  video: VideoCodec,
  { name, clockRateHz, formatParameters }: OfferedCodec,
): boolean {
  if (kind !== 'video' || clockRateHz !== 90_000 || name !== video.toLowerCase()) return false;
  return video === 'VP8' || /packetization-mode=1/.test(formatParameters);
}

/** mediasoup is told constrained baseline whatever the client named, since its router knows that alone. */
function producedCodecs(
  codec: OfferedCodec,
  rtx: boolean,
  feedback: OfferedCodec['feedback'],
): types.RtpCodecParameters[] {
  const base = codecParameters(contractName(codec), codec.payloadType);
  const codecs: types.RtpCodecParameters[] = [
    { ...base, rtcpFeedback: feedback.map(({ type, parameter }) => ({ type, parameter })) },
  ];
  if (rtx && codec.rtxPayloadType !== undefined) {
    codecs.push({
      mimeType: 'video/rtx',
      payloadType: codec.rtxPayloadType,
      clockRate: codec.clockRateHz,
      parameters: { apt: codec.payloadType },
      rtcpFeedback: [],
    });
  }
  return codecs;
}

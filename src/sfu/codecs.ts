import { randomInt } from 'node:crypto';
import type { types } from 'mediasoup';
import type { AvatarStreams, RtpStream, VideoCodec } from '../contract/live-session.ts';

/** H.264 constrained baseline, level 3.1: the one profile that every browser and OBS have in common. */
export const H264_PROFILE = '42e01f';

/** RTP header extensions by the ids that mediasoup gives them; it takes no others. */
export const EXTENSIONS = {
  absCaptureTime: { uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time', id: 13 },
  videoOrientation: { uri: 'urn:3gpp:video-orientation', id: 11 },
  playoutDelay: { uri: 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay', id: 14 },
} as const;

const VIDEO_CLOCK_HZ = 90_000;
const AUDIO_CLOCK_HZ = 48_000;

export interface PayloadTypes {
  readonly audio: number;
  readonly video: number;
}

/** Chromium's numbers, so that its WHEP players need no router of their own. */
const OPUS_PAYLOAD_TYPE = 111;
const VIDEO_PAYLOAD_TYPES = { VP8: 96, H264: 108 } as const;

/** What a room's router takes: Opus, VP8, H.264 constrained baseline in packetisation mode 1. mediasoup adds RTX. */
export const ROUTER_CODECS: types.RouterRtpCodecCapability[] = [
  opusCapability(OPUS_PAYLOAD_TYPE),
  videoCapability('VP8', VIDEO_PAYLOAD_TYPES.VP8),
  videoCapability('H264', VIDEO_PAYLOAD_TYPES.H264),
];

export function roomPayloadTypes(video: VideoCodec): PayloadTypes {
  return { audio: OPUS_PAYLOAD_TYPE, video: VIDEO_PAYLOAD_TYPES[video] };
}

/** What a router for WHEP players takes that insist on payload types of their own. */
export function playerRouterCodecs(
  video: VideoCodec,
  payloadTypes: PayloadTypes,
): types.RouterRtpCodecCapability[] {
  return [opusCapability(payloadTypes.audio), videoCapability(video, payloadTypes.video)];
}

function opusCapability(preferredPayloadType: number): types.RouterRtpCodecCapability {
  return {
    kind: 'audio',
    mimeType: 'audio/opus',
    clockRate: AUDIO_CLOCK_HZ,
    channels: 2,
    preferredPayloadType,
  };
}

function videoCapability(codec: VideoCodec, preferredPayloadType: number): types.RouterRtpCodecCapability {
  const parameters = videoParameters(codec);
  return {
    kind: 'video',
    mimeType: `video/${codec}`,
    clockRate: VIDEO_CLOCK_HZ,
    preferredPayloadType,
    parameters,
  };
}

function videoParameters(codec: VideoCodec): Record<string, string | number> {
  if (codec === 'VP8') return {};
  return { 'packetization-mode': 1, 'profile-level-id': H264_PROFILE, 'level-asymmetry-allowed': 1 };
}

/** Streams of a new session: payload types of our own, SSRCs at random (RFC 3550, section 8.1). */
export function newAvatarStreams(codec: VideoCodec, cname: string): AvatarStreams {
  const absCaptureTime = EXTENSIONS.absCaptureTime.id;
  const videoSsrc = randomInt(1, 0x7fff_ffff) * 2;
  return {
    video: {
      kind: 'video',
      codec,
      payloadType: 96,
      ssrc: videoSsrc,
      clockRateHz: VIDEO_CLOCK_HZ,
      extensions: { absCaptureTime, playoutDelay: EXTENSIONS.playoutDelay.id },
    },
    audio: {
      kind: 'audio',
      codec: 'opus',
      payloadType: 97,
      // Odd where the video's is even: never the same.
      ssrc: randomInt(0, 0x7fff_ffff) * 2 + 1,
      clockRateHz: AUDIO_CLOCK_HZ,
      extensions: { absCaptureTime },
    },
    cname,
  };
}

/** RTP parameters under which the worker's stream enters mediasoup. */
export function avatarRtpParameters(stream: RtpStream, cname: string): types.RtpParameters {
  const headerExtensions = (['absCaptureTime', 'playoutDelay'] as const).flatMap((name) => {
    const id = stream.extensions[name];
    return id === undefined ? [] : [{ uri: EXTENSIONS[name].uri, id }];
  });
  return {
    codecs: [
      codecParameters(stream.kind === 'video' ? (stream.codec as VideoCodec) : 'opus', stream.payloadType),
    ],
    encodings: [{ ssrc: stream.ssrc }],
    headerExtensions,
    rtcp: { cname, reducedSize: true },
  };
}

/**
 * With `nack pli` and `ccm fir` viewers' key-frame requests reach the sender; plain `nack` is left out, since nothing is
 * lost on loopback and nobody there would answer.
 */
export function codecParameters(codec: VideoCodec | 'opus', payloadType: number): types.RtpCodecParameters {
  if (codec === 'opus') {
    return {
      mimeType: 'audio/opus',
      payloadType,
      clockRate: AUDIO_CLOCK_HZ,
      channels: 2,
      parameters: { useinbandfec: 1 },
      rtcpFeedback: [],
    };
  }
  return {
    mimeType: `video/${codec}`,
    payloadType,
    clockRate: VIDEO_CLOCK_HZ,
    parameters: videoParameters(codec),
    rtcpFeedback: [
      { type: 'nack', parameter: 'pli' },
      { type: 'ccm', parameter: 'fir' },
    ],
  };
}

/** A consumer's stream as the contract words it. */
export function describeStream(kind: 'video' | 'audio', parameters: types.RtpParameters): RtpStream {
  const [codec] = parameters.codecs;
  const idOf = (uri: string) => parameters.headerExtensions?.find((extension) => extension.uri === uri)?.id;
  const absCaptureTime = idOf(EXTENSIONS.absCaptureTime.uri);
  const videoOrientation = idOf(EXTENSIONS.videoOrientation.uri);
  return {
    kind,
    codec: kind === 'audio' ? 'opus' : codec.mimeType.toLowerCase() === 'video/h264' ? 'H264' : 'VP8',
    payloadType: codec.payloadType,
    ssrc: parameters.encodings?.[0]?.ssrc ?? 0,
    clockRateHz: codec.clockRate,
    extensions: {
      ...(absCaptureTime !== undefined && { absCaptureTime }),
      ...(videoOrientation !== undefined && { videoOrientation }),
    },
  };
}

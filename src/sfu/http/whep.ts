import { randomUUID } from 'node:crypto';
import type { types } from 'mediasoup';
import { LokiError } from '../../errors.ts';
import { roomPayloadTypes } from '../codecs.ts';
import { refusing } from '../peer.ts';
import type { Room } from '../room.ts';
import type { Guest } from '../room-members.ts';
import { type AnsweredMedia, remoteDtls, writeAnswer } from '../sdp/answer.ts';
import { receivableCodec, receiverCapabilities } from '../sdp/choose.ts';
import type { Offer, OfferedCodec, OfferedMedia } from '../sdp/offer.ts';
import type { TokenGrant } from '../sfu-types.ts';
import { MediaResource } from './media-resource.ts';

interface Choice {
  readonly index: number;
  readonly media: OfferedMedia;
  readonly codec: OfferedCodec;
}

/**
 * A WHEP player watches: its first usable section of each kind gets the avatar's stream of that kind.
 *
 * @throws LokiError MEDIA_REFUSED where no section fits, ROOM_FULL
 */
export async function openWhep(
  room: Room,
  offer: Offer,
  grant: TokenGrant,
  graceMs: number,
  onEnd: (resource: MediaResource) => void,
): Promise<{ resource: MediaResource; sdp: string }> {
  const { media } = room;
  const audio = choose(offer, 'audio', room);
  const video = choose(offer, 'video', room);
  const choices = [audio, video].filter((choice) => choice !== null);
  if (choices.length === 0) {
    throw new LokiError(
      'MEDIA_REFUSED',
      `The offer receives neither ${media.videoCodec} video nor Opus audio over RTP with DTLS.`,
    );
  }
  const own = roomPayloadTypes(media.videoCodec);
  const source = await media.avatarFor({
    audio: audio?.codec.payloadType ?? free(own.audio, video?.codec.payloadType),
    video: video?.codec.payloadType ?? free(own.video, audio?.codec.payloadType),
  });
  let resource: MediaResource | null = null;
  const guest: Guest = { id: `whep-${randomUUID()}`, end: () => resource?.end() };
  room.addGuest(guest);
  let transport: types.WebRtcTransport | null = null;
  try {
    transport = await media.createTransport('receive', false, source.router);
    await refusing(transport.connect({ dtlsParameters: remoteDtls(offer) }));
    const consumers = await source.consume(transport, capabilities(choices), {
      kinds: choices.map(({ media: { type } }) => type as 'audio' | 'video'),
      mids: Object.fromEntries(choices.map(({ media: { type, mid } }) => [type, mid ?? type])),
    });
    const answers = offer.media.map((_, index): AnsweredMedia | null => {
      const choice = choices.find((candidate) => candidate.index === index);
      const consumer = consumers.find(({ kind }) => kind === choice?.media.type);
      return choice && consumer ? answerFor(choice, consumer) : null;
    });
    const sdp = writeAnswer(offer, answers, transport);
    const made = new MediaResource({
      transport,
      grant,
      ice: offer.ice,
      graceMs,
      onEnd() {
        room.removeGuest(guest);
        onEnd(made);
      },
    });
    resource = made;
    // Resumed before the player is there: mediasoup sends nothing, and asks for a key frame, once DTLS stands.
    await Promise.all(consumers.map((consumer) => consumer.resume()));
    return { resource: made, sdp };
  } catch (error) {
    room.removeGuest(guest);
    transport?.close();
    throw error;
  }
}

function choose(offer: Offer, kind: 'audio' | 'video', room: Room): Choice | null {
  for (const [index, media] of offer.media.entries()) {
    if (media.type !== kind) continue;
    const codec = receivableCodec(media, room.media.videoCodec);
    if (codec) return { index, media, codec };
  }
  return null;
}

/** A payload type for the kind that the player does not take, other than the one that it does. */
function free(own: number, taken: number | undefined): number {
  return own === taken ? own - 1 : own;
}

function capabilities(choices: readonly Choice[]): types.RtpCapabilities {
  const each = choices.map(({ media, codec }) => receiverCapabilities(media, codec));
  return {
    codecs: each.flatMap(({ codecs = [] }) => codecs),
    headerExtensions: each.flatMap(({ headerExtensions = [] }) => headerExtensions),
  };
}

function answerFor({ codec }: Choice, { kind, rtpParameters }: types.Consumer): AnsweredMedia {
  const { codecs, headerExtensions = [], encodings, rtcp } = rtpParameters;
  return {
    direction: 'sendonly',
    codec,
    rtx: false,
    extensions: headerExtensions,
    feedback: (codecs[0].rtcpFeedback ?? []).map(({ type, parameter }) => ({
      type,
      parameter: parameter ?? '',
    })),
    sends: {
      ssrc: encodings?.[0]?.ssrc ?? 0,
      cname: rtcp?.cname ?? 'avatar',
      trackId: `avatar-${kind}`,
    },
  };
}

import fc from 'fast-check';
import type { types } from 'mediasoup';
import * as sdpTransform from 'sdp-transform';
import { describe, expect, it } from 'vitest';
import { LokiError } from '../../errors.ts';
import { FFMPEG_OFFER, GSTREAMER_OFFER, OBS_OFFER, WHEP_OFFER } from '../testing/offers.ts';
import { remoteDtls, writeAnswer } from './answer.ts';
import { receivableCodec, takeSection } from './choose.ts';
import { parseOffer } from './offer.ts';

const EXTENSIONS = [
  { kind: 'video', uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', preferredId: 1, direction: 'sendrecv' },
] as unknown as types.RtpHeaderExtension[];

const TRANSPORT = {
  iceParameters: { usernameFragment: 'server-fragment', password: 'server-password', iceLite: true },
  iceCandidates: [
    {
      foundation: 'udp',
      priority: 9,
      ip: '192.0.2.1',
      address: '192.0.2.1',
      protocol: 'udp',
      port: 4444,
      type: 'host',
    },
    {
      foundation: 'tcp',
      priority: 8,
      ip: '192.0.2.1',
      address: '192.0.2.1',
      protocol: 'tcp',
      port: 4444,
      type: 'host',
      tcpType: 'passive',
    },
  ],
  dtlsParameters: {
    fingerprints: [
      { algorithm: 'sha-1', value: '00:11' },
      { algorithm: 'sha-256', value: 'AA:BB' },
    ],
  },
} as unknown as Parameters<typeof writeAnswer>[2];

function answered(text: string) {
  const offer = parseOffer(text);
  const taken = offer.media.map((media) => takeSection(media, EXTENSIONS));
  return {
    offer,
    taken,
    answer: writeAnswer(
      offer,
      taken.map((section) => section?.answer ?? null),
      TRANSPORT,
    ),
  };
}

function failure(text: string): LokiError {
  try {
    parseOffer(text);
  } catch (error) {
    return error as LokiError;
  }
  throw new Error('it was taken');
}

describe('offers of programs that people use', () => {
  it("takes OBS's, with its transport at the session level", () => {
    const { offer, taken, answer } = answered(OBS_OFFER);
    expect(offer.ice).toEqual({ usernameFragment: 'nxcM', password: 'ezjAjgSSLLvbRhUA1zc6Se' });
    expect(remoteDtls(offer)).toMatchObject({ role: 'client', fingerprints: [{ algorithm: 'sha-256' }] });
    expect(taken.map((section) => section?.rtpParameters.codecs[0].mimeType)).toEqual([
      'audio/opus',
      'video/H264',
    ]);
    expect(taken[1]?.rtpParameters).toMatchObject({
      mid: '1',
      encodings: [{ ssrc: 3388068601 }],
      rtcp: { cname: 'Yuu1KDxQcc3L5CpY' },
    });
    const session = sdpTransform.parse(answer);
    expect(session.icelite).toBe('ice-lite');
    expect(session.groups).toEqual([{ type: 'BUNDLE', mids: '0 1' }]);
    expect(session.setup).toBe('passive');
    expect(session.fingerprint).toEqual({ type: 'sha-256', hash: 'AA:BB' });
    expect(session.media.map(({ type, direction, port }) => [type, direction, port])).toEqual([
      ['audio', 'recvonly', 9],
      ['video', 'recvonly', 9],
    ]);
    expect(session.media[0].candidates).toHaveLength(2);
    expect(session.media[1].candidates).toBeUndefined();
    expect(session.media[1].fmtp[0].config).toContain('42e01f');
  });

  it("takes GStreamer's, with OPUS in capitals, High profile and a bundle-only section at port 0", () => {
    const { taken, answer } = answered(GSTREAMER_OFFER);
    expect(taken.map((section) => section?.rtpParameters.codecs[0].mimeType)).toEqual([
      'video/H264',
      'audio/opus',
    ]);
    // The router knows constrained baseline alone; the client reads its own format back.
    expect(taken[0]?.rtpParameters.codecs[0].parameters).toMatchObject({ 'profile-level-id': '42e01f' });
    expect(answer).toContain('a=fmtp:96 packetization-mode=1;profile-level-id=640028');
    expect(answer).toContain('a=group:BUNDLE video0 audio1');
  });

  it("takes FFmpeg's, which will be the DTLS client", () => {
    const { offer, answer } = answered(FFMPEG_OFFER);
    expect(offer.dtls.role).toBe('client');
    expect(answer).toContain('a=setup:passive');
  });

  it('becomes the DTLS client where the other can only be the server', () => {
    const { offer, answer } = answered(FFMPEG_OFFER.replaceAll('setup:active', 'setup:passive'));
    expect(remoteDtls(offer).role).toBe('server');
    expect(answer).toContain('a=setup:active');
  });
});

describe('what is refused within an offer', () => {
  it('answers sections that receive, are no RTP or have no known codec with port 0', () => {
    const text = `${OBS_OFFER.replace('a=sendonly', 'a=recvonly')}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\nm=video 9 UDP/TLS/RTP/SAVPF 45\r\na=mid:3\r\na=sendonly\r\na=rtpmap:45 AV1/90000\r\n`;
    const { taken, answer } = answered(text);
    expect(taken.map((section) => section !== null)).toEqual([false, true, false, false]);
    const session = sdpTransform.parse(answer);
    expect(session.media.map(({ port }) => port)).toEqual([0, 9, 0, 0]);
    expect(answer).toContain('a=group:BUNDLE 1\r\n');
  });

  it('takes H.264 in packetization mode 1 only', () => {
    const { taken } = answered(OBS_OFFER.replace('packetization-mode=1', 'packetization-mode=0'));
    expect(taken[1]).toBeNull();
  });

  it('offers a player the codec of the room, and H.264 only in a baseline that it knows', () => {
    const [video, audio] = parseOffer(WHEP_OFFER).media;
    expect(receivableCodec(video, 'VP8')?.payloadType).toBe(120);
    expect(receivableCodec(video, 'H264')?.payloadType).toBe(126);
    expect(receivableCodec(audio, 'VP8')?.payloadType).toBe(109);
    const [high] = parseOffer(WHEP_OFFER.replace('42e01f', '640028')).media;
    expect(receivableCodec(high, 'H264')).toBeUndefined();
  });
});

describe('simulcast', () => {
  const simulcast = OBS_OFFER.replaceAll(/a=ssrc:3388068601.*\r\n/g, '').concat(
    'a=rid:h send\r\na=rid:m send\r\na=rid:l send\r\na=simulcast:send h;m;~l\r\n',
  );

  it('takes the first layer and names it in the answer', () => {
    const { taken, answer } = answered(simulcast);
    expect(taken[1]?.rtpParameters.encodings).toEqual([{ rid: 'h' }]);
    expect(answer).toContain('a=rid:h recv\r\na=simulcast:recv h\r\n');
    expect(answer).not.toContain('a=rid:m');
  });
});

describe('offers that can not be used', () => {
  it.each([
    ['nothing', '', 'v=0'],
    ['prose', 'Dear server,', 'v=0'],
    ['no m-section', 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n', 'no m-section'],
    ['no fingerprint', OBS_OFFER.replace(/a=fingerprint.*\r\n/, ''), 'fingerprint'],
    ['an unknown hash', OBS_OFFER.replace('sha-256', 'md5'), 'algorithm'],
    ['no ICE credentials', OBS_OFFER.replace(/a=ice-pwd.*\r\n/, ''), 'ICE'],
    ['no bundle', OBS_OFFER.replace(/a=group:BUNDLE.*\r\n/, ''), 'not bundled'],
    ['several transports', GSTREAMER_OFFER.replace('a=ice-ufrag:3fnn', 'a=ice-ufrag:other'), 'several ICE'],
    ['twenty sections', OBS_OFFER + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(20), 'more than 16'],
  ])('says of %s what is wrong', (_what, text, why) => {
    const error = failure(text);
    expect(error).toBeInstanceOf(LokiError);
    expect(error.code).toBe('BAD_MESSAGE');
    expect(error.message).toContain(why);
  });

  it('never throws anything else, and answers whatever it takes with as many sections', () => {
    const lines = [OBS_OFFER, GSTREAMER_OFFER, FFMPEG_OFFER, WHEP_OFFER].flatMap((text) =>
      text.split('\r\n'),
    );
    const line = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...lines) }, fc.string());
    const mutated = fc
      .tuple(
        fc.constantFrom(OBS_OFFER, GSTREAMER_OFFER, WHEP_OFFER),
        fc.array(fc.tuple(fc.nat(60), line), { maxLength: 6 }),
      )
      .map(([text, changes]) => {
        const changed = text.split('\r\n');
        for (const [at, replacement] of changes) changed[at % changed.length] = replacement;
        return changed.join('\r\n');
      });
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.array(line).map((all) => all.join('\r\n')),
        ),
        (text) => {
          try {
            const { offer, answer } = answered(text);
            expect(answer.match(/^m=/gm)).toHaveLength(offer.media.length);
          } catch (error) {
            if (!(error instanceof LokiError)) throw error;
            expect(error.code).toBe('BAD_MESSAGE');
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

import type { types } from 'mediasoup';
import { LokiError } from '../../errors.ts';
import { refusing } from '../peer.ts';
import type { Room } from '../room.ts';
import { remoteDtls, writeAnswer } from '../sdp/answer.ts';
import { takeSection } from '../sdp/choose.ts';
import type { Offer } from '../sdp/offer.ts';
import type { TokenGrant } from '../sfu-types.ts';
import { MediaResource } from './media-resource.ts';

/** A path that has carried nothing for a while is one that its client left without a word. */
const SILENT_BPS = 1_000;

/**
 * A WHIP client drives: its first usable video section and its first usable audio section are taken, the others
 * refused.
 *
 * @throws LokiError MEDIA_REFUSED where no section can be taken, DRIVER_PRESENT, SERVER_BUSY
 */
export async function openWhip(
  room: Room,
  offer: Offer,
  grant: TokenGrant,
  graceMs: number,
  onEnd: (resource: MediaResource) => void,
): Promise<{ resource: MediaResource; sdp: string }> {
  const extensions = room.media.routerRtpCapabilities.headerExtensions ?? [];
  const kinds = new Set<string>();
  const taken = offer.media.map((media) => {
    const section = kinds.has(media.type) ? null : takeSection(media, extensions);
    if (section) kinds.add(media.type);
    return section;
  });
  if (!kinds.has('video')) {
    throw new LokiError(
      'MEDIA_REFUSED',
      'The offer sends no video in VP8 or H.264 (packetization-mode 1) over RTP with DTLS.',
    );
  }
  let transport: types.WebRtcTransport | null = null;
  let resource: MediaResource | null = null;
  const driver = await room.takeDriver({
    id: `whip-${grant.tokenId}`,
    via: 'whip',
    evict: () => resource?.end(),
    isAlive: async () => {
      if (!transport || transport.closed) return false;
      const [stats] = await transport.getStats();
      return stats.dtlsState !== 'connected' || stats.recvBitrate > SILENT_BPS;
    },
  });
  try {
    transport = await room.media.createTransport('send');
    await refusing(transport.connect({ dtlsParameters: remoteDtls(offer) }));
    for (const [i, section] of taken.entries()) {
      if (!section) continue;
      const kind = offer.media[i].type as types.MediaKind;
      await driver.setProducer(
        await refusing(transport.produce({ kind, rtpParameters: section.rtpParameters })),
      );
    }
    const sdp = writeAnswer(
      offer,
      taken.map((section) => section?.answer ?? null),
      transport,
    );
    const made = new MediaResource({
      transport,
      grant,
      ice: offer.ice,
      graceMs,
      onPath(connected) {
        driver.connected = connected;
      },
      onEnd() {
        room.releaseDriver(driver);
        onEnd(made);
      },
    });
    resource = made;
    return { resource: made, sdp };
  } catch (error) {
    room.releaseDriver(driver);
    transport?.close();
    throw error;
  }
}

import type { types } from 'mediasoup';
import { MAX_LANDMARK_PACKET_BYTES } from '../contract/landmark-packet.ts';
import type { SfuOptions } from './sfu-types.ts';

/** Enough for the avatar from the first packet on; the estimate takes over from there. */
const INITIAL_OUTGOING_BPS = 2_000_000;
const ICE_CONSENT_TIMEOUT_S = 20;
const SCTP_STREAMS = { OS: 16, MIS: 16 };

/** A transport of a browser's or a player's. @param landmarks with data channels */
export function createClientTransport(
  router: types.Router,
  webRtcServer: types.WebRtcServer,
  landmarks: boolean,
): Promise<types.WebRtcTransport> {
  return router.createWebRtcTransport({
    webRtcServer,
    enableUdp: true,
    enableTcp: true,
    preferUdp: true,
    initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BPS,
    iceConsentTimeout: ICE_CONSENT_TIMEOUT_S,
    enableSctp: landmarks,
    numSctpStreams: SCTP_STREAMS,
    maxSctpMessageSize: MAX_LANDMARK_PACKET_BYTES,
  });
}

/** A transport of this machine's own, which learns its peer from the first packet. */
export function createLocalTransport(
  router: types.Router,
  rtpPorts: SfuOptions['rtpPorts'],
): Promise<types.PlainTransport> {
  return router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1', ...(rtpPorts && { portRange: rtpPorts }) },
    rtcpMux: true,
    comedia: true,
  });
}

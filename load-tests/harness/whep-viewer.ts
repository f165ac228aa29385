import { RTCPeerConnection, RTCRtpCodecParameters, type RtpPacket } from 'werift';
import { refusingStunServer } from '../../src/sfu/testing/stun-server.ts';

/** A viewer that receives and counts, but decodes nothing. */
export interface WhepViewer {
  readonly pictures: Counted;
  readonly sounds: Counted;
  /** UDP ports of the server that its answer names. */
  readonly remotePorts: ReadonlySet<number>;
  /** Every packet, as it came out of SRTP. */
  onPacket: ((packet: RtpPacket, kind: string) => void) | null;
  /** At most twice a second. */
  requestKeyFrame(): void;
  close(): Promise<void>;
}

/** What has come of one stream. */
export interface Counted {
  packets: number;
  /** Packets that end a frame. */
  frames: number;
  /** When the latest came, ms on the monotonic clock. */
  lastMs: number;
  /** Longest wait for a packet so far, ms; set it to 0 to begin anew. */
  longestGapMs: number;
}

const VIDEO = 96;
const AUDIO = 111;
/** First bytes of RTP among all that may come at one port (RFC 7983, section 7). */
const MEDIA_FROM = 128;
const MEDIA_TO = 191;
const KEY_FRAME_PAUSE_MS = 500;

/**
 * @param token of a viewer
 * @param sealed count packets by their headers, which SRTP leaves readable (RFC 3711, section 3.1), and open none, so that
 *   `onPacket` stays silent: a tenth of the processor time
 * @throws Error where the server refuses
 */
export async function watch(
  base: string,
  roomId: string,
  token: string,
  { sealed = false } = {},
): Promise<WhepViewer> {
  const peer = new RTCPeerConnection({
    iceServers: [{ urls: await refusingStunServer() }],
    codecs: {
      video: [
        new RTCRtpCodecParameters({
          mimeType: 'video/VP8',
          clockRate: 90_000,
          payloadType: VIDEO,
          rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
        }),
      ],
      audio: [
        new RTCRtpCodecParameters({
          mimeType: 'audio/opus',
          clockRate: 48_000,
          channels: 2,
          payloadType: AUDIO,
        }),
      ],
    },
  });
  const [pictures, sounds] = [counted(), counted()];
  const remotePorts = new Set<number>();
  let ask: (() => void) | null = null;
  let askedMs = 0;
  const viewer: WhepViewer = {
    pictures,
    sounds,
    remotePorts,
    onPacket: null,
    requestKeyFrame: () => {
      if (performance.now() - askedMs < KEY_FRAME_PAUSE_MS) return;
      askedMs = performance.now();
      ask?.();
    },
    close: () => peer.close(),
  };
  peer.onTrack.subscribe((track) => {
    const counter = track.kind === 'video' ? pictures : sounds;
    track.onReceiveRtp.subscribe((packet) => {
      if (track.kind === 'video') ask ??= () => void receiver.sendRtcpPLI(packet.header.ssrc);
      count(counter, packet.header.marker);
      viewer.onPacket?.(packet, track.kind);
    });
  });
  const { receiver } = peer.addTransceiver('video', { direction: 'recvonly' });
  peer.addTransceiver('audio', { direction: 'recvonly' });
  await peer.setLocalDescription(await peer.createOffer());
  const response = await fetchTwice(`${base}/whep/${roomId}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' },
    body: peer.localDescription?.sdp ?? '',
  });
  const sdp = await response.text();
  if (response.status !== 201) throw new Error(`the viewer was refused: ${response.status} ${sdp}`);
  const connected = new Promise<void>((resolve, reject) => {
    peer.connectionStateChange.subscribe((state) => {
      if (state === 'failed' || state === 'closed') reject(new Error(`the viewer's connection ${state}`));
      if (state !== 'connected') return;
      if (sealed) countSealed(peer, viewer);
      resolve();
    });
  });
  await peer.setRemoteDescription({ type: 'answer', sdp });
  for (const [, port] of sdp.matchAll(/^a=candidate:\S+ \d+ udp \d+ \S+ (\d+)/gim))
    remotePorts.add(Number(port));
  await connected;
  return viewer;
}

/** From now on nothing of what comes is handed to werift: the handshake is over, and SRTP in JavaScript is dear. */
function countSealed(peer: RTCPeerConnection, { pictures, sounds }: WhepViewer): void {
  for (const { iceTransport } of peer.dtlsTransports) {
    const { onData } = iceTransport.connection;
    onData.allUnsubscribe();
    onData.subscribe((packet) => {
      if (packet[0] < MEDIA_FROM || packet[0] > MEDIA_TO) return;
      const marker = packet[1] >> 7 === 1;
      const payloadType = packet[1] & 0x7f;
      if (payloadType === VIDEO) count(pictures, marker);
      else if (payloadType === AUDIO) count(sounds, marker);
    });
  }
}

function counted(): Counted {
  return { packets: 0, frames: 0, lastMs: performance.now(), longestGapMs: 0 };
}

function count(counter: Counted, marker: boolean): void {
  const nowMs = performance.now();
  counter.longestGapMs = Math.max(counter.longestGapMs, nowMs - counter.lastMs);
  counter.lastMs = nowMs;
  counter.packets++;
  if (marker) counter.frames++;
}

/** Once more where the connection broke: a server may end an idle one just as it is used again. */
async function fetchTwice(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch {
    return fetch(url, request);
  }
}

import { RTCPeerConnection, RTCRtpCodecParameters, type RtpPacket } from 'werift';

/** A viewer that receives and counts, but decodes nothing: under 1 % of a core. */
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
const KEY_FRAME_PAUSE_MS = 500;

/** @param token of a viewer @throws Error where the server refuses */
export async function watch(base: string, roomId: string, token: string): Promise<WhepViewer> {
  const peer = new RTCPeerConnection({
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
  await peer.setRemoteDescription({ type: 'answer', sdp });
  for (const [, port] of sdp.matchAll(/^a=candidate:\S+ \d+ udp \d+ \S+ (\d+)/gim))
    remotePorts.add(Number(port));
  return viewer;
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

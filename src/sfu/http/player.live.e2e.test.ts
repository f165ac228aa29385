import { afterEach, describe, expect, it } from 'vitest';
import { RTCPeerConnection, RTCRtpCodecParameters, type RtpPacket } from 'werift';
import { refusingStunServer } from '../testing/stun-server.ts';
import { startTestServer, type TestServer, testToken, until } from '../testing/test-server.ts';

let server: TestServer;
const peers: RTCPeerConnection[] = [];

afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
  await server?.close();
});

/** A WHEP player with payload types of its own choice. */
async function play(payloadTypes: { video: number; audio: number }): Promise<RtpPacket[]> {
  const peer = new RTCPeerConnection({
    iceServers: [{ urls: await refusingStunServer() }],
    codecs: {
      video: [
        new RTCRtpCodecParameters({
          mimeType: 'video/VP8',
          clockRate: 90_000,
          payloadType: payloadTypes.video,
          rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
        }),
      ],
      audio: [
        new RTCRtpCodecParameters({
          mimeType: 'audio/opus',
          clockRate: 48_000,
          channels: 2,
          payloadType: payloadTypes.audio,
        }),
      ],
    },
  });
  peers.push(peer);
  const packets: RtpPacket[] = [];
  peer.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => packets.push(packet)));
  peer.addTransceiver('video', { direction: 'recvonly' });
  peer.addTransceiver('audio', { direction: 'recvonly' });
  await peer.setLocalDescription(await peer.createOffer());
  const { status, body } = await server.sfu.whep({
    method: 'POST',
    headers: { authorization: `Bearer ${testToken('r', 'viewer')}`, 'content-type': 'application/sdp' },
    body: peer.localDescription!.sdp,
    params: { roomId: 'r' },
  });
  expect(status).toBe(201);
  await peer.setRemoteDescription({ type: 'answer', sdp: body });
  return packets;
}

describe('a WHEP player of another maker', () => {
  it.each([
    { video: 120, audio: 109 },
    { video: 97, audio: 96 },
  ])('gets the avatar under the payload types that it offered: $video and $audio', async (payloadTypes) => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    await server.sfu.rooms.get('r')!.driveFromRtp({ video: null, audio: null });
    const players = [await play(payloadTypes), await play(payloadTypes)];
    await until('both kinds of packets at both', () =>
      players.every((packets) =>
        [payloadTypes.video, payloadTypes.audio].every(
          (type) => packets.filter(({ header }) => header.payloadType === type).length > 20,
        ),
      ),
    );
    for (const packets of players) {
      expect(new Set(packets.map(({ header }) => header.payloadType)).size).toBe(2);
    }
  });
});

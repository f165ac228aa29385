import { randomUUID } from 'node:crypto';
import type { types } from 'mediasoup';
import { codecParameters } from './codecs.ts';
import type { DriverSeat } from './driver.ts';
import type { RtpDriver, RtpDriverHandle } from './sfu-types.ts';

/** Lets a process of this machine drive a room with plain RTP on loopback: the demonstration, and load tests. */
export async function openRtpDriver(
  room: DriverSeat,
  { video, audio, yields = false, onEnd }: RtpDriver,
): Promise<RtpDriverHandle> {
  let transport: types.PlainTransport | null = null;
  const close = () => {
    room.releaseDriver(driver);
    transport?.close();
  };
  const driver = await room.takeDriver({
    id: `rtp-${randomUUID()}`,
    via: 'rtp',
    yields,
    evict(reason) {
      close();
      onEnd?.(reason.code);
    },
  });
  try {
    transport = await room.media.createLocalTransport();
    const cname = driver.id;
    if (video) {
      await driver.setProducer(
        await transport.produce({
          kind: 'video',
          rtpParameters: {
            codecs: [codecParameters(video.codec, video.payloadType)],
            encodings: [{ ssrc: video.ssrc }],
            rtcp: { cname },
          },
        }),
      );
    }
    if (audio) {
      await driver.setProducer(
        await transport.produce({
          kind: 'audio',
          rtpParameters: {
            codecs: [codecParameters('opus', audio.payloadType)],
            encodings: [{ ssrc: audio.ssrc }],
            rtcp: { cname },
          },
        }),
      );
    }
    return { address: { ip: transport.tuple.localAddress, port: transport.tuple.localPort }, close };
  } catch (error) {
    close();
    throw error;
  }
}

import { encodeLandmarkPacket } from '../../contract/landmark-packet.ts';
import type { Face } from './landmark-tracker.ts';

/** Three packets: more than that waiting means the path is slower than the camera. */
const MAX_BUFFERED_BYTES = 3 * 2_900;

/** What of a mediasoup data producer the sender needs. */
export interface LandmarkChannel {
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
}

/** Sends faces as packets, the latest or none: a channel that is behind gets no more to carry. */
export class LandmarkSender {
  sent = 0;
  dropped = 0;
  private sequence = 0;
  private readonly channel: () => LandmarkChannel | null;
  private readonly toServerMs: (browserMs: number) => number;

  constructor(channel: () => LandmarkChannel | null, toServerMs: (browserMs: number) => number) {
    this.channel = channel;
    this.toServerMs = toServerMs;
  }

  send(face: Face): void {
    this.dropped += face.dropped;
    const channel = this.channel();
    if (!channel || channel.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.dropped++;
      return;
    }
    const packet = encodeLandmarkPacket({
      sequence: this.sequence++,
      captureTimeMs: this.toServerMs(face.capturedMs),
      imageWidth: face.imageWidth,
      imageHeight: face.imageHeight,
      confidence: face.landmarks.length > 0 ? 1 : 0,
      landmarks: face.landmarks,
    });
    channel.send(packet as Uint8Array<ArrayBuffer>);
    this.sent++;
  }
}

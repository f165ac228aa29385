import type { DriverStreams, RtpStream } from '../../contract/live-session.ts';
import { buildPli, parseRtcp } from '../../rtp/rtcp.ts';
import { isRtcp, parseRtp } from '../../rtp/rtp-packet.ts';
import type { PixelPool } from '../pixel-pool.ts';
import { DriverAudio, type SentSound } from './driver-audio.ts';
import { type DriverPicture, DriverVideo } from './driver-video.ts';
import type { DropCounters } from './drop-counters.ts';
import type { PictureDelay } from './picture-delay.ts';

export interface DriverIntakeOptions {
  /** SSRC of the avatar's video. */
  readonly avatarSsrc: number;
  readonly delay: PictureDelay;
  readonly drops: DropCounters;
  /** Where pictures are from. */
  readonly pixels: PixelPool;
  readonly send: (packet: Uint8Array) => void;
  readonly onPicture: (picture: DriverPicture, from: DriverVideo) => void;
  readonly onSound: (sound: SentSound) => void;
  /** There is a new stream of pictures: somebody else may sit there now. */
  readonly onNewVideo: () => void;
  /** A viewer needs a frame of the avatar that stands by itself. */
  readonly onKeyFrameWanted: () => void;
}

/** What comes from the SFU: the driver's sound and pictures, its clocks, and what the viewers ask of the avatar. */
export class DriverIntake {
  readonly #options: DriverIntakeOptions;
  #video: DriverVideo | null = null;
  #audio: DriverAudio | null = null;
  /** Of the sound so far, for a stream that follows. */
  #lastAudioTicks = 0;

  constructor(options: DriverIntakeOptions) {
    this.#options = options;
  }

  /** How long sound is held back at the moment, milliseconds. */
  get heldMs(): number {
    return this.#audio?.heldMs ?? 0;
  }

  /** What the driver sends from now on. Streams that stay the same go on. */
  attach({ video, audio }: DriverStreams): void {
    if (!sameStream(this.#video?.stream, video)) this.#attachVideo(video);
    if (!sameStream(this.#audio?.stream, audio)) this.#attachAudio(audio);
    this.#requestKeyFrame();
  }

  receive(bytes: Uint8Array, fromPeer: boolean): void {
    const { drops } = this.#options;
    if (!fromPeer) {
      drops.add('garbage');
      return;
    }
    if (isRtcp(bytes)) {
      this.#receiveRtcp(bytes);
      return;
    }
    const packet = parseRtp(bytes);
    if (
      packet !== null &&
      packet.ssrc === this.#video?.stream.ssrc &&
      packet.payloadType === this.#video.stream.payloadType
    )
      this.#video.push(packet, performance.now());
    else if (
      packet !== null &&
      packet.ssrc === this.#audio?.stream.ssrc &&
      packet.payloadType === this.#audio.stream.payloadType
    )
      this.#audio.push(packet, Date.now());
    else drops.add('garbage');
  }

  /** Call it a few times a second. @param nowMs steady clock */
  poll(nowMs: number): void {
    this.#video?.poll(nowMs);
  }

  async close(): Promise<void> {
    this.#audio?.close();
    await this.#video?.close();
  }

  #receiveRtcp(bytes: Uint8Array): void {
    for (const packet of parseRtcp(bytes)) {
      if (packet.type === 'sr') {
        const stream = [this.#video, this.#audio].find((driver) => driver?.stream.ssrc === packet.ssrc);
        stream?.clock.reported(packet.ntpMs, packet.rtpTimestamp, Date.now());
      } else if (
        (packet.type === 'pli' || packet.type === 'fir') &&
        packet.mediaSsrc === this.#options.avatarSsrc
      ) {
        this.#options.onKeyFrameWanted();
      }
    }
  }

  #attachVideo(stream: RtpStream | undefined): void {
    const { drops, pixels, onPicture, onNewVideo } = this.#options;
    this.#video?.close().catch(() => {});
    this.#video = null;
    if (stream === undefined) return;
    const video = new DriverVideo({
      stream,
      drops,
      pixels,
      onPicture: (picture) => {
        if (this.#video === video) onPicture(picture, video);
      },
      onKeyFrameNeeded: () => this.#requestKeyFrame(),
    });
    this.#video = video;
    onNewVideo();
  }

  #attachAudio(stream: RtpStream | undefined): void {
    const { delay, drops, onSound } = this.#options;
    this.#lastAudioTicks = this.#audio?.lastTicks ?? this.#lastAudioTicks;
    this.#audio?.close();
    this.#audio =
      stream === undefined
        ? null
        : new DriverAudio({ stream, delay, drops, afterTicks: this.#lastAudioTicks, onSound });
  }

  #requestKeyFrame(): void {
    if (this.#video === null) return;
    this.#options.send(buildPli(this.#options.avatarSsrc, this.#video.stream.ssrc));
  }
}

function sameStream(a: RtpStream | undefined, b: RtpStream | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

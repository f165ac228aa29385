import {
  type EncodedPicture,
  LiveVideoEncoder,
  type LiveVideoEncoderOptions,
} from '../codec/live-video-encoder.ts';
import type { RgbaImage } from '../frame.ts';

/** Key frames are made no more often, however many viewers ask. */
const KEY_FRAME_INTERVAL_MS = 200;

/** The avatar's encoder with its key frames: on demand, throttled. */
export class AvatarEncoder {
  readonly #encoder: LiveVideoEncoder;
  #keyWanted = true;
  #lastKeyMs = Number.NEGATIVE_INFINITY;

  private constructor(encoder: LiveVideoEncoder) {
    this.#encoder = encoder;
  }

  static async open(options: LiveVideoEncoderOptions): Promise<AvatarEncoder> {
    return new AvatarEncoder(await LiveVideoEncoder.open(options));
  }

  /** A viewer needs a frame that stands by itself. @returns whether one may be made now @param nowMs steady clock */
  requestKeyFrame(nowMs: number): boolean {
    this.#keyWanted = true;
    return nowMs - this.#lastKeyMs >= KEY_FRAME_INTERVAL_MS;
  }

  /** @param ticks 90 kHz, growing @param nowMs steady clock */
  async encode(image: RgbaImage, ticks: number, nowMs: number): Promise<EncodedPicture | null> {
    const force = this.#keyWanted && nowMs - this.#lastKeyMs >= KEY_FRAME_INTERVAL_MS;
    const picture = await this.#encoder.encode(image, ticks, force);
    if (picture?.key === true) {
      this.#lastKeyMs = nowMs;
      if (force) this.#keyWanted = false;
    }
    return picture;
  }

  close(): Promise<void> {
    return this.#encoder.close();
  }
}

import {
  AV_CODEC_FLAG_LOW_DELAY,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_VP8,
  AVERROR_EAGAIN,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import type { RgbaImage } from '../frame.ts';
import { PixelPool } from '../pixel-pool.ts';
import { must } from './ffmpeg.ts';
import { FrameConverter, filterStep } from './frame-converter.ts';
import { RgbaReader } from './rgba-frame.ts';

/** Clockwise turn and mirroring that bring a picture upright. */
export interface PictureTurn {
  readonly rotationDeg: 0 | 90 | 180 | 270;
  readonly flip: boolean;
}

export interface LiveVideoDecoderOptions {
  readonly codec: 'VP8' | 'H264';
  /** Larger pictures are scaled down. */
  readonly maxSidePx: number;
  /** Where pictures are from; whoever is through with one may give it back. */
  readonly pixels?: PixelPool;
}

/** Beyond this a picture is refused before it is decoded. */
const MAX_PIXELS = 4096 * 2304;
/** Above this size decoding and scaling are worth the two thread switches to libuv's pool; see ClipDecoder. */
const LARGE_PIXELS = 1280 * 720;
const TURNS: Readonly<Record<PictureTurn['rotationDeg'], readonly string[]>> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};

/** Decodes the frames of one live stream; sizes may change from key frame to key frame. One call at a time. */
export class LiveVideoDecoder {
  readonly #context: CodecContext;
  readonly #maxSidePx: number;
  readonly #pixels: PixelPool;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  readonly #reader = new RgbaReader();
  #converter: FrameConverter | null = null;
  #turnKey = '';
  #large = false;
  /** Settles when the call under way has ended: native memory must not go before. */
  #busy: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(context: CodecContext, maxSidePx: number, pixels: PixelPool) {
    this.#context = context;
    this.#pixels = pixels;
    this.#maxSidePx = maxSidePx;
    this.#packet.alloc();
    this.#frame.alloc();
  }

  static async open(options: LiveVideoDecoderOptions): Promise<LiveVideoDecoder> {
    const { codec: name, maxSidePx, pixels = new PixelPool() } = options;
    const codec = Codec.findDecoder(name === 'VP8' ? AV_CODEC_ID_VP8 : AV_CODEC_ID_H264)!;
    const context = new CodecContext();
    context.allocContext3(codec);
    context.threadCount = 1;
    // Without it H.264 of the higher profiles waits for frames that might be shown before.
    context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
    must(context.setOption('max_pixels', String(MAX_PIXELS)), 'limit picture size');
    must(await context.open2(codec, null), 'open decoder');
    return new LiveVideoDecoder(context, maxSidePx, pixels);
  }

  /**
   * @param data one whole frame, H.264 in Annex B form
   * @returns the picture, upright; null where the frame holds none, or is damaged: ask for a key frame then
   */
  decode(data: Uint8Array, turn: PictureTurn): Promise<RgbaImage | null> {
    const decoded = this.#decode(data, turn);
    this.#busy = decoded.catch(() => {});
    return decoded;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#busy;
    this.#converter?.close();
    this.#reader.close();
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }

  async #decode(data: Uint8Array, turn: PictureTurn): Promise<RgbaImage | null> {
    if (this.#closed) return null;
    this.#packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const sent = this.#large
      ? await this.#context.sendPacket(this.#packet)
      : this.#context.sendPacketSync(this.#packet);
    this.#packet.unref();
    if (sent < 0 && sent !== AVERROR_EAGAIN) return null;
    let image: RgbaImage | null = null;
    while (this.#context.receiveFrameSync(this.#frame) >= 0) {
      this.#large = this.#frame.width * this.#frame.height > LARGE_PIXELS;
      const converted = await this.#converterFor(turn).convert(this.#frame, { aside: this.#large });
      image = this.#reader.read(converted, this.#pixels);
      this.#frame.unref();
    }
    return image;
  }

  #converterFor(turn: PictureTurn): FrameConverter {
    const key = `${turn.rotationDeg}${turn.flip}`;
    if (this.#converter !== null && key === this.#turnKey) return this.#converter;
    this.#converter?.close();
    this.#turnKey = key;
    const ratio = `min(1,${this.#maxSidePx}/max(iw,ih))`;
    this.#converter = new FrameConverter(
      [
        `scale=w=max(2,round(iw*${ratio}/2)*2):h=max(2,round(ih*${ratio}/2)*2):flags=bilinear`,
        'format=rgba',
        ...TURNS[turn.rotationDeg],
        ...(turn.flip ? ['hflip'] : []),
      ].map(filterStep),
    );
    return this.#converter;
  }
}

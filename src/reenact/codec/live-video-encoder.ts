import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_SMPTE170M,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_TRC_SMPTE170M,
  AVERROR_EAGAIN,
  FF_ENCODER_LIBVPX_VP8,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Packet, Rational } from 'node-av/lib';
import type { RgbaImage } from '../frame.ts';
import { must } from './ffmpeg.ts';
import { FrameConverter, filterStep } from './frame-converter.ts';
import { RgbaFrame } from './rgba-frame.ts';

/** RTP's clock for video (RFC 7741, 4.1; RFC 6184, 5.1). */
const TICKS_PER_SECOND = 90_000;
const KEY_FRAME_INTERVAL = 3000;

export interface LiveVideoEncoderOptions {
  readonly codec: 'VP8' | 'H264';
  /** Even. */
  readonly width: number;
  readonly height: number;
  /** Nominal rate: steers the rate control. */
  readonly fps: number;
  readonly bitrateBps: number;
}

export interface EncodedPicture {
  readonly data: Uint8Array;
  readonly key: boolean;
}

const OPTIONS: Readonly<Record<'VP8' | 'H264', Readonly<Record<string, string>>>> = {
  VP8: {
    deadline: 'realtime',
    'cpu-used': '-12',
    'lag-in-frames': '0',
    // Per cent of a frame's share: a key frame may take as long on the wire as six frames.
    'max-intra-rate': '600',
    'static-thresh': '0',
  },
  H264: {
    preset: 'superfast',
    tune: 'zerolatency',
    profile: 'baseline',
    'forced-idr': '1',
    'x264-params': 'scenecut=0:repeat-headers=1',
  },
};

/**
 * Encodes one live stream for browsers: a packet a frame, no reordering, key frames on demand only. BT.601 in studio
 * range, which is what WebRTC receivers take untagged video for. One call at a time.
 */
export class LiveVideoEncoder {
  readonly #context: CodecContext;
  readonly #converter = new FrameConverter([
    filterStep('scale=out_color_matrix=smpte170m:out_range=tv:flags=bilinear'),
    filterStep('format=yuv420p'),
  ]);
  readonly #loaded: RgbaFrame;
  readonly #packet = new Packet();
  readonly #timeBase = new Rational(1, TICKS_PER_SECOND);
  readonly #frameTicks: bigint;
  #lastTicks = -1n;
  #busy: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(context: CodecContext, fps: number) {
    this.#context = context;
    this.#loaded = new RgbaFrame(context.width, context.height);
    this.#frameTicks = BigInt(Math.round(TICKS_PER_SECOND / fps));
    this.#packet.alloc();
  }

  static async open(options: LiveVideoEncoderOptions): Promise<LiveVideoEncoder> {
    const name = options.codec === 'VP8' ? FF_ENCODER_LIBVPX_VP8 : FF_ENCODER_LIBX264;
    const codec = Codec.findEncoderByName(name)!;
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = options.width;
    context.height = options.height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, TICKS_PER_SECOND);
    context.framerate = new Rational(Math.round(options.fps * 1000), 1000);
    context.maxBFrames = 0;
    // One thread: the encoder runs beside the other stages, which need the other cores.
    context.threadCount = 1;
    context.gopSize = KEY_FRAME_INTERVAL;
    context.bitRate = BigInt(options.bitrateBps);
    context.rcMaxRate = BigInt(options.bitrateBps);
    context.rcBufferSize = Math.round(options.bitrateBps / 2);
    context.colorRange = AVCOL_RANGE_MPEG;
    context.colorSpace = AVCOL_SPC_SMPTE170M;
    context.colorPrimaries = AVCOL_PRI_SMPTE170M;
    context.colorTrc = AVCOL_TRC_SMPTE170M;
    for (const [key, value] of Object.entries(OPTIONS[options.codec]))
      must(context.setOption(key, value), `set ${key}`);
    must(await context.open2(codec, null), 'open encoder');
    return new LiveVideoEncoder(context, options.fps);
  }

  /**
   * Copies the pixels before it returns. @param ticks of a 90 kHz clock, growing
   * @returns null where the encoder's rate control skipped the frame
   */
  encode(image: RgbaImage, ticks: number, forceKey: boolean): Promise<EncodedPicture | null> {
    const encoded = this.#encode(image, ticks, forceKey);
    this.#busy = encoded.catch(() => {});
    return encoded;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#busy;
    this.#converter.close();
    this.#packet.free();
    this.#loaded.free();
    this.#context.freeContext();
  }

  async #encode(image: RgbaImage, ticks: number, forceKey: boolean): Promise<EncodedPicture | null> {
    if (this.#closed) return null;
    this.#loaded.fill(image.data);
    const converted = await this.#converter.convert(this.#loaded.frame, { keep: true });
    const pts = BigInt(Math.round(ticks));
    converted.pts = pts > this.#lastTicks ? pts : this.#lastTicks + 1n;
    this.#lastTicks = converted.pts;
    converted.timeBase = this.#timeBase;
    converted.duration = this.#frameTicks;
    converted.pictType = forceKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    must(await this.#context.sendFrame(converted), 'encode');
    const code = this.#context.receivePacketSync(this.#packet);
    if (code === AVERROR_EAGAIN) return null;
    must(code, 'encode');
    // FFmpeg's memory goes with the packet.
    const picture = { data: Uint8Array.from(this.#packet.data!), key: this.#packet.isKeyframe };
    this.#packet.unref();
    return picture;
  }
}

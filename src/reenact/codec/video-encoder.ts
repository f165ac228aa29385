import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Packet, Rational, type Stream } from 'node-av/lib';
import type { VideoFrame } from '../frame.ts';
import { must } from './ffmpeg.ts';
import { FrameConverter, filterStep } from './frame-converter.ts';
import { RgbaFrame } from './rgba-frame.ts';

/** Stamps of the encoded packets: fine enough for every frame rate in use. */
const TICKS_PER_SECOND = 90_000;

export interface VideoEncoderOptions {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly crf: number;
  readonly preset: string;
}

/** H.264 in 4:2:0, BT.709 in studio range, no B frames (stamps of decoding and showing are then the same). */
export class VideoEncoder {
  readonly timeBase = new Rational(1, TICKS_PER_SECOND);
  /** Of one frame at the nominal rate, in ticks. */
  readonly frameTicks: bigint;
  readonly #width: number;
  readonly #height: number;
  readonly #context: CodecContext;
  readonly #converter: FrameConverter;
  readonly #packet = new Packet();
  /** Loaded and encoded, to be loaded again. */
  readonly #spare: RgbaFrame[] = [];
  #lastTicks = -1n;

  private constructor(options: VideoEncoderOptions, context: CodecContext) {
    this.#width = options.width;
    this.#height = options.height;
    this.#context = context;
    this.frameTicks = BigInt(Math.round(TICKS_PER_SECOND / options.fps));
    this.#converter = new FrameConverter([
      filterStep(`crop=${evenFloor(options.width)}:${evenFloor(options.height)}:0:0`),
      // Without accurate rounding grey drifts by a level; without full chroma input, coloured edges smear.
      filterStep('scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_inp'),
      filterStep('format=yuv420p'),
    ]);
    this.#packet.alloc();
  }

  static async open(options: VideoEncoderOptions): Promise<VideoEncoder> {
    const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264)!;
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = evenFloor(options.width);
    context.height = evenFloor(options.height);
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, TICKS_PER_SECOND);
    context.framerate = new Rational(Math.round(options.fps * 1000), 1000);
    context.maxBFrames = 0;
    // One thread: the encoder runs beside the stages before it, which need the other cores.
    context.threadCount = 1;
    context.colorRange = AVCOL_RANGE_MPEG;
    context.colorSpace = AVCOL_SPC_BT709;
    context.colorPrimaries = AVCOL_PRI_BT709;
    context.colorTrc = AVCOL_TRC_BT709;
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    must(context.setOption('preset', options.preset), 'set preset');
    must(context.setOption('crf', String(options.crf)), 'set crf');
    must(await context.open2(codec, null), 'open H.264 encoder');
    return new VideoEncoder(options, context);
  }

  describe(stream: Stream): void {
    must(stream.codecpar.fromContext(this.#context), 'copy video parameters');
    stream.timeBase = this.timeBase;
    stream.avgFrameRate = this.#context.framerate;
  }

  /** Copies the pixels out of `frame`, so that they may change while `encode` waits its turn. */
  load(frame: VideoFrame): RgbaFrame {
    const { width, height, data } = frame.image;
    if (width !== this.#width || height !== this.#height) {
      throw new Error(`frame of ${width}x${height} in a video of ${this.#width}x${this.#height}`);
    }
    const loaded = this.#spare.pop() ?? new RgbaFrame(width, height);
    loaded.fill(data);
    return loaded;
  }

  /** A loaded frame that is not encoded after all. */
  unload(loaded: RgbaFrame): void {
    this.#spare.push(loaded);
  }

  /** Encodes a loaded frame (and unloads it), handing out the packets that are ready, each valid until the next. */
  async *encode(loaded: RgbaFrame, ptsMs: number): AsyncGenerator<Packet> {
    try {
      const ticks = BigInt(Math.round((ptsMs * TICKS_PER_SECOND) / 1000));
      const converted = await this.#converter.convert(loaded.frame, { keep: true });
      converted.pts = ticks > this.#lastTicks ? ticks : this.#lastTicks + 1n;
      this.#lastTicks = converted.pts;
      converted.timeBase = this.timeBase;
      // A decoded frame remembers its own type, which the encoder would take for an order.
      converted.pictType = AV_PICTURE_TYPE_NONE;
      // In libuv's pool: x264 takes longer than everything around it.
      must(await this.#context.sendFrame(converted), 'encode');
    } finally {
      this.unload(loaded);
    }
    yield* this.#ready();
  }

  /** The packets still held back for lookahead. */
  async *flush(): AsyncGenerator<Packet> {
    must(await this.#context.sendFrame(null), 'encode');
    yield* this.#ready();
  }

  close(): void {
    this.#converter.close();
    for (const loaded of this.#spare.splice(0)) loaded.free();
    this.#packet.free();
    this.#context.freeContext();
  }

  async *#ready(): AsyncGenerator<Packet> {
    for (;;) {
      const code = this.#context.receivePacketSync(this.#packet);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      must(code, 'encode');
      yield this.#packet;
    }
  }
}

function evenFloor(size: number): number {
  return size - (size % 2);
}

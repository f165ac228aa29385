import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { AV_NOPTS_VALUE } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, type Rational } from 'node-av/lib';
import { LokiError } from '../../errors.ts';
import type { RgbaImage } from '../frame.ts';
import type { PixelPool } from '../pixel-pool.ts';
import { FfmpegCallError, must, stampMs } from './ffmpeg.ts';
import { FrameConverter, filterStep } from './frame-converter.ts';
import { MediaFile } from './media-file.ts';
import type { PictureGeometry } from './picture-geometry.ts';
import { RgbaReader } from './rgba-frame.ts';

/**
 * Above this size decoding goes to libuv's pool and gets threads of its own. Below, a frame takes a millisecond or
 * two, and each step through the pool would wait for the main thread to come back from drawing the avatar.
 */
const LARGE_PIXELS = 1280 * 720;

/** A decoded, converted picture with its stamp in milliseconds of the stream (NaN where there is none). */
export interface Picture {
  readonly image: RgbaImage;
  readonly stampMs: number;
}

/** One pass over a clip's video stream. */
export class ClipDecoder {
  readonly #file: MediaFile;
  readonly #context: CodecContext;
  readonly #converter: FrameConverter;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  readonly #reader = new RgbaReader();
  readonly #pixels: PixelPool;
  readonly #timeBase: Rational;
  readonly #large: boolean;

  private constructor(file: MediaFile, context: CodecContext, geometry: PictureGeometry, pixels: PixelPool) {
    this.#pixels = pixels;
    this.#file = file;
    this.#context = context;
    this.#timeBase = file.video!.timeBase;
    this.#large = isLarge(file.video!.codecpar);
    this.#packet.alloc();
    this.#frame.alloc();
    const { scaledWidth, scaledHeight, turn } = geometry;
    // Area averaging where the picture shrinks: bicubic would alias a 4K frame.
    const shrinks = scaledWidth < file.video!.codecpar.width || scaledHeight < file.video!.codecpar.height;
    this.#converter = new FrameConverter([
      filterStep(`scale=${scaledWidth}:${scaledHeight}:flags=${shrinks ? 'area' : 'bicubic'}`),
      filterStep('format=rgba'),
      ...turn.map(filterStep),
    ]);
  }

  /** @param pixels where pictures are from */
  static async open(path: string, geometry: PictureGeometry, pixels: PixelPool): Promise<ClipDecoder> {
    const file = await MediaFile.open(path);
    const { codecpar, timeBase } = file.video!;
    const codec = Codec.findDecoder(codecpar.codecId)!;
    const context = new CodecContext();
    try {
      context.allocContext3(codec);
      must(context.parametersToContext(codecpar), 'copy parameters');
      context.pktTimebase = timeBase;
      context.threadCount = isLarge(codecpar) ? Math.min(4, availableParallelism()) : 1;
      must(await context.open2(codec, null), 'open decoder');
      return new ClipDecoder(file, context, geometry, pixels);
    } catch (error) {
      context.freeContext();
      await file.close();
      throw error instanceof FfmpegCallError ? undecodable(path, error) : error;
    }
  }

  /**
   * @param isNeeded whether to decode the n-th video packet; what is left out is a gap to the decoder
   * @param isWanted whether to convert and hand out the frame of a stamp
   */
  async *pictures(
    isNeeded: (packetIndex: number) => boolean,
    isWanted: (stampMs: number) => boolean = () => true,
  ): AsyncGenerator<Picture> {
    const videoIndex = this.#file.video!.index;
    let index = -1;
    let afterGap = false;
    while (this.#file.read(this.#packet)) {
      if (this.#packet.streamIndex !== videoIndex) {
        this.#packet.unref();
        continue;
      }
      index++;
      if (!isNeeded(index)) {
        if (!afterGap) {
          yield* this.#drain(isWanted);
          this.#context.flushBuffers();
        }
        afterGap = true;
        this.#packet.unref();
        continue;
      }
      afterGap = false;
      // A damaged packet costs its own frame; the decoder conceals what it can and goes on.
      await this.#send(this.#packet);
      this.#packet.unref();
      yield* this.#ready(isWanted);
    }
    yield* this.#drain(isWanted);
  }

  async close(): Promise<void> {
    this.#converter.close();
    this.#reader.close();
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
    await this.#file.close();
  }

  async *#drain(isWanted: (stampMs: number) => boolean): AsyncGenerator<Picture> {
    await this.#send(null);
    yield* this.#ready(isWanted);
  }

  /** Decodes: FFmpeg does the work when it is given the packet, not when it is asked for the frame. */
  async #send(packet: Packet | null): Promise<void> {
    if (this.#large) await this.#context.sendPacket(packet);
    else this.#context.sendPacketSync(packet);
  }

  async *#ready(isWanted: (stampMs: number) => boolean): AsyncGenerator<Picture> {
    for (;;) {
      const code = this.#context.receiveFrameSync(this.#frame);
      // Nothing ready, the end, or a frame too damaged to show: either way the next packet is due.
      if (code < 0) return;
      const best = this.#frame.bestEffortTimestamp;
      const ms = stampMs(best === AV_NOPTS_VALUE ? this.#frame.pts : best, this.#timeBase);
      if (isWanted(ms)) {
        const converted = await this.#converter.convert(this.#frame, { aside: this.#large });
        yield { image: this.#reader.read(converted, this.#pixels), stampMs: ms };
      }
      this.#frame.unref();
    }
  }
}

function isLarge({ width, height }: { width: number; height: number }): boolean {
  return width * height > LARGE_PIXELS;
}

export function undecodable(path: string, cause?: unknown): LokiError {
  return new LokiError('INPUT_UNREADABLE', `${basename(path)} cannot be decoded: its video is damaged.`, {
    cause,
  });
}

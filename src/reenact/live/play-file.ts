import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AvatarStreams, RtpAddress } from '../../contract/live-session.ts';
import { drawTimeMark } from '../../contract/time-mark.ts';
import { LokiError } from '../../errors.ts';
import { parseRtcp } from '../../rtp/rtcp.ts';
import { isRtcp } from '../../rtp/rtp-packet.ts';
import { opusPackets } from '../codec/open-sound.ts';
import { openVideo } from '../codec/open-video.ts';
import type { VideoSource } from '../codec/types.ts';
import type { VideoFrame } from '../frame.ts';
import { PixelPool } from '../pixel-pool.ts';
import { AvatarEncoder } from './avatar-encoder.ts';
import { AvatarSender } from './avatar-sender.ts';
import { UdpPort } from './udp-port.ts';

export interface PlayFileOptions {
  /** Video file; it is played over and over. */
  readonly path: string;
  /** Where packets go, and where requests for key frames come from. */
  readonly to: RtpAddress;
  /** What they look like. */
  readonly streams: AvatarStreams;
  /** 127.0.0.1 and any free port where absent. */
  readonly localIp?: string;
  readonly localPort?: number;
  /** 1,000,000 by default. */
  readonly videoBitrateBps?: number;
  /** Larger pictures are scaled down. 640 by default. */
  readonly maxSidePx?: number;
  /** Draw the time into the pictures, for glass-to-glass tests. */
  readonly timeMarks?: boolean;
}

/** A driver out of a file. */
export interface FilePlayer {
  readonly address: RtpAddress;
  /** Resolves when the player ends: with an error where the file can't be played on, else after `stop`. */
  readonly ended: Promise<LokiError | null>;
  /** Idempotent. */
  stop(): Promise<void>;
}

const BITRATE_BPS = 1_000_000;
const MAX_SIDE_PX = 640;
const REPORT_MS = 1000;
const TICKS_PER_MS = 90;
/** A player that comes this late (the machine slept) goes on from now instead of catching up. */
const TOO_LATE_MS = 500;

/**
 * Plays a file as a driver would send it: VP8 or H.264 and Opus in real time, key frames when asked. The clocks run on
 * when the file begins again.
 *
 * @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE, NO_VIDEO_STREAM
 */
export async function playFile(options: PlayFileOptions): Promise<FilePlayer> {
  const pixels = new PixelPool();
  const source = await openVideo(options.path, { maxSidePx: options.maxSidePx ?? MAX_SIDE_PX, pixels });
  try {
    const encoder = await AvatarEncoder.open({
      codec: options.streams.video.codec === 'H264' ? 'H264' : 'VP8',
      width: even(source.width),
      height: even(source.height),
      fps: source.fps,
      bitrateBps: options.videoBitrateBps ?? BITRATE_BPS,
    });
    const { ssrc } = options.streams.video;
    const port = await UdpPort.bind(options.localIp ?? '127.0.0.1', options.localPort ?? 0, (bytes) => {
      if (!isRtcp(bytes)) return;
      for (const packet of parseRtcp(bytes))
        if ((packet.type === 'pli' || packet.type === 'fir') && packet.mediaSsrc === ssrc)
          encoder.requestKeyFrame(performance.now());
    });
    port.setPeer(options.to);
    return new RtpFilePlayer(options, source, pixels, encoder, port);
  } catch (error) {
    await source.close();
    throw error;
  }
}

class RtpFilePlayer implements FilePlayer {
  readonly ended: Promise<LokiError | null>;
  readonly #options: PlayFileOptions;
  readonly #source: VideoSource;
  readonly #pixels: PixelPool;
  readonly #encoder: AvatarEncoder;
  readonly #port: UdpPort;
  readonly #sender: AvatarSender;
  readonly #stopped = new AbortController();
  readonly #reports: NodeJS.Timeout;
  /** Of the file's first frame, Unix milliseconds on a clock that is never set. */
  #startMs = now();

  constructor(
    options: PlayFileOptions,
    source: VideoSource,
    pixels: PixelPool,
    encoder: AvatarEncoder,
    port: UdpPort,
  ) {
    this.#options = options;
    this.#source = source;
    this.#pixels = pixels;
    this.#encoder = encoder;
    this.#port = port;
    this.#sender = new AvatarSender({
      streams: options.streams,
      egress: null,
      send: (packet) => port.send(packet),
      onReserved: () => {},
    });
    this.#reports = setInterval(() => this.#sender.sendReports(now()), REPORT_MS);
    this.ended = this.#play();
  }

  get address(): RtpAddress {
    return this.#port.address;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.ended;
  }

  async #play(): Promise<LokiError | null> {
    let failure: LokiError | null = null;
    try {
      await Promise.all([this.#playPictures(), this.#playSound()]);
    } catch (error) {
      if (!this.#stopped.signal.aborted)
        failure =
          error instanceof LokiError
            ? error
            : new LokiError('INTERNAL', 'The video could not be played on.', { cause: error });
    }
    this.#stopped.abort();
    clearInterval(this.#reports);
    await this.#encoder.close();
    await this.#port.close();
    await this.#source.close();
    return failure;
  }

  async #playPictures(): Promise<void> {
    for (let loop = 0; ; loop++)
      for await (const frame of this.#source.frames()) {
        const mediaMs = loop * this.#source.durationMs + frame.ptsMs;
        await this.#until(mediaMs);
        await this.#sendPicture(frame, this.#startMs + mediaMs);
        this.#pixels.give(frame.image.data);
      }
  }

  async #sendPicture({ image }: VideoFrame, captureTimeMs: number): Promise<void> {
    const width = even(image.width);
    const height = even(image.height);
    const picture =
      width === image.width && height === image.height
        ? image
        : cropped(image.data, image.width, width, height);
    if (this.#options.timeMarks === true) drawTimeMark(picture, now());
    const ticks = Math.round(captureTimeMs * TICKS_PER_MS);
    const encoded = await this.#encoder.encode(picture, ticks, performance.now());
    if (encoded !== null) this.#sender.sendVideo(encoded, ticks, captureTimeMs);
  }

  async #playSound(): Promise<void> {
    const { clockRateHz } = this.#options.streams.audio;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (let loop = 0; this.#source.hasAudio; loop++)
      for await (const { ptsMs, data } of opusPackets(this.#options.path)) {
        const mediaMs = loop * this.#source.durationMs + ptsMs;
        // The end of one round and the start of the next may overlap by a packet.
        if (mediaMs < lastMs + 15) continue;
        lastMs = mediaMs;
        // A packet can be sent when its last sample has been heard.
        await this.#until(mediaMs + 20);
        const captureTimeMs = this.#startMs + mediaMs;
        this.#sender.sendAudio(data, Math.round(captureTimeMs * (clockRateHz / 1000)), false, captureTimeMs);
      }
  }

  async #until(mediaMs: number): Promise<void> {
    const dueMs = this.#startMs + mediaMs;
    const lateMs = now() - dueMs;
    if (lateMs > TOO_LATE_MS) this.#startMs += lateMs;
    // Never without a turn of the event loop: a file that decodes slower than it plays must not starve the rest.
    await sleep(Math.max(0, -lateMs), undefined, { signal: this.#stopped.signal });
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function even(size: number): number {
  return size - (size % 2);
}

function cropped(
  data: Uint8Array,
  stride: number,
  width: number,
  height: number,
): { width: number; height: number; data: Uint8Array } {
  const out = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    out.set(data.subarray(y * stride * 4, (y * stride + width) * 4), y * width * 4);
  return { width, height, data: out };
}

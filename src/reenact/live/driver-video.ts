import type { RtpStream } from '../../contract/live-session.ts';
import { CaptureClock } from '../../rtp/capture-clock.ts';
import { type EncodedFrame, FrameAssembler } from '../../rtp/frame-assembler.ts';
import { type OrderedPacket, ReorderBuffer } from '../../rtp/reorder-buffer.ts';
import type { RtpPacket } from '../../rtp/rtp-packet.ts';
import { LiveVideoDecoder } from '../codec/live-video-decoder.ts';
import type { RgbaImage } from '../frame.ts';
import type { PixelPool } from '../pixel-pool.ts';
import type { DropCounters } from './drop-counters.ts';

/** A picture of the driver with what its packets said. */
export interface DriverPicture {
  readonly image: RgbaImage;
  readonly encoded: EncodedFrame;
  readonly decodeMs: number;
}

export interface DriverVideoOptions {
  readonly stream: RtpStream;
  readonly drops: DropCounters;
  /** Where pictures are from. */
  readonly pixels: PixelPool;
  readonly onPicture: (picture: DriverPicture) => void;
  /** A key frame is needed, now. */
  readonly onKeyFrameNeeded: () => void;
}

/** The tracker crops the face out: more pixels than this only cost time. */
const MAX_SIDE_PX = 640;
/** Frames that wait for the decoder; more are a stall, after which only a key frame helps. */
const MAX_WAITING = 12;
/** A request for a key frame is repeated after so long. */
const ASK_AGAIN_MS = 300;

interface Arrival {
  readonly packet: RtpPacket;
  readonly arrivedMs: number;
}

/** From the packets of the driver's video to pictures: in order, assembled, decoded, upright. */
export class DriverVideo {
  readonly stream: RtpStream;
  readonly clock: CaptureClock;
  /** See `OutputClock`; the first offset makes the stream's timestamps Unix time. */
  rebaseTicks = 0;
  placed = false;
  readonly #options: DriverVideoOptions;
  readonly #reorder = new ReorderBuffer<Arrival>();
  readonly #assembler: FrameAssembler;
  readonly #decoder: Promise<LiveVideoDecoder>;
  #decoding: Promise<void> = Promise.resolve();
  #waiting = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  #counted = { late: 0, lost: 0, incomplete: 0 };
  #closed = false;

  constructor(options: DriverVideoOptions) {
    const { stream, pixels } = options;
    const codec = stream.codec === 'H264' ? 'H264' : 'VP8';
    this.#options = options;
    this.stream = stream;
    this.clock = new CaptureClock(stream.clockRateHz);
    const { absCaptureTime, videoOrientation } = stream.extensions;
    this.#assembler = new FrameAssembler({ codec, absCaptureTime, videoOrientation });
    this.#decoder = LiveVideoDecoder.open({ codec, maxSidePx: MAX_SIDE_PX, pixels });
    this.#decoder.catch(() => {});
  }

  /** @param nowMs steady clock */
  push(packet: RtpPacket, nowMs: number): void {
    this.#take(this.#reorder.push(packet.sequence, { packet, arrivedMs: nowMs }, nowMs), nowMs);
  }

  /** Gives up on packets that are overdue, and asks for a key frame where one is needed. Call it a few times a second. */
  poll(nowMs: number): void {
    this.#take(this.#reorder.poll(nowMs), nowMs);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#decoding;
    await (await this.#decoder).close();
  }

  #take(packets: readonly OrderedPacket<Arrival>[], nowMs: number): void {
    for (const { item, lossBefore } of packets)
      for (const frame of this.#assembler.push(item.packet, item.arrivedMs, lossBefore)) this.#enqueue(frame);
    this.#count();
    if (this.#assembler.needsKeyFrame && nowMs - this.#askedMs >= ASK_AGAIN_MS) {
      this.#askedMs = nowMs;
      this.#options.onKeyFrameNeeded();
    }
  }

  #enqueue(frame: EncodedFrame): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#options.drops.add('decode');
      this.#assembler.requireKeyFrame();
      return;
    }
    this.#waiting++;
    this.#decoding = this.#decoding.then(() => this.#decode(frame));
  }

  async #decode(encoded: EncodedFrame): Promise<void> {
    try {
      const decoder = await this.#decoder;
      if (this.#closed) return;
      const beganMs = performance.now();
      const image = await decoder.decode(encoded.data, encoded.orientation);
      if (this.#closed) return;
      if (image === null) this.#spoil();
      else this.#options.onPicture({ image, encoded, decodeMs: performance.now() - beganMs });
    } catch {
      // A converter that refuses a size, or no memory: the stream is as good as damaged.
      this.#spoil();
    } finally {
      this.#waiting--;
    }
  }

  #spoil(): void {
    this.#options.drops.add('damaged');
    this.#assembler.requireKeyFrame();
  }

  #count(): void {
    const now = { late: this.#reorder.late, lost: this.#reorder.lost, incomplete: this.#assembler.dropped };
    for (const queue of ['late', 'lost', 'incomplete'] as const) {
      const added = now[queue] - this.#counted[queue];
      if (added > 0) this.#options.drops.add(queue, added);
    }
    this.#counted = now;
  }
}

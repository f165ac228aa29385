import { type AbsCaptureTime, parseAbsCaptureTime } from './abs-capture-time.ts';
import { H264Depacketiser } from './h264-payload.ts';
import type { RtpPacket } from './rtp-packet.ts';
import { parseVideoOrientation, UPRIGHT, type VideoOrientation } from './video-orientation.ts';
import { isVp8KeyFrame, parseVp8Payload } from './vp8-payload.ts';

/** A compressed picture, put together from its packets. */
export interface EncodedFrame {
  /** VP8 frame (RFC 6386) or H.264 access unit in Annex B form. */
  readonly data: Uint8Array;
  readonly key: boolean;
  /** RTP timestamp, 32 bits. */
  readonly timestamp: number;
  /** When its first and its last packet came, on the caller's clock. */
  readonly firstPacketMs: number;
  readonly lastPacketMs: number;
  readonly absCaptureTime: AbsCaptureTime | null;
  readonly orientation: VideoOrientation;
}

export interface FrameAssemblerOptions {
  readonly codec: 'VP8' | 'H264';
  /** Header extension ids. */
  readonly absCaptureTime?: number | undefined;
  readonly videoOrientation?: number | undefined;
}

/** A frame that grows beyond this is given up: 4K key frames are smaller. */
const MAX_FRAME_BYTES = 4_000_000;
const MAX_FRAME_PACKETS = 4096;

/**
 * Puts the packets of one stream, in order, together to frames. After a loss frames are dropped up to the next key
 * frame, since all others are made of the ones before.
 */
export class FrameAssembler {
  readonly #options: FrameAssemblerOptions;
  readonly #h264 = new H264Depacketiser();
  #vp8: Uint8Array[] = [];
  #bytes = 0;
  #packets = 0;
  /** Of the frame under way; null between frames. */
  #timestamp: number | null = null;
  #firstPacketMs = 0;
  #lastPacketMs = 0;
  #damaged = false;
  #absCaptureTime: AbsCaptureTime | null = null;
  // Sent with key frames and on a change: the latest one holds.
  #orientation = UPRIGHT;
  #needsKeyFrame = true;
  /** Frames that were incomplete, or came before a key frame. */
  dropped = 0;

  constructor(options: FrameAssemblerOptions) {
    this.#options = options;
  }

  /** Nothing comes out until a key frame comes in. */
  get needsKeyFrame(): boolean {
    return this.#needsKeyFrame;
  }

  /** What was decoded of the frames so far is of no use. */
  requireKeyFrame(): void {
    this.#needsKeyFrame = true;
  }

  /** @returns the frames that this packet completes: mostly none or one */
  push(packet: RtpPacket, arrivedMs: number, lossBefore: boolean): EncodedFrame[] {
    const frames: EncodedFrame[] = [];
    // Probes of the bandwidth and keep-alives carry nothing.
    if (packet.payload.length === 0) return frames;
    if (lossBefore) {
      this.#damaged = this.#timestamp !== null;
      this.#needsKeyFrame = true;
    }
    if (this.#timestamp !== null && packet.timestamp !== this.#timestamp) this.#finish(frames);
    if (this.#timestamp === null) this.#begin(packet, arrivedMs);
    this.#lastPacketMs = arrivedMs;
    this.#readExtensions(packet);
    this.#bytes += packet.payload.length;
    this.#packets++;
    const oversized = this.#bytes > MAX_FRAME_BYTES || this.#packets > MAX_FRAME_PACKETS;
    if (oversized || this.#damaged || !this.#add(packet.payload)) {
      this.#damaged = true;
      this.#discardParts();
    }
    if (packet.marker) this.#finish(frames);
    return frames;
  }

  #begin(packet: RtpPacket, arrivedMs: number): void {
    this.#timestamp = packet.timestamp;
    this.#firstPacketMs = arrivedMs;
    this.#bytes = 0;
    this.#packets = 0;
    this.#absCaptureTime = null;
  }

  #add(payload: Uint8Array): boolean {
    if (this.#options.codec === 'H264') return this.#h264.add(payload);
    const part = parseVp8Payload(payload);
    if (part === null) return false;
    // A frame has one beginning.
    const begins = part.partitionStart && part.partition === 0;
    if (begins !== (this.#vp8.length === 0)) return false;
    this.#vp8.push(part.data);
    return true;
  }

  #finish(frames: EncodedFrame[]): void {
    const timestamp = this.#timestamp!;
    const made = this.#damaged ? null : this.#take();
    this.#discardParts();
    this.#timestamp = null;
    this.#damaged = false;
    if (made === null) this.#needsKeyFrame = true;
    if (made === null || (this.#needsKeyFrame && !made.key)) {
      this.dropped++;
      return;
    }
    this.#needsKeyFrame = false;
    frames.push({
      ...made,
      timestamp,
      firstPacketMs: this.#firstPacketMs,
      lastPacketMs: this.#lastPacketMs,
      absCaptureTime: this.#absCaptureTime,
      orientation: this.#orientation,
    });
  }

  #take(): { data: Uint8Array; key: boolean } | null {
    if (this.#options.codec === 'H264') return this.#h264.take();
    if (this.#vp8.length === 0) return null;
    const data = new Uint8Array(this.#vp8.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#vp8) {
      data.set(part, at);
      at += part.length;
    }
    return { data, key: isVp8KeyFrame(data) };
  }

  #discardParts(): void {
    this.#vp8 = [];
    this.#h264.reset();
  }

  #readExtensions({ extensions }: RtpPacket): void {
    for (const { id, data } of extensions) {
      if (id === this.#options.absCaptureTime) this.#absCaptureTime = parseAbsCaptureTime(data);
      else if (id === this.#options.videoOrientation) this.#orientation = parseVideoOrientation(data);
    }
  }
}

import type { RtpStream } from '../../contract/live-session.ts';
import { parseAbsCaptureTime } from '../../rtp/abs-capture-time.ts';
import { CaptureClock } from '../../rtp/capture-clock.ts';
import type { RtpPacket } from '../../rtp/rtp-packet.ts';
import { DelayedAudio } from './delayed-audio.ts';
import type { DropCounters } from './drop-counters.ts';
import type { PictureDelay } from './picture-delay.ts';

/** One packet of sound that leaves now. */
export interface SentSound {
  readonly payload: Uint8Array;
  /** Of the avatar's sound, without wraps: Unix time at the clock's rate where the stream began. */
  readonly ticks: number;
  readonly marker: boolean;
  readonly captureTimeMs: number;
}

export interface DriverAudioOptions {
  readonly stream: RtpStream;
  readonly delay: PictureDelay;
  readonly drops: DropCounters;
  readonly onSound: (sound: SentSound) => void;
  /** The last ticks that an earlier stream has used; 0 where there was none. */
  readonly afterTicks: number;
}

/** The driver's Opus, packet for packet, as late as the avatar's picture is. */
export class DriverAudio {
  readonly stream: RtpStream;
  readonly clock: CaptureClock;
  readonly #options: DriverAudioOptions;
  readonly #delayed: DelayedAudio;
  #offsetTicks: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #counted = 0;
  #heldMs = 0;
  #lastTicks: number;

  constructor(options: DriverAudioOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.clock = new CaptureClock(options.stream.clockRateHz);
    this.#delayed = new DelayedAudio(options.stream.clockRateHz);
    this.#lastTicks = options.afterTicks;
  }

  /** Of the latest packet that left. */
  get lastTicks(): number {
    return this.#lastTicks;
  }

  /** By how much the latest packet was held back, milliseconds. */
  get heldMs(): number {
    return this.#heldMs;
  }

  push(packet: RtpPacket, unixMs: number): void {
    if (packet.payload.length === 0) return;
    const { absCaptureTime } = this.stream.extensions;
    const stamp = packet.extensions.find(({ id }) => id === absCaptureTime);
    this.clock.arrived(
      packet.timestamp,
      unixMs,
      stamp === undefined ? null : parseAbsCaptureTime(stamp.data),
    );
    const { source, delayMs } = this.#options.delay.forSound(this.clock.sourceAt(unixMs));
    const captureTimeMs = this.clock.captureTimeMs(packet.timestamp, source) ?? unixMs;
    const mediaTicks = this.clock.unwrapped(packet.timestamp);
    this.#delayed.push(
      {
        sequence: packet.sequence,
        mediaTicks,
        marker: packet.marker,
        // The socket's memory is its own again after this call.
        payload: packet.payload.slice(),
        captureTimeMs,
        arrivedMs: unixMs,
      },
      delayMs,
    );
    this.#flush();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #flush(): void {
    const nowMs = Date.now();
    for (const packet of this.#delayed.take(nowMs)) {
      const ticksPerMs = this.stream.clockRateHz / 1000;
      this.#offsetTicks ??= Math.round(packet.captureTimeMs * ticksPerMs) - packet.mediaTicks;
      // A stream that follows another never goes back.
      if (packet.mediaTicks + this.#offsetTicks <= this.#options.afterTicks)
        this.#offsetTicks = this.#options.afterTicks + 20 * ticksPerMs - packet.mediaTicks;
      this.#lastTicks = packet.mediaTicks + this.#offsetTicks;
      this.#heldMs = nowMs - packet.arrivedMs;
      const { payload, marker, captureTimeMs } = packet;
      this.#options.onSound({ payload, ticks: this.#lastTicks, marker, captureTimeMs });
    }
    if (this.#delayed.dropped > this.#counted)
      this.#options.drops.add('audio', this.#delayed.dropped - this.#counted);
    this.#counted = this.#delayed.dropped;
    const { nextDueMs } = this.#delayed;
    if (nextDueMs === null || this.#timer !== null) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#flush();
      },
      Math.max(1, nextDueMs - nowMs),
    );
  }
}

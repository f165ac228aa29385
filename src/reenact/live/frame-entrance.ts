import type { FrameStamp } from '../frame.ts';
import type { DriverPresence } from './driver-presence.ts';
import type { DriverPicture, DriverVideo } from './driver-video.ts';
import type { DropCounters } from './drop-counters.ts';
import type { FrameTrace, FrameTraces } from './frame-traces.ts';
import type { LiveInput } from './live-pipeline.ts';
import { OutputClock, type RebasedStream } from './output-clock.ts';
import type { PictureDelay } from './picture-delay.ts';
import { RateLimit } from './rate-limit.ts';

const VIDEO_TICKS_PER_MS = 90;
/** Idle frames are dated back by this at least, so that a driver's first frames do not come too late for them. */
const IDLE_BACK_MS = 120;

export interface FrameEntranceOptions {
  readonly maxFps: number;
  readonly traces: FrameTraces;
  readonly drops: DropCounters;
  readonly delay: PictureDelay;
  readonly presence: DriverPresence;
  readonly onInput: (input: LiveInput) => void;
}

/** Where frames enter the pipeline: each gets its place in the avatar's stream and a trace, or is dropped. */
export class FrameEntrance {
  readonly #options: FrameEntranceOptions;
  readonly #clock = new OutputClock();
  readonly #rate: RateLimit;
  readonly #beganMs = Date.now();
  #sequence = 0;

  constructor(options: FrameEntranceOptions) {
    this.#options = options;
    this.#rate = new RateLimit(options.maxFps);
  }

  /**
   * A picture of the driver.
   *
   * @param mark time mark read in the picture
   * @returns false where it was dropped
   */
  admitPicture(picture: DriverPicture, video: DriverVideo, mark: number | null): boolean {
    const { traces } = this.#options;
    const { image, encoded, decodeMs } = picture;
    const nowMs = performance.now();
    const unixMs = Date.now();
    traces.record('receive', encoded.lastPacketMs - encoded.firstPacketMs);
    traces.record('decode', decodeMs);
    const { timestamp, firstPacketMs, absCaptureTime } = encoded;
    video.clock.arrived(timestamp, unixMs - (nowMs - firstPacketMs), absCaptureTime);
    const source = video.clock.sourceAt(unixMs);
    const arrivalMs = video.clock.captureTimeMs(timestamp, 'arrival') ?? unixMs;
    const captureTimeMs = video.clock.captureTimeMs(timestamp, source) ?? arrivalMs;
    const media = video.clock.unwrapped(timestamp);
    if (!video.placed) {
      video.placed = true;
      video.rebaseTicks = Math.round(captureTimeMs * VIDEO_TICKS_PER_MS) - media;
    }
    const trace = {
      captureTimeMs,
      captureKnown: source !== 'arrival',
      arrivalMs,
      lastPacketMs: encoded.lastPacketMs,
      mark,
    };
    return this.admit(media, video, trace, nowMs, (stamp) => ({
      kind: 'picture',
      frame: { ...stamp, image },
    }));
  }

  /**
   * Any frame that the driver made.
   *
   * @param rawTicks 90 kHz, of the driver's own stream
   * @param nowMs steady clock
   * @returns false where it was dropped
   */
  admit(
    rawTicks: number,
    stream: RebasedStream,
    trace: Omit<FrameTrace, 'ticks'>,
    nowMs: number,
    inputOf: (stamp: FrameStamp) => LiveInput,
  ): boolean {
    const { presence, drops } = this.#options;
    presence.input(nowMs);
    if (!this.#rate.admits(rawTicks / VIDEO_TICKS_PER_MS)) {
      drops.add('rate');
      return false;
    }
    const ticks = this.#clock.place(rawTicks, stream);
    if (ticks === null) {
      drops.add('stale');
      return false;
    }
    this.#push({ ...trace, ticks }, inputOf);
    return true;
  }

  /** A frame that no driver made: the avatar on its way to rest, and there. */
  pushIdle(): void {
    const backMs = Math.max(IDLE_BACK_MS, this.#options.delay.ownMs);
    const ticks = this.#clock.placeIdle(Date.now() - backMs);
    const trace = {
      ticks,
      captureTimeMs: ticks / VIDEO_TICKS_PER_MS,
      captureKnown: false,
      arrivalMs: null,
      lastPacketMs: null,
      mark: null,
    };
    this.#push(trace, (stamp) => ({ kind: 'idle', result: { ...stamp, face: null } }));
  }

  #push(trace: FrameTrace, inputOf: (stamp: FrameStamp) => LiveInput): void {
    const sequence = this.#sequence++;
    this.#options.traces.keep(sequence, trace);
    const ptsMs = trace.ticks / VIDEO_TICKS_PER_MS - this.#beganMs;
    this.#options.onInput(inputOf({ sequence, ptsMs, captureTimeMs: trace.captureTimeMs }));
  }
}

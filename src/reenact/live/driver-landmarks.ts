import { decodeLandmarkPacket } from '../../contract/landmark-packet.ts';
import { CaptureClock } from '../../rtp/capture-clock.ts';
import type { FrameStamp } from '../frame.ts';
import type { LandmarkCount, TrackedFace, TrackResult } from '../track/types.ts';
import type { DropCounters } from './drop-counters.ts';
import type { FrameTrace } from './frame-traces.ts';
import type { RebasedStream } from './output-clock.ts';

/** RTP's clock for video, a millisecond. */
const TICKS_PER_MS = 90;
/** A packet further behind than this is of a page that was reloaded. */
const SAME_PAGE = 1000;

/** One message of the driver's browser, with its place in time. */
export interface DriverLandmarksFrame {
  readonly trace: Omit<FrameTrace, 'ticks'>;
  /** Of a 90 kHz clock, without wraps. */
  readonly ticks: number;
  result(stamp: FrameStamp): TrackResult;
}

/** The driver in private mode: landmarks that their own browser found, by data channel. */
export class DriverLandmarks implements RebasedStream {
  /** See `OutputClock`. */
  rebaseTicks = 0;
  readonly #drops: DropCounters;
  readonly #clock = new CaptureClock(TICKS_PER_MS * 1000);
  #sequence: number | null = null;

  constructor(drops: DropCounters) {
    this.#drops = drops;
  }

  /** @returns null where the message is damaged or older than one before @param nowMs steady clock */
  read(bytes: Uint8Array, nowMs: number, unixMs: number): DriverLandmarksFrame | null {
    const packet = decodeLandmarkPacket(bytes);
    if (packet === null) {
      this.#drops.add('garbage');
      return null;
    }
    // The channel is unordered: an older packet has nothing new to say.
    const behind = this.#sequence === null ? -1 : this.#sequence - packet.sequence;
    if (behind >= 0 && behind < SAME_PAGE) {
      this.#drops.add('stale');
      return null;
    }
    this.#sequence = packet.sequence;
    const { captureTimeMs: claimedMs, landmarks, imageWidth, imageHeight, confidence } = packet;
    const timestamp = Math.round(claimedMs * TICKS_PER_MS) % 2 ** 32;
    this.#clock.arrived(timestamp, unixMs, { captureTimeMs: claimedMs, clockOffsetMs: null });
    const captureKnown = this.#clock.sourceAt(unixMs) === 'stamp';
    const arrivalMs = this.#clock.captureTimeMs(timestamp, 'arrival') ?? unixMs;
    const captureTimeMs = captureKnown ? claimedMs : arrivalMs;
    const faceAt = (stamp: FrameStamp): TrackedFace | null => {
      if (landmarks.length === 0) return null;
      const points = (landmarks.length / 3) as LandmarkCount;
      return { ...stamp, landmarks, points, confidence, imageWidth, imageHeight };
    };
    return {
      trace: { captureTimeMs, captureKnown, arrivalMs, lastPacketMs: nowMs, mark: null },
      ticks: Math.round(captureTimeMs * TICKS_PER_MS),
      result: (stamp) => ({ ...stamp, face: faceAt(stamp) }),
    };
  }
}

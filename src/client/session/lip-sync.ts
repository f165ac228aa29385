import type { AvatarStream } from './avatar-media.ts';
import { type CapturedSource, capturedAtMs } from './screen-latency.ts';

/** Skew that nobody notices, and that the measure itself has. */
const DEAD_ZONE_MS = 8;
/** Where sound is left: a little late, as it is from anybody across a room, is noticed less than early, and the picture need not wait for it. */
const SOUND_LATER_MS = 10;
/** Part of a skew that one step takes away: buffers follow their targets within a second or two. */
const STEP_SHARE = 0.25;
/** From the jitter buffer to the ear at least: a block of the browser's mixer, and one of the sound card. */
const SOUND_OUT_MS = 15;
/** Neither waits longer for the other: a skew beyond is less bad than an avatar that is late. */
const MOST_WAIT_MS = 200;
/** A picture that waits at all. */
const LEAST_PICTURE_MS = 1;

/** Sound that comes later than this, for so many steps, has the picture wait: only then, for what it costs. */
const PICTURE_WAITS_FROM_MS = 30;
const PICTURE_WAITS_AFTER_STEPS = 3;
/** After so many steps pictures are shown at once again, to see whether the sound keeps up now; after twice as many the next time. */
const EVENED_STEPS = 60;
const MOST_EVENED_STEPS = 960;

/** How long picture and sound wait in their jitter buffers at least, ms. */
export interface Waits {
  readonly pictureMs: number;
  readonly soundMs: number;
  /** For how many steps in a row the sound has been too late for a picture that is shown at once. */
  readonly lateSteps: number;
  /**
   * Steps for which the picture is still one that waits, at least a millisecond. The browser then evens out when pictures
   * come, by its own measure of how uneven that is, for as long as the stream's playout delay allows.
   */
  readonly evenedSteps: number;
  /** How many it will be the next time. */
  readonly nextSteps: number;
}

export const NO_WAITS: Waits = {
  pictureMs: 0,
  soundMs: 0,
  lateSteps: 0,
  evenedSteps: 0,
  nextSteps: EVENED_STEPS,
};

/** The next waits. @param skewMs by how much the sound of a moment comes later than its picture */
export function nextWaits(waits: Waits, skewMs: number): Waits {
  const tooLateMs = skewMs - SOUND_LATER_MS;
  const step = Math.abs(tooLateMs) <= DEAD_ZONE_MS ? 0 : tooLateMs * STEP_SHARE;
  return waits.evenedSteps > 0 ? whileEvened(waits, step) : whileAtOnce(waits, step, skewMs);
}

/** Only sound can wait. */
function whileAtOnce(waits: Waits, step: number, skewMs: number): Waits {
  const { soundMs, nextSteps } = waits;
  const lateSteps = soundMs === 0 && skewMs > PICTURE_WAITS_FROM_MS ? waits.lateSteps + 1 : 0;
  if (lateSteps < PICTURE_WAITS_AFTER_STEPS)
    return { ...waits, soundMs: Math.min(MOST_WAIT_MS, Math.max(0, soundMs - step)), lateSteps };
  return {
    pictureMs: Math.min(MOST_WAIT_MS, skewMs),
    soundMs: 0,
    lateSteps: 0,
    evenedSteps: nextSteps,
    nextSteps: Math.min(MOST_EVENED_STEPS, 2 * nextSteps),
  };
}

/** Whoever is ahead waits, and first stops letting the other one wait. */
function whileEvened(waits: Waits, step: number): Waits {
  const evenedSteps = waits.evenedSteps - 1;
  if (evenedSteps === 0) return { ...NO_WAITS, nextSteps: waits.nextSteps };
  const ahead = waits.pictureMs - LEAST_PICTURE_MS - waits.soundMs + step;
  const wait = Math.min(MOST_WAIT_MS, Math.abs(ahead));
  return {
    ...waits,
    pictureMs: LEAST_PICTURE_MS + (ahead > 0 ? wait : 0),
    soundMs: ahead > 0 ? 0 : wait,
    evenedSteps,
  };
}

/**
 * Keeps lips and voice together by their capture times. Browsers would do so by sender reports, which in an SFU tell
 * when packets were forwarded, and hold the picture back far longer than the sound needs.
 */
export class LipSync {
  #waits = NO_WAITS;
  #of: AvatarStream | null = null;

  /**
   * Once a second, with how old the picture on the screen is.
   *
   * @param toServerMs from the browser's Unix time to the server's, which stamps captures
   */
  step(avatar: AvatarStream, pictureAgeMs: number, toServerMs: (browserMs: number) => number): void {
    const { videoReceiver, soundReceiver } = avatar;
    if (this.#of !== avatar) {
      this.#of = avatar;
      this.#waits = NO_WAITS;
    }
    const played = soundReceiver?.getSynchronizationSources()[0] as CapturedSource | undefined;
    if (!videoReceiver || !soundReceiver || !played) return;
    const capturedMs = capturedAtMs(played.rtpTimestamp, played);
    if (capturedMs === null) return;
    const soundAgeMs = toServerMs(played.timestamp) + SOUND_OUT_MS - capturedMs;
    this.#waits = nextWaits(this.#waits, soundAgeMs - pictureAgeMs);
    videoReceiver.jitterBufferTarget = this.#waits.pictureMs;
    soundReceiver.jitterBufferTarget = this.#waits.soundMs;
  }
}

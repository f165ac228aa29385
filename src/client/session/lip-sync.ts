import type { AvatarStream } from './avatar-media.ts';
import { type CapturedSource, capturedAtMs } from './screen-latency.ts';

/** Skew that nobody notices, and that the measure itself has. */
const DEAD_ZONE_MS = 8;
/** Part of a skew that one step takes away: buffers follow their targets within a second or two. */
const STEP_SHARE = 0.25;
/** From the jitter buffer to the ear at least: a block of the browser's mixer, and one of the sound card. */
const SOUND_OUT_MS = 15;
/** Neither waits longer for the other: a skew beyond is less bad than an avatar that is late. */
const MOST_WAIT_MS = 200;

/** How long picture and sound wait in their jitter buffers at least, ms. */
export interface Waits {
  readonly pictureMs: number;
  readonly soundMs: number;
}

/** The next waits. @param skewMs by how much the sound of a moment comes later than its picture */
export function nextWaits({ pictureMs, soundMs }: Waits, skewMs: number): Waits {
  if (Math.abs(skewMs) <= DEAD_ZONE_MS) return { pictureMs, soundMs };
  // One of the two is always 0: whoever is ahead waits, and first stops letting the other one wait.
  const ahead = pictureMs - soundMs + skewMs * STEP_SHARE;
  const wait = Math.min(MOST_WAIT_MS, Math.abs(ahead));
  return ahead > 0 ? { pictureMs: wait, soundMs: 0 } : { pictureMs: 0, soundMs: wait };
}

/**
 * Keeps lips and voice together by their capture times. Browsers would do so by sender reports, which in an SFU tell
 * when packets were forwarded, and hold the picture back far longer than the sound needs.
 */
export class LipSync {
  #waits: Waits = { pictureMs: 0, soundMs: 0 };
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
      this.#waits = { pictureMs: 0, soundMs: 0 };
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

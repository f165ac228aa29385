import { Unwrapper } from '../../rtp/unwrapper.ts';

/** One packet of the driver's sound, on its way through the delay. */
export interface AudioPacket {
  readonly sequence: number;
  /** RTP timestamp of the driver's stream, without wraps. */
  readonly mediaTicks: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
  /** Unix milliseconds. */
  readonly captureTimeMs: number;
  readonly arrivedMs: number;
}

export interface DuePacket extends AudioPacket {
  /** When it was due, Unix milliseconds. */
  readonly dueMs: number;
}

/** A second and a half of Opus in packets of 20 ms. */
const MAX_PACKETS = 75;
/** How fast the delay follows the picture's: less than receivers stretch sound by when their own buffers adapt. */
const SLEW_MS_PER_MS = 0.08;
/** Further away than this, a jump is less bad than the way there. */
const JUMP_MS = 150;
const MAX_DELAY_MS = 1200;

/**
 * Holds the driver's sound back so that it leaves when the picture of the same moment does: `delayMs` after its
 * capture. In order, bounded, and each packet at most once; the delay changes slowly.
 */
export class DelayedAudio {
  readonly #sequences = new Unwrapper(16);
  readonly #waiting: (AudioPacket & { readonly order: number })[] = [];
  #delayMs: number | null = null;
  #lastSent: number | null = null;
  #lastMediaTicks: number | null = null;
  readonly #ticksPerMs: number;
  /** Packets that came after later ones had gone, or too many at once. */
  dropped = 0;

  constructor(clockRateHz: number) {
    this.#ticksPerMs = clockRateHz / 1000;
  }

  /** From capture to sending; 0 before the first packet. */
  get delayMs(): number {
    return this.#delayMs ?? 0;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** @param targetMs delay of the picture from capture to sending */
  push(packet: AudioPacket, targetMs: number): void {
    const order = this.#sequences.unwrap(packet.sequence);
    if (this.#lastSent !== null && order <= this.#lastSent) {
      this.dropped++;
      return;
    }
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1].order > order) at--;
    if (at > 0 && this.#waiting[at - 1].order === order) {
      this.dropped++;
      return;
    }
    this.#waiting.splice(at, 0, { ...packet, order });
    if (this.#waiting.length > MAX_PACKETS) {
      this.#lastSent = this.#waiting.shift()!.order;
      this.dropped++;
    }
    this.#follow(Math.min(MAX_DELAY_MS, Math.max(0, targetMs)), packet.mediaTicks);
  }

  /** Takes what is due. @param nowMs Unix milliseconds */
  take(nowMs: number): DuePacket[] {
    const due: DuePacket[] = [];
    for (let next = this.#waiting[0]; next && this.#dueMs(next) <= nowMs; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#lastSent = next.order;
      due.push({ ...next, dueMs: this.#dueMs(next) });
    }
    return due;
  }

  /** Null while nothing waits. */
  get nextDueMs(): number | null {
    return this.#waiting.length === 0 ? null : this.#dueMs(this.#waiting[0]);
  }

  #dueMs({ captureTimeMs }: AudioPacket): number {
    return captureTimeMs + this.delayMs;
  }

  #follow(targetMs: number, mediaTicks: number): void {
    const before = this.#lastMediaTicks ?? mediaTicks;
    this.#lastMediaTicks = Math.max(before, mediaTicks);
    if (this.#delayMs === null || Math.abs(targetMs - this.#delayMs) > JUMP_MS) {
      this.#delayMs = targetMs;
      return;
    }
    const soundMs = Math.max(0, mediaTicks - before) / this.#ticksPerMs;
    const step = SLEW_MS_PER_MS * Math.min(1000, soundMs);
    this.#delayMs += Math.min(step, Math.max(-step, targetMs - this.#delayMs));
  }
}

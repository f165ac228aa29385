import { Unwrapper } from './unwrapper.ts';

export interface ReorderOptions {
  /** How long a gap is waited for: packets that were asked for again come late. 200 by default. */
  readonly waitMs?: number;
  /** Packets that wait behind a gap at most; more end the wait. 1024 by default. */
  readonly maxPackets?: number;
}

export interface OrderedPacket<T> {
  readonly item: T;
  /** One or more packets in front of this one never came. */
  readonly lossBefore: boolean;
}

/**
 * A round trip and jitter both ways, twice: who gives up earlier waits as long for the key frame, with packets lost again and
 * none of the frames in between to show.
 */
const WAIT_MS = 200;
const MAX_PACKETS = 1024;
/** A jump further than this is a sender that began anew. */
const LONGEST_JUMP = 3000;

/** Brings packets into the order of their 16-bit sequence numbers, bounded in time and in memory. */
export class ReorderBuffer<T> {
  readonly #waitMs: number;
  readonly #maxPackets: number;
  readonly #sequences = new Unwrapper(16);
  readonly #waiting = new Map<number, { readonly item: T; readonly arrivedMs: number }>();
  #expected: number | null = null;
  #lossBefore = false;
  /** Packets that came twice or too late. */
  late = 0;
  /** Packets that never came in time. */
  lost = 0;

  constructor({ waitMs = WAIT_MS, maxPackets = MAX_PACKETS }: ReorderOptions = {}) {
    this.#waitMs = waitMs;
    this.#maxPackets = maxPackets;
  }

  /** Takes a packet and hands out those that are now in order. @param nowMs of any steady clock */
  push(sequence: number, item: T, nowMs: number): OrderedPacket<T>[] {
    let unwrapped = this.#sequences.peek(sequence);
    if (this.#expected !== null && Math.abs(unwrapped - this.#expected) > LONGEST_JUMP) {
      this.lost += this.#waiting.size;
      this.reset();
      this.#lossBefore = true;
      unwrapped = sequence;
    }
    this.#sequences.unwrap(sequence);
    this.#expected ??= unwrapped;
    if (unwrapped < this.#expected || this.#waiting.has(unwrapped)) {
      this.late++;
      return this.poll(nowMs);
    }
    this.#waiting.set(unwrapped, { item, arrivedMs: nowMs });
    return this.poll(nowMs);
  }

  /** Hands out what is in order, and what has waited long enough behind a gap. */
  poll(nowMs: number): OrderedPacket<T>[] {
    const ready: OrderedPacket<T>[] = [];
    this.#takeRun(ready);
    while (this.#waiting.size > 0 && this.#isOverdue(nowMs)) {
      const next = Math.min(...this.#waiting.keys());
      this.lost += next - this.#expected!;
      this.#expected = next;
      this.#lossBefore = true;
      this.#takeRun(ready);
    }
    return ready;
  }

  /** When `poll` has something to give up waiting for; null while nothing waits. */
  get deadlineMs(): number | null {
    let earliest: number | null = null;
    for (const { arrivedMs } of this.#waiting.values())
      if (earliest === null || arrivedMs < earliest) earliest = arrivedMs;
    return earliest === null ? null : earliest + this.#waitMs;
  }

  get size(): number {
    return this.#waiting.size;
  }

  reset(): void {
    this.#waiting.clear();
    this.#sequences.reset();
    this.#expected = null;
    this.#lossBefore = false;
  }

  #isOverdue(nowMs: number): boolean {
    return this.#waiting.size > this.#maxPackets || nowMs >= this.deadlineMs!;
  }

  #takeRun(ready: OrderedPacket<T>[]): void {
    if (this.#expected === null) return;
    for (let next = this.#waiting.get(this.#expected); next; next = this.#waiting.get(this.#expected)) {
      ready.push({ item: next.item, lossBefore: this.#lossBefore });
      this.#lossBefore = false;
      this.#waiting.delete(this.#expected);
      this.#expected++;
    }
  }
}

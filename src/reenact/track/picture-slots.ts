/** A reusable piece of shared memory. */
export interface PictureSlot {
  pixels: SharedArrayBuffer;
}

/**
 * Shared memory for the pictures in flight: at most `limit` pieces, grown to the largest picture and reused.
 * Whoever asks for one more waits, in order, until one comes back.
 */
export class PictureSlots {
  readonly #free: PictureSlot[] = [];
  readonly #waiting: ((slot: PictureSlot) => void)[] = [];
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async acquire(bytes: number): Promise<PictureSlot> {
    const slot = this.#free.pop() ?? this.#create() ?? (await this.#wait());
    if (slot.pixels.byteLength < bytes) slot.pixels = new SharedArrayBuffer(bytes);
    return slot;
  }

  release(slot: PictureSlot): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next(slot);
  }

  #create(): PictureSlot | null {
    if (this.#count === this.#limit) return null;
    this.#count++;
    return { pixels: new SharedArrayBuffer(0) };
  }

  #wait(): Promise<PictureSlot> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

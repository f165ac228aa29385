/** Pictures under way at once, and one to spare; more than that are left to the garbage collector. */
const MOST_KEPT = 4;

/**
 * Memory of pictures, used again. A picture of a megabyte that is made anew for every frame has V8 collect all garbage
 * several times a second, at up to 30 ms a time.
 */
export class PixelPool {
  readonly #free: Uint8Array[] = [];

  /** Of unknown content. */
  take(bytes: number): Uint8Array {
    for (let data = this.#free.pop(); data; data = this.#free.pop()) if (data.length === bytes) return data;
    // On its own: a small `Buffer` would share memory with others.
    return new Uint8Array(bytes);
  }

  /** From now on nobody reads or writes it but who takes it next. */
  give(data: Uint8Array): void {
    if (this.#free.length < MOST_KEPT && !this.#free.includes(data)) this.#free.push(data);
  }
}

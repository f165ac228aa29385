import type { TemporalLayer } from '../pack/contract.ts';

/** Older than any frame that counts. */
const EMPTY = -(2 ** 30);

/**
 * What the temporal attention remembers of one stream at one denoising time: keys and values of the frames before, in
 * slots that are written round and round. Nothing is ever shifted: the denoiser is told each slot's age, and one that is
 * too old, or was never written, is masked.
 */
export class KeyValueRing {
  readonly slots: number;
  /** A layer's cache, `[positions, heads, slots, dim]`. */
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
  readonly #layers: readonly TemporalLayer[];
  /** `[slots]` number of the frame in each slot. */
  readonly #frames: Int32Array;

  constructor(layers: readonly TemporalLayer[], slots: number) {
    this.slots = slots;
    this.#layers = layers;
    const room = () =>
      layers.map(({ positions, heads, dim }) => new Float32Array(positions * heads * slots * dim));
    this.keys = room();
    this.values = room();
    this.#frames = new Int32Array(slots).fill(EMPTY);
  }

  /** Forgets every frame. What the slots hold is masked, but must be finite: zero times NaN is NaN. */
  clear(): void {
    this.#frames.fill(EMPTY);
    for (const data of [...this.keys, ...this.values]) data.fill(0);
  }

  /** Whether every slot holds one of the `slots` frames before `first`. */
  isFull(first: number): boolean {
    return this.#frames.every((frame) => frame < first && first - frame <= this.slots);
  }

  /**
   * Age of each key, slots first and then the new frames themselves, for new frames `first` .. `first + count - 1`.
   *
   * @param out `[count, slots + count]`, written
   */
  ages(first: number, count: number, out: BigInt64Array): void {
    const masked = BigInt(this.slots + 1);
    let at = 0;
    for (let query = 0; query < count; query++) {
      for (let slot = 0; slot < this.slots; slot++) {
        const age = first + query - this.#frames[slot];
        out[at++] = age >= 1 && age <= this.slots ? BigInt(age) : masked;
      }
      for (let key = 0; key < count; key++) {
        const age = query - key;
        out[at++] = age >= 0 && age <= this.slots ? BigInt(age) : masked;
      }
    }
  }

  /**
   * Takes new frames' keys and values into their slots.
   *
   * @param newKeys `[B, positions, heads, count, dim]` a layer, of which entry `batch` is this stream's
   */
  write(
    first: number,
    count: number,
    newKeys: readonly Float32Array[],
    newValues: readonly Float32Array[],
    batch: number,
  ): void {
    const oldest = Math.max(0, count - this.slots);
    for (const [layer, { positions, heads, dim }] of this.#layers.entries()) {
      for (const [from, to] of [
        [newKeys[layer], this.keys[layer]],
        [newValues[layer], this.values[layer]],
      ]) {
        for (let row = 0; row < positions * heads; row++) {
          const rowFrom = (batch * positions * heads + row) * count;
          for (let k = oldest; k < count; k++) {
            const at = (row * this.slots + ((first + k) % this.slots)) * dim;
            const start = (rowFrom + k) * dim;
            for (let i = 0; i < dim; i++) to[at + i] = from[start + i];
          }
        }
      }
    }
    for (let k = oldest; k < count; k++) this.#frames[(first + k) % this.slots] = first + k;
  }

  /**
   * Copies a full cache with its frames in order, the oldest first, so that streams that began at different times can
   * go through the denoiser together: one table of ages then fits them all.
   *
   * @param keys `[B, positions, heads, slots, dim]` a layer; entry `batch` is written
   */
  copyInOrder(
    first: number,
    keys: readonly Float32Array[],
    values: readonly Float32Array[],
    batch: number,
  ): void {
    const { slots } = this;
    const oldest = (((first - slots) % slots) + slots) % slots;
    for (const [layer, { positions, heads, dim }] of this.#layers.entries()) {
      for (const [from, to] of [
        [this.keys[layer], keys[layer]],
        [this.values[layer], values[layer]],
      ]) {
        for (let row = 0; row < positions * heads; row++) {
          const start = row * slots * dim;
          const at = batch * positions * heads * slots * dim + start;
          to.set(from.subarray(start + oldest * dim, start + slots * dim), at);
          to.set(from.subarray(start, start + oldest * dim), at + (slots - oldest) * dim);
        }
      }
    }
  }
}

/** Ages that fit caches copied in order, `[count, slots + count]`. */
export function orderedAges(slots: number, count: number, out: BigInt64Array): void {
  let at = 0;
  for (let query = 0; query < count; query++)
    for (let key = -slots; key < count; key++) {
      const age = query - key;
      out[at++] = BigInt(age >= 0 && age <= slots ? age : slots + 1);
    }
}

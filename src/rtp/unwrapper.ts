/**
 * Turns a counter that wraps (16-bit RTP sequence numbers, 32-bit RTP timestamps) into one that does not: every value
 * is taken as the one nearest to the furthest seen so far.
 */
export class Unwrapper {
  readonly #modulus: number;
  #furthest: number | null = null;

  /** @param bits 1 to 32 */
  constructor(bits: number) {
    this.#modulus = 2 ** bits;
  }

  /** Not below zero only while the stream does not run backwards past its first value. */
  unwrap(value: number): number {
    const unwrapped = this.peek(value);
    if (this.#furthest === null || unwrapped > this.#furthest) this.#furthest = unwrapped;
    return unwrapped;
  }

  /** The same without taking the value for seen. */
  peek(value: number): number {
    if (this.#furthest === null) return value;
    return this.#furthest + nearestStep(this.#furthest, value, this.#modulus);
  }

  reset(): void {
    this.#furthest = null;
  }
}

/** The step of least size from `from` to a value that is `to` modulo `modulus`; half way round counts as back. */
export function nearestStep(from: number, to: number, modulus: number): number {
  const forward = (((to - from) % modulus) + modulus) % modulus;
  return forward < modulus / 2 ? forward : forward - modulus;
}

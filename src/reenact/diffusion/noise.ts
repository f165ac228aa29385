/**
 * Noise of a stream, the same for the same seed on every run: xoshiro128** (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", 2021) seeded by splitmix32, and Box and Muller's transform.
 */
export class GaussianSource {
  readonly #state = new Uint32Array(4);
  #spare = Number.NaN;

  constructor(seed: number) {
    let x = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) >>> 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
    }
  }

  /** Uniform 32-bit integer. */
  nextUint32(): number {
    const s = this.#state;
    const scrambled = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return scrambled;
  }

  /** Standard normal. */
  next(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare;
      this.#spare = Number.NaN;
      return spare;
    }
    // (0, 1]: its logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log((this.nextUint32() + 1) / 2 ** 32));
    const angle = (2 * Math.PI * this.nextUint32()) / 2 ** 32;
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/**
 * Noise that is alike from frame to frame, so that what the denoiser makes of it does not flicker (after Ge et al.,
 * "Preserve your own correlation", arXiv 2305.10474, mixed noise): eps_i = sqrt(c)·eps_shared + sqrt(1 − c)·n_i. Each
 * frame's own part is seeded by its number, so that frames can be made one by one or sixteen together.
 */
export class CoherentNoise {
  readonly #shared: Float32Array;
  readonly #seed: number;
  readonly #ofShared: number;
  readonly #ofOwn: number;
  /** The noise of one frame, made before anybody asks. */
  readonly #made: Float32Array;
  #madeFrame = Number.NaN;

  /** @param coherence c, the part of the variance that frames share, 0..1 */
  constructor(seed: number, coherence: number, length: number) {
    this.#seed = seed;
    this.#ofShared = Math.sqrt(coherence);
    this.#ofOwn = Math.sqrt(1 - coherence);
    const source = new GaussianSource(seed);
    this.#shared = Float32Array.from({ length }, () => source.next());
    this.#made = new Float32Array(length);
  }

  /** Makes frame `frame`'s noise while there is time, so that `write` need not. */
  prepare(frame: number): void {
    if (frame === this.#madeFrame) return;
    const own = new GaussianSource(Math.imul(this.#seed ^ 0x5bd1e995, 31) + Math.imul(frame + 1, 0x85ebca6b));
    for (let i = 0; i < this.#shared.length; i++)
      this.#made[i] = this.#ofShared * this.#shared[i] + this.#ofOwn * own.next();
    this.#madeFrame = frame;
  }

  /** Writes frame `frame`'s noise into `out` from `at` on. */
  write(frame: number, out: Float32Array, at: number): void {
    this.prepare(frame);
    out.set(this.#made, at);
  }
}

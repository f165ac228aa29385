/** From one tier to the other. */
export const FADE_MS = 400;
/** A stream that stood still does not jump for it. */
const MAX_STEP_MS = 100;

/** How much of the networks' change is shown: moves evenly between none and all of it, so that tiers change unseen. */
export class CrossFade {
  #weight = 0;
  #ptsMs = Number.NaN;
  #cuts = 0;

  get weight(): number {
    return this.#weight;
  }

  /** How many times it was cut. */
  get cuts(): number {
    return this.#cuts;
  }

  /** @param target 0 or 1 @returns this frame's weight */
  advance(target: 0 | 1, ptsMs: number): number {
    const elapsedMs = ptsMs - this.#ptsMs;
    this.#ptsMs = ptsMs;
    const step = Math.min(MAX_STEP_MS, Math.max(0, elapsedMs)) / FADE_MS;
    if (step > 0)
      this.#weight =
        target > this.#weight ? Math.min(1, this.#weight + step) : Math.max(0, this.#weight - step);
    return this.#weight;
  }

  /** Shows nothing from now on. */
  cut(): void {
    this.#weight = 0;
    this.#cuts++;
  }
}

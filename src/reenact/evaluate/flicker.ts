import { interocularDistancePx } from '../fit/observation.ts';
import type { RgbaImage } from '../frame.ts';
import { type Spread, spread } from './statistics.ts';

/** How restless a picture is that should stand still. */
export interface Flicker {
  /** RMS distance of each landmark from its mean over the frames, fraction of the inter-ocular distance, over landmarks. */
  readonly landmarkJitterIod: Spread;
  /** Mean squared difference of the luma of successive frames, 8-bit units squared. */
  readonly frameDifference: number;
}

/** @param seen landmarks `[points, 3]` pixels of one face after another; both NaN for fewer than two */
export function landmarkJitterIod(seen: readonly Float32Array[]): Spread {
  if (seen.length < 2) return { median: Number.NaN, p95: Number.NaN };
  const iodPx = interocularDistancePx(seen[0]);
  const points = seen[0].length / 3;
  return spread(Array.from({ length: points }, (_, point) => scatterPx(seen, point) / iodPx));
}

/** RMS distance of one landmark from its mean, pixels. */
function scatterPx(seen: readonly Float32Array[], point: number): number {
  let squared = 0;
  for (const axis of [0, 1]) {
    const mean = seen.reduce((sum, landmarks) => sum + landmarks[point * 3 + axis], 0) / seen.length;
    for (const landmarks of seen) squared += (landmarks[point * 3 + axis] - mean) ** 2 / seen.length;
  }
  return Math.sqrt(squared);
}

/** Adds up how much the pictures of a stream differ from one to the next. */
export class FrameDifference {
  #before: Float32Array | null = null;
  #sum = 0;
  #count = 0;

  add({ data, width, height }: RgbaImage): void {
    const luma = new Float32Array(width * height);
    for (let pixel = 0, at = 0; pixel < luma.length; pixel++, at += 4)
      luma[pixel] = 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    const before = this.#before;
    this.#before = luma;
    if (before === null) return;
    let sum = 0;
    for (let pixel = 0; pixel < luma.length; pixel++) sum += (luma[pixel] - before[pixel]) ** 2;
    this.#sum += sum / luma.length;
    this.#count++;
  }

  /** NaN before the second picture. */
  get mean(): number {
    return this.#count === 0 ? Number.NaN : this.#sum / this.#count;
  }
}

import { smoothstep } from '../colour.ts';
import { noise3 } from '../noise.ts';

/** 1 between the two times, with soft edges of `edgeS` inside them. */
export function during(timeS: number, fromS: number, toS: number, edgeS: number): number {
  return smoothstep(fromS, fromS + edgeS, timeS) * (1 - smoothstep(toS - edgeS, toS, timeS));
}

/** A full swing 0 → +1 → -1 → 0 over the interval, at rest at both ends. */
export function swing(timeS: number, fromS: number, toS: number): number {
  const u = (timeS - fromS) / (toS - fromS);
  if (u <= 0 || u >= 1) return 0;
  return Math.sin(2 * Math.PI * u);
}

/** Aimless slow motion about 0, mostly within ±1, `perS` turns a second. */
export function sway(timeS: number, perS: number, channel: number, seed: number): number {
  return (
    1.6 * noise3(timeS * perS, channel * 3.7 + 0.5, 0.5, seed) +
    0.4 * noise3(timeS * perS * 2.3, channel * 3.7 + 0.5, 9.5, seed)
  );
}

/**
 * Closure 0..1 of the lids `sinceS` after a blink begins: shut in 70 ms, held 30 ms, open again in 140 ms, slower at
 * the end (Trutoiu et al., "Modeling and Animating Eye Blinks", ACM TAP 2011).
 */
export function blinkAt(sinceS: number): number {
  if (sinceS <= 0 || sinceS >= 0.26) return 0;
  if (sinceS < 0.07) return smoothstep(0, 0.07, sinceS);
  if (sinceS < 0.1) return 1;
  const opening = (sinceS - 0.1) / 0.16;
  return (1 - opening) ** 2 * (1 + 2 * opening) * (1 - 0.12 * opening);
}

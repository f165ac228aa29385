import { smoothstep } from '../colour.ts';
import type { Random } from '../random.ts';

/** A value over time, seconds. */
export type Track = (timeS: number) => number;

/**
 * A smooth way through values that are drawn now and then: eased from each to the next, at rest where they meet.
 *
 * @param everyS between two of them, shortest and longest
 */
export function wander(
  random: Random,
  durationS: number,
  everyS: readonly [number, number],
  draw: () => number,
): Track {
  const times = [-random.next() * everyS[0]];
  const values = [draw()];
  while (times[times.length - 1] <= durationS) {
    times.push(times[times.length - 1] + random.between(...everyS));
    values.push(draw());
  }
  return (timeS) => {
    let k = 1;
    while (k < times.length - 1 && times[k] < timeS) k++;
    const t = smoothstep(times[k - 1], times[k], timeS);
    return values[k - 1] + (values[k] - values[k - 1]) * t;
  };
}

/** The same for many values that change together, `[count]` each. */
export function wanderTogether(
  random: Random,
  durationS: number,
  everyS: readonly [number, number],
  draw: () => Float32Array,
): (timeS: number, out: Float32Array) => void {
  const keys: Float32Array[] = [];
  const place = wander(random, durationS, everyS, () => keys.push(draw()) - 1);
  return (timeS, out) => {
    // Between whole numbers the track is on its way from one key to the next.
    const at = Math.min(keys.length - 1, Math.max(0, place(timeS)));
    const from = Math.floor(at);
    const to = Math.min(keys.length - 1, from + 1);
    for (let i = 0; i < out.length; i++) out[i] = keys[from][i] + (keys[to][i] - keys[from][i]) * (at - from);
  };
}

import { createRandom } from '../random.ts';

/** Where the eyes look from `startS` on, radians from straight ahead of the camera: yaw to the subject's left, pitch down. */
export interface Fixation {
  readonly startS: number;
  readonly yawRad: number;
  readonly pitchRad: number;
}

/** Fixations of somebody who talks to a camera: mostly into it, now and then aside, with a return. */
export function planFixations(durationS: number, seed: number): Fixation[] {
  const random = createRandom(seed);
  const out: Fixation[] = [{ startS: -1, yawRad: 0, pitchRad: 0 }];
  let at = 1.1;
  while (at < durationS) {
    const away = random.next() < 0.42;
    out.push({
      startS: at,
      yawRad: away ? random.between(0.12, 0.3) * (random.next() < 0.5 ? -1 : 1) : random.between(-0.03, 0.03),
      pitchRad: away ? random.between(-0.14, 0.16) : random.between(-0.02, 0.02),
    });
    at += away ? random.between(0.35, 0.8) : random.between(0.7, 1.9);
  }
  return out;
}

/** Gaze at a time; a saccade of 1 to 20 degrees takes 30 to 60 ms. */
export function gazeAt(fixations: readonly Fixation[], timeS: number): [number, number] {
  let i = fixations.length - 1;
  while (i > 0 && fixations[i].startS > timeS) i--;
  const to = fixations[i];
  const from = fixations[Math.max(0, i - 1)];
  const size = Math.hypot(to.yawRad - from.yawRad, to.pitchRad - from.pitchRad);
  const u = Math.min(1, Math.max(0, (timeS - to.startS) / (0.03 + 0.08 * size)));
  const eased = u * u * (3 - 2 * u);
  return [
    from.yawRad + (to.yawRad - from.yawRad) * eased,
    from.pitchRad + (to.pitchRad - from.pitchRad) * eased,
  ];
}

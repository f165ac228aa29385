import type { HeadCoefficients } from '../../reenact/head/head-model.ts';

/** Motion about the portrait's own: a turn, a nod, an opening mouth, a blink. */
export function sweep(own: HeadCoefficients, count: number): HeadCoefficients[] {
  return Array.from({ length: count }, (_, i) => {
    const phase = (2 * Math.PI * i) / count;
    const theta = Float32Array.from(own.theta);
    theta[3] += 0.15 * Math.sin(2 * phase);
    theta[4] += 0.35 * Math.sin(phase);
    theta[6] += 0.15 * (1 - Math.cos(5 * phase));
    return {
      psi: own.psi.map((value, unit) => Math.max(0, value + 0.2 * Math.sin(3 * phase + unit))),
      theta,
      translation: own.translation,
    };
  });
}

import type { Fragment } from '../fragment.ts';

/**
 * Specular reflection of a rough surface: GGX distribution (Walter et al., EGSR 2007), Schlick's Fresnel term and the
 * Kelemen approximation of visibility, times the cosine at the light.
 * @param normalToLight n·l, `normalToHalf` n·h, `lightToHalf` l·h, all clamped at 0 by the caller.
 * @param alpha Roughness squared.
 * @param f0 Reflectance at normal incidence.
 */
export function specularLobe(
  normalToLight: number,
  normalToHalf: number,
  lightToHalf: number,
  alpha: number,
  f0: number,
): number {
  if (normalToLight <= 0) return 0;
  const a2 = alpha * alpha;
  const d = normalToHalf * normalToHalf * (a2 - 1) + 1;
  const grazing = 1 - lightToHalf;
  const g2 = grazing * grazing;
  const fresnel = f0 + (1 - f0) * g2 * g2 * grazing;
  return (a2 / (Math.PI * d * d)) * fresnel * (normalToLight / Math.max(0.1, 4 * lightToHalf * lightToHalf));
}

/** Diffuse falloff that reaches `wrap` past the terminator, normalised to keep its energy. */
export function wrapped(cosine: number, wrap: number): number {
  const value = (cosine + wrap) / (1 + wrap);
  return value <= 0 ? 0 : value / (1 + wrap * 0.5);
}

const angles = { normalToHalf: 0, lightToHalf: 0 };

/**
 * Cosines of the half vector between the light at (lx, ly, lz) and the viewer to the bumped normal and to the light,
 * clamped at 0: what a highlight is worked out of.
 *
 * @returns overwritten by the next call
 */
export function halfAngles(f: Fragment, lx: number, ly: number, lz: number): Readonly<typeof angles> {
  let hx = lx + f.vx;
  let hy = ly + f.vy;
  let hz = lz + f.vz;
  const length = Math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9;
  hx /= length;
  hy /= length;
  hz /= length;
  angles.normalToHalf = Math.max(0, f.bx * hx + f.by * hy + f.bz * hz);
  angles.lightToHalf = Math.max(0, lx * hx + ly * hy + lz * hz);
  return angles;
}

import type { Fragment } from '../fragment.ts';
import type { LightRig } from '../light.ts';
import { halfAngles, specularLobe, wrapped } from './reflectance.ts';

/**
 * Plain surface: cloth, teeth, tongue, mouth lining.
 * @param wrap How far diffuse light reaches past the terminator.
 * @param gloss Strength of the highlight, `alpha` its roughness squared.
 */
export function shadeMatte(f: Fragment, lights: LightRig, wrap: number, gloss: number, alpha: number): void {
  const o = f.openness;
  const up = 0.5 + 0.5 * f.by;
  let r = o * (lights.ground[0] + (lights.sky[0] - lights.ground[0]) * up);
  let g = o * (lights.ground[1] + (lights.sky[1] - lights.ground[1]) * up);
  let b = o * (lights.ground[2] + (lights.sky[2] - lights.ground[2]) * up);
  let shine = 0;
  for (let i = 0; i < 3; i++) {
    const light = i === 0 ? lights.key : i === 1 ? lights.fill : lights.rim;
    const reach = i === 0 ? f.keyReach * (0.4 + 0.6 * o) : i === 1 ? o : o * f.rimReach;
    const [lx, ly, lz] = light.direction;
    const cosine = f.bx * lx + f.by * ly + f.bz * lz;
    const diffuse = reach * wrapped(cosine, wrap);
    r += light.colour[0] * diffuse;
    g += light.colour[1] * diffuse;
    b += light.colour[2] * diffuse;
    if (gloss > 0 && cosine > 0) {
      const { normalToHalf, lightToHalf } = halfAngles(f, lx, ly, lz);
      shine +=
        reach *
        Math.PI *
        gloss *
        light.colour[1] *
        specularLobe(cosine, normalToHalf, lightToHalf, alpha, 0.04);
    }
  }
  f.r = f.albedoR * r + shine;
  f.g = f.albedoG * g + shine;
  f.b = f.albedoB * b + shine;
}

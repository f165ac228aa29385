import type { Fragment } from './fragment.ts';
import type { HeadSurface } from './head-surface.ts';
import { TEXEL } from './skin-texture.ts';
import type { Subject } from './subject.ts';

/** Directions in which texture coordinates grow on one posed triangle, kept from sample to sample. */
export interface TextureSlopes {
  triangle: number;
  /** Change of u, then of v, a metre along the surface: two vectors. */
  readonly gradient: Float64Array;
}

export function createTextureSlopes(): TextureSlopes {
  return { triangle: -1, gradient: new Float64Array(6) };
}

/**
 * Albedo, gloss and relief of a point from the skin texture, bilinear, into `f`; relief tilts the fine normal (Blinn,
 * "Simulation of Wrinkled Surfaces", SIGGRAPH 1978).
 * @param positions `[V, 3]` posed surface. `w0`, `w1`, `w2`: weights of the triangle's corners.
 */
export function readSkin(
  f: Fragment,
  subject: Subject,
  positions: Float32Array,
  slopes: TextureSlopes,
  triangle: number,
  w0: number,
  w1: number,
  w2: number,
): void {
  const { surface, skin } = subject;
  const { gradient } = slopes;
  const { cornerUv } = surface;
  const t = triangle * 6;
  f.u = w0 * cornerUv[t] + w1 * cornerUv[t + 2] + w2 * cornerUv[t + 4];
  f.v = w0 * cornerUv[t + 1] + w1 * cornerUv[t + 3] + w2 * cornerUv[t + 5];
  const { size, texels } = skin;
  const sx = f.u * size - 0.5;
  const sy = (1 - f.v) * size - 0.5;
  const left = Math.min(size - 2, Math.max(0, Math.floor(sx)));
  const top = Math.min(size - 2, Math.max(0, Math.floor(sy)));
  const fx = Math.min(1, Math.max(0, sx - left));
  const fy = Math.min(1, Math.max(0, sy - top));
  const i = (top * size + left) * TEXEL;
  const below = i + size * TEXEL;
  const w00 = (1 - fx) * (1 - fy);
  const w10 = fx * (1 - fy);
  const w01 = (1 - fx) * fy;
  const w11 = fx * fy;
  f.albedoR = w00 * texels[i] + w10 * texels[i + TEXEL] + w01 * texels[below] + w11 * texels[below + TEXEL];
  f.albedoG =
    w00 * texels[i + 1] +
    w10 * texels[i + TEXEL + 1] +
    w01 * texels[below + 1] +
    w11 * texels[below + TEXEL + 1];
  f.albedoB =
    w00 * texels[i + 2] +
    w10 * texels[i + TEXEL + 2] +
    w01 * texels[below + 2] +
    w11 * texels[below + TEXEL + 2];
  f.gloss =
    w00 * texels[i + 3] +
    w10 * texels[i + TEXEL + 3] +
    w01 * texels[below + 3] +
    w11 * texels[below + TEXEL + 3];
  const h00 = texels[i + 4];
  const h10 = texels[i + TEXEL + 4];
  const h01 = texels[below + 4];
  const h11 = texels[below + TEXEL + 4];
  const slopeU = ((h10 - h00) * (1 - fy) + (h11 - h01) * fy) * size;
  const slopeV = -((h01 - h00) * (1 - fx) + (h11 - h10) * fx) * size;
  if (slopeU === 0 && slopeV === 0) return;

  if (slopes.triangle !== triangle) setGradients(slopes, subject.surface, positions, triangle);
  let bx = f.nx - slopeU * gradient[0] - slopeV * gradient[3];
  let by = f.ny - slopeU * gradient[1] - slopeV * gradient[4];
  let bz = f.nz - slopeU * gradient[2] - slopeV * gradient[5];
  const length = Math.sqrt(bx * bx + by * by + bz * bz) + 1e-12;
  bx /= length;
  by /= length;
  bz /= length;
  f.bx = bx;
  f.by = by;
  f.bz = bz;
}

/** Gradients of u and v on the posed triangle: the dual basis of its edges in its plane. */
function setGradients(
  slopes: TextureSlopes,
  surface: HeadSurface,
  positions: Float32Array,
  triangle: number,
): void {
  const { triangles, cornerUv } = surface;
  const a = triangles[triangle * 3] * 3;
  const b = triangles[triangle * 3 + 1] * 3;
  const c = triangles[triangle * 3 + 2] * 3;
  const t = triangle * 6;
  const ex = positions[b] - positions[a];
  const ey = positions[b + 1] - positions[a + 1];
  const ez = positions[b + 2] - positions[a + 2];
  const gx = positions[c] - positions[a];
  const gy = positions[c + 1] - positions[a + 1];
  const gz = positions[c + 2] - positions[a + 2];
  const ee = ex * ex + ey * ey + ez * ez;
  const gg = gx * gx + gy * gy + gz * gz;
  const eg = ex * gx + ey * gy + ez * gz;
  const determinant = ee * gg - eg * eg;
  slopes.triangle = triangle;
  if (determinant < 1e-22) {
    slopes.gradient.fill(0);
    return;
  }
  for (let axis = 0; axis < 2; axis++) {
    const de = cornerUv[t + 2 + axis] - cornerUv[t + axis];
    const dg = cornerUv[t + 4 + axis] - cornerUv[t + axis];
    const alongE = (de * gg - dg * eg) / determinant;
    const alongG = (dg * ee - de * eg) / determinant;
    slopes.gradient[axis * 3] = alongE * ex + alongG * gx;
    slopes.gradient[axis * 3 + 1] = alongE * ey + alongG * gy;
    slopes.gradient[axis * 3 + 2] = alongE * ez + alongG * gz;
  }
}

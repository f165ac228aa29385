import { smoothstep } from './colour.ts';
import { type DepthView, lightReaching } from './depth-view.ts';
import { bustPartOf } from './dressed-head.ts';
import { Fragment, faceCamera } from './fragment.ts';
import { clothShare, shadeGarment } from './garment.ts';
import { partIndex } from './head-surface.ts';
import { type EyePose, shadeEye } from './materials/eye.ts';
import { shadeMatte } from './materials/matte.ts';
import { shadeSkin } from './materials/skin.ts';
import { shadeToonSkin } from './materials/toon-skin.ts';
import { noise3 } from './noise.ts';
import type { OpeningShade } from './opening-shade.ts';
import type { SampleBuffer } from './rasterise.ts';
import type { RenderScene } from './scene.ts';
import { TEXEL } from './skin-texture.ts';

/** The head in the camera frame with all that its shading needs. */
export interface PosedSurface {
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  /** `[V]` open share of the sky. */
  readonly openness: Float32Array;
  readonly eyes: readonly EyePose[];
  /** What the key and the rim light see. */
  readonly shadows: DepthView;
  readonly rimShadows: DepthView;
  readonly openings: OpeningShade;
}

const MATERIAL = {
  skin: 0,
  mouth: 1,
  eyeLeft: 2,
  eyeRight: 3,
  teethUpper: 4,
  teethLower: 5,
  tongue: 6,
  bust: 7,
} as const;

/** State of the shading loop; one object, so that the functions below share it without closures. */
interface Shading {
  readonly scene: RenderScene;
  readonly posed: PosedSurface;
  readonly buffer: SampleBuffer;
  readonly materialOfPart: Uint8Array;
  readonly f: Fragment;
  /** Triangle whose texture gradients are held. */
  triangle: number;
  /** Width of a pixel on the bust, face frame. */
  readonly hemWidth: number;
  /** Change of u and of v a metre along the surface. */
  readonly gradient: Float64Array;
}

/**
 * Shades every covered sample into `colour`. Samples of a pixel that lie on one surface are shaded together, once;
 * at edges each one for itself.
 */
export function shadeSurface(
  scene: RenderScene,
  posed: PosedSurface,
  buffer: SampleBuffer,
  colour: Float32Array,
): void {
  const { width, height, samples } = scene;
  const { surface } = scene.subject;
  const shading: Shading = {
    scene,
    posed,
    buffer,
    materialOfPart: materials(scene),
    f: new Fragment(),
    triangle: -1,
    hemWidth: -scene.coefficients.translation[2] / scene.camera.focalPx / 0.063,
    gradient: new Float64Array(6),
  };
  const { f } = shading;
  const middle = samples >> 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const first = y * samples * buffer.width + x * samples;
      const pixel = y * width + x;
      if (isOneSurface(buffer, surface.parts, first, samples)) {
        const centre = first + middle * buffer.width + middle;
        if (buffer.triangle[centre] < 0) continue;
        shadeSample(shading, centre, pixel);
        for (let sy = 0; sy < samples; sy++) {
          for (let sx = 0; sx < samples; sx++) {
            const at = (first + sy * buffer.width + sx) * 3;
            colour[at] = f.r;
            colour[at + 1] = f.g;
            colour[at + 2] = f.b;
          }
        }
        continue;
      }
      for (let sy = 0; sy < samples; sy++) {
        for (let sx = 0; sx < samples; sx++) {
          const sample = first + sy * buffer.width + sx;
          if (buffer.triangle[sample] < 0) continue;
          shadeSample(shading, sample, pixel);
          colour[sample * 3] = f.r;
          colour[sample * 3 + 1] = f.g;
          colour[sample * 3 + 2] = f.b;
        }
      }
    }
  }
}

function materials(scene: RenderScene): Uint8Array {
  const { model } = scene.subject.surface;
  const out = new Uint8Array(256).fill(MATERIAL.skin);
  const names = [
    ['mouthBag', MATERIAL.mouth],
    ['eyeLeft', MATERIAL.eyeLeft],
    ['eyeRight', MATERIAL.eyeRight],
    ['teethUpper', MATERIAL.teethUpper],
    ['teethLower', MATERIAL.teethLower],
    ['tongue', MATERIAL.tongue],
  ] as const;
  for (const [name, material] of names) {
    const part = partIndex(model, name);
    if (part >= 0) out[part] = material;
  }
  out[bustPartOf(model)] = MATERIAL.bust;
  return out;
}

/** True when all samples of a pixel show the same part within 6 mm of depth, or nothing. */
function isOneSurface(buffer: SampleBuffer, parts: Uint8Array, first: number, samples: number): boolean {
  const triangle = buffer.triangle[first];
  const part = triangle < 0 ? -1 : parts[triangle];
  let least = buffer.nearness[first];
  let most = least;
  for (let sy = 0; sy < samples; sy++) {
    for (let sx = 0; sx < samples; sx++) {
      const sample = first + sy * buffer.width + sx;
      const other = buffer.triangle[sample];
      if ((other < 0 ? -1 : parts[other]) !== part) return false;
      const near = buffer.nearness[sample];
      if (near < least) least = near;
      if (near > most) most = near;
    }
  }
  // 1/d changes by 6 mm / d² over 6 mm.
  return part < 0 || most - least < 0.006 * most * most;
}

function shadeSample(shading: Shading, sample: number, pixel: number): void {
  const { scene, posed, buffer, f } = shading;
  const { subject, lights } = scene;
  const { surface } = subject;
  const triangle = buffer.triangle[sample];
  const i0 = surface.triangles[triangle * 3];
  const i1 = surface.triangles[triangle * 3 + 1];
  const i2 = surface.triangles[triangle * 3 + 2];
  const { positions, normals, openness } = posed;
  // Perspective-correct weights: screen weights over each corner's distance.
  let w0 = buffer.weight0[sample] / -positions[i0 * 3 + 2];
  let w1 = buffer.weight1[sample] / -positions[i1 * 3 + 2];
  let w2 = (1 - buffer.weight0[sample] - buffer.weight1[sample]) / -positions[i2 * 3 + 2];
  const sum = 1 / (w0 + w1 + w2);
  w0 *= sum;
  w1 *= sum;
  w2 *= sum;
  const a = i0 * 3;
  const b = i1 * 3;
  const c = i2 * 3;
  f.x = w0 * positions[a] + w1 * positions[b] + w2 * positions[c];
  f.y = w0 * positions[a + 1] + w1 * positions[b + 1] + w2 * positions[c + 1];
  f.z = w0 * positions[a + 2] + w1 * positions[b + 2] + w2 * positions[c + 2];
  let nx = w0 * normals[a] + w1 * normals[b] + w2 * normals[c];
  let ny = w0 * normals[a + 1] + w1 * normals[b + 1] + w2 * normals[c + 1];
  let nz = w0 * normals[a + 2] + w1 * normals[b + 2] + w2 * normals[c + 2];
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12;
  nx /= length;
  ny /= length;
  nz /= length;
  f.nx = f.bx = nx;
  f.ny = f.by = ny;
  f.nz = f.bz = nz;
  f.openness = w0 * openness[i0] + w1 * openness[i1] + w2 * openness[i2];
  faceCamera(f);

  const material = shading.materialOfPart[surface.parts[triangle]];
  // Rough surfaces hide the steps of the shadow picture under a bias along the normal.
  f.keyReach = lightReaching(
    posed.shadows,
    f.x + nx * 0.0012,
    f.y + ny * 0.0012,
    f.z + nz * 0.0012,
    0.0012,
    2,
  );
  // Only what turns towards the rim light needs to ask whether it arrives.
  const rim = lights.rim.direction;
  f.rimReach =
    nx * rim[0] + ny * rim[1] + nz * rim[2] < -0.35
      ? 0
      : lightReaching(posed.rimShadows, f.x + nx * 0.003, f.y + ny * 0.003, f.z + nz * 0.003, 0.002, 1);
  if (material === MATERIAL.skin || material === MATERIAL.bust) {
    const face = subject.facePoints;
    const faceX = w0 * face[a] + w1 * face[b] + w2 * face[c];
    const faceY = w0 * face[a + 1] + w1 * face[b + 1] + w2 * face[c + 1];
    const faceZ = w0 * face[a + 2] + w1 * face[b + 2] + w2 * face[c + 2];
    // Share of the sample under cloth: the hem is as wide as a sample of the picture.
    const cloth = faceY > -1.6 ? 0 : clothShare(subject.look.garment, faceX, faceY, faceZ, shading.hemWidth);
    if (cloth < 1) {
      readSkin(shading, triangle, w0, w1, w2);
      if (scene.style === 'toon') shadeToonSkin(f, lights);
      else shadeSkin(f, lights);
      if (cloth === 0) return;
    }
    const { r, g, b: blue } = f;
    f.bx = nx;
    f.by = ny;
    f.bz = nz;
    shadeGarment(f, lights, subject.look.garment, faceX, faceY, faceZ, subject.look.seed);
    f.r += (r - f.r) * (1 - cloth);
    f.g += (g - f.g) * (1 - cloth);
    f.b += (blue - f.b) * (1 - cloth);
    return;
  }
  if (material === MATERIAL.eyeLeft || material === MATERIAL.eyeRight) {
    const shade = (posed.openings.eyes[pixel] - 0.4) / 0.6;
    f.openness = 0.3 + 0.7 * Math.min(1, Math.max(0, shade));
    shadeEye(f, lights, posed.eyes[material - MATERIAL.eyeLeft], subject.look.eyes);
    return;
  }
  shadeMouth(shading, material, pixel, w0, w1, w2, a, b, c);
}

function shadeMouth(
  shading: Shading,
  material: number,
  pixel: number,
  w0: number,
  w1: number,
  w2: number,
  a: number,
  b: number,
  c: number,
): void {
  const { scene, posed, f } = shading;
  const face = scene.subject.facePoints;
  const faceX = w0 * face[a] + w1 * face[b] + w2 * face[c];
  const faceY = w0 * face[a + 1] + w1 * face[b + 1] + w2 * face[c + 1];
  const faceZ = w0 * face[a + 2] + w1 * face[b + 2] + w2 * face[c + 2];
  const shown = posed.openings.mouth[pixel];
  const tooth = material === MATERIAL.teethUpper || material === MATERIAL.teethLower;
  // Teeth stand right behind the lips, the rest further in: the lips' shade reaches less far over them.
  const edge = tooth ? smoothstep(0.04, 0.5, shown) : Math.min(1, Math.max(0, (shown - 0.25) / 0.75));
  const deep = smoothstep(tooth ? -0.5 : -0.75, tooth ? 0.2 : 0.35, faceZ);
  f.openness = (0.05 + 0.95 * edge) * (0.03 + 0.97 * deep * deep);
  f.keyReach = tooth
    ? Math.max(f.keyReach, 0.3) * edge * deep
    : f.keyReach * (0.05 + 0.95 * edge) * (0.15 + 0.85 * deep);
  if (material === MATERIAL.mouth) {
    f.albedoR = 0.22;
    f.albedoG = 0.045;
    f.albedoB = 0.04;
    f.openness *= 0.6;
    shadeMatte(f, scene.lights, 0.3, 0.25, 0.12);
  } else if (material === MATERIAL.tongue) {
    const groove = Math.exp(-((faceX / 0.035) ** 2));
    const bumps = noise3(faceX * 42, faceY * 42, faceZ * 42, 7);
    const shade = 1 - 0.2 * groove + 0.08 * bumps;
    f.albedoR = 0.5 * shade;
    f.albedoG = 0.17 * shade;
    f.albedoB = 0.16 * shade;
    shadeMatte(f, scene.lights, 0.35, 0.5, 0.12);
  } else {
    // Gums stand where the tooth ends: above the upper crowns, below the lower ones.
    const gum =
      material === MATERIAL.teethUpper
        ? smoothstep(-0.985, -0.955, faceY + 0.12 * Math.max(0, 0.3 - faceZ))
        : smoothstep(-1.3, -1.34, faceY + 0.1 * Math.max(0, 0.25 - faceZ));
    // The lower row lies in the shade of the upper one.
    const row = material === MATERIAL.teethLower ? 0.72 : 0.9;
    const ivory = row * (0.95 + 0.05 * noise3(faceX * 9, faceY * 6, 0, 11));
    f.albedoR = (0.78 + (0.42 - 0.78) * gum) * ivory;
    f.albedoG = (0.71 + (0.13 - 0.71) * gum) * ivory;
    f.albedoB = (0.58 + (0.12 - 0.58) * gum) * ivory;
    shadeMatte(f, scene.lights, 0.4, 0.6, 0.09);
  }
}

/** Albedo, gloss and relief from the skin texture, bilinear; relief tilts the fine normal (Blinn 1978). */
function readSkin(shading: Shading, triangle: number, w0: number, w1: number, w2: number): void {
  const { f, gradient } = shading;
  const { surface, skin } = shading.scene.subject;
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

  if (shading.triangle !== triangle) setGradients(shading, triangle);
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
function setGradients(shading: Shading, triangle: number): void {
  const { positions } = shading.posed;
  const { triangles, cornerUv } = shading.scene.subject.surface;
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
  shading.triangle = triangle;
  if (determinant < 1e-22) {
    shading.gradient.fill(0);
    return;
  }
  for (let axis = 0; axis < 2; axis++) {
    const de = cornerUv[t + 2 + axis] - cornerUv[t + axis];
    const dg = cornerUv[t + 4 + axis] - cornerUv[t + axis];
    const alongE = (de * gg - dg * eg) / determinant;
    const alongG = (dg * ee - de * eg) / determinant;
    shading.gradient[axis * 3] = alongE * ex + alongG * gx;
    shading.gradient[axis * 3 + 1] = alongE * ey + alongG * gy;
    shading.gradient[axis * 3 + 2] = alongE * ez + alongG * gz;
  }
}

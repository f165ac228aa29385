import type { HeadModel, HeadPart } from '../reenact/head/head-model.ts';
import { type DepthView, lightReaching } from './depth-view.ts';
import { Fragment, faceCamera } from './fragment.ts';
import { clothShare, shadeGarment } from './garment.ts';
import { partIndex } from './head-surface.ts';
import { type EyePose, shadeEye } from './materials/eye.ts';
import { PLAIN_MOUTH, shadeMouth } from './materials/mouth.ts';
import { shadeSkin } from './materials/skin.ts';
import { shadeToonSkin } from './materials/toon-skin.ts';
import type { OpeningShade } from './opening-shade.ts';
import type { SampleBuffer } from './rasterise.ts';
import type { RenderScene } from './scene.ts';
import { createTextureSlopes, readSkin, type TextureSlopes } from './skin-lookup.ts';

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

/** How each part of the head is shaded; the numbers index MATERIALS. */
const MATERIALS = [
  'skin',
  'mouthBag',
  'eyeLeft',
  'eyeRight',
  'teethUpper',
  'teethLower',
  'tongue',
] as const satisfies readonly HeadPart[];

/** State of the shading loop; one object, so that the functions below share it without closures. */
interface Shading {
  readonly scene: RenderScene;
  readonly posed: PosedSurface;
  readonly buffer: SampleBuffer;
  readonly materialOfPart: Uint8Array;
  readonly f: Fragment;
  readonly slopes: TextureSlopes;
  /** Samples of the key light's picture over which the edge of a shadow is soft. */
  readonly shadowReach: number;
  /** Width of a pixel on the bust, face frame. */
  readonly hemWidth: number;
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
    materialOfPart: materials(surface.model),
    f: new Fragment(),
    slopes: createTextureSlopes(),
    shadowReach: posed.shadows.buffer.width < 512 ? 1 : 2,
    hemWidth: -scene.coefficients.translation[2] / scene.camera.focalPx / 0.063,
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

/** Index into MATERIALS of each part number; the bust is skin, too. */
function materials(model: HeadModel): Uint8Array {
  const out = new Uint8Array(256);
  MATERIALS.forEach((name, i) => {
    const part = partIndex(model, name);
    if (part >= 0) out[part] = i;
  });
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

  const material = MATERIALS[shading.materialOfPart[surface.parts[triangle]]];
  // Rough surfaces hide the steps of the shadow picture under a bias along the normal.
  f.keyReach = lightReaching(
    posed.shadows,
    f.x + nx * 0.0012,
    f.y + ny * 0.0012,
    f.z + nz * 0.0012,
    0.0012,
    shading.shadowReach,
  );
  // Only what turns towards the rim light needs to ask whether it arrives.
  const rim = lights.rim.direction;
  f.rimReach =
    nx * rim[0] + ny * rim[1] + nz * rim[2] < -0.35
      ? 0
      : lightReaching(posed.rimShadows, f.x + nx * 0.003, f.y + ny * 0.003, f.z + nz * 0.003, 0.002, 1);
  if (material === 'eyeLeft' || material === 'eyeRight') {
    const shade = (posed.openings.eyes[pixel] - 0.4) / 0.6;
    f.openness = 0.3 + 0.7 * Math.min(1, Math.max(0, shade));
    shadeEye(f, lights, posed.eyes[material === 'eyeLeft' ? 0 : 1], subject.look.eyes);
    return;
  }
  const face = subject.facePoints;
  const faceX = w0 * face[a] + w1 * face[b] + w2 * face[c];
  const faceY = w0 * face[a + 1] + w1 * face[b + 1] + w2 * face[c + 1];
  const faceZ = w0 * face[a + 2] + w1 * face[b + 2] + w2 * face[c + 2];
  if (material !== 'skin') {
    const look = subject.look.mouth ?? PLAIN_MOUTH;
    shadeMouth(f, lights, material, look, posed.openings.mouth[pixel], faceX, faceY, faceZ);
    return;
  }
  // Share of the sample under cloth: the hem is as wide as a sample of the picture.
  const cloth = faceY > -1.6 ? 0 : clothShare(subject.look.garment, faceX, faceY, faceZ, shading.hemWidth);
  if (cloth < 1) {
    readSkin(f, subject, positions, shading.slopes, triangle, w0, w1, w2);
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
}

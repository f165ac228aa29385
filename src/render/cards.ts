import type { HeadCoefficients } from '../reenact/head/head-model.ts';
import { jointTransforms, TRANSFORM_SIZE } from '../reenact/head/joint-transforms.ts';
import { poseHead } from '../reenact/head/pose-head.ts';
import { vertexNormals } from '../reenact/head/vertex-normals.ts';
import { smoothstep } from './colour.ts';
import type { DepthView } from './depth-view.ts';
import { projectToScreen } from './geometry.ts';
import { lightHair, type Strands } from './hair-light.ts';
import { type HairTexture, hairTextureOf } from './hair-texture.ts';
import { partIndex } from './head-surface.ts';
import { noise3 } from './noise.ts';
import { createSampleBuffer, rasterise, type SampleBuffer, type SampleTest } from './rasterise.ts';
import type { RenderScene } from './scene.ts';
import { headMiddle, outwards, placeBound, type Subject } from './subject.ts';

/** Textured two-sided surface with holes: hair, lashes. */
export interface Card extends Strands {
  readonly kind: 'hair' | 'lashes';
  /** `[n]` share of each vertex that the scissors left, 0..1; null where nothing is cut. */
  readonly kept: Float32Array | null;
  readonly triangles: Uint32Array;
  /** `[F, 3, 2]` v up. */
  readonly cornerUv: Float32Array;
  readonly texture: HairTexture;
  /** For shadows: where the picture is denser than 0.4. */
  readonly isSolid: SampleTest;
}

/** Styles whose pictures are too coarse to show strands: these are drawn along v on top. */
const DRAWN_STRANDS: Readonly<Record<string, number>> = { long01: 0.45, bob02: 0.4 };

const hairUv = new WeakMap<object, Float32Array>();

export function hairCard(subject: Subject, coefficients: HeadCoefficients): Card | null {
  const { hair, shaped } = subject;
  if (hair === null) return null;
  // Hair follows the skull: brows and jaw would make it twitch.
  const theta = Float32Array.from(coefficients.theta);
  theta.fill(0, 6);
  const still = { ...coefficients, psi: new Float32Array(0), theta };
  const transforms = jointTransforms(shaped.joints, theta);
  const neck = TRANSFORM_SIZE;
  const turn = [0, 1, 2, 4, 5, 6, 8, 9, 10].map((i) => transforms[neck + i]);
  const positions = placeBound(hair, poseHead(shaped, still), turn);
  const normals = vertexNormals(positions, hair.triangles);
  const restCentre = headMiddle(shaped);
  const middle = [0, 1, 2].map(
    (k) =>
      transforms[neck + k * 4] * restCentre[0] +
      transforms[neck + k * 4 + 1] * restCentre[1] +
      transforms[neck + k * 4 + 2] * restCentre[2] +
      transforms[neck + k * 4 + 3] +
      coefficients.translation[k],
  );
  outwards(positions, normals, middle);
  let cornerUv = hairUv.get(hair);
  if (cornerUv === undefined) {
    cornerUv = new Float32Array(hair.triangles.length * 2);
    for (let i = 0; i < hair.triangles.length; i++) {
      cornerUv[i * 2] = hair.uv[hair.triangles[i] * 2];
      cornerUv[i * 2 + 1] = hair.uv[hair.triangles[i] * 2 + 1];
    }
    hairUv.set(hair, cornerUv);
  }
  const texture = hairTextureOf(hair.texture);
  return {
    kind: 'hair',
    positions,
    normals,
    strands: strandDirections(positions, normals, middle),
    openness: subject.hairOpenness,
    kept: subject.hairKept,
    triangles: hair.triangles,
    cornerUv,
    texture,
    isSolid: solidTest(texture, cornerUv, hair.triangles, subject.hairKept),
  };
}

/** Lashes of the head model itself, drawn in the picture of the look files. */
export function lashCard(subject: Subject, posed: Float32Array): Card | null {
  const { model } = subject.surface;
  const part = partIndex(model, 'lashes');
  if (part < 0 || subject.lashTexture === null || model.cornerUv === null) return null;
  let kept = lashTriangles.get(model);
  if (kept === undefined) {
    const triangles: number[] = [];
    const uv: number[] = [];
    for (let f = 0; f < model.triangleCount; f++) {
      if (model.triangleParts[f] !== part) continue;
      triangles.push(...model.triangles.subarray(f * 3, f * 3 + 3));
      uv.push(...model.cornerUv.subarray(f * 6, f * 6 + 6));
    }
    kept = { triangles: Uint32Array.from(triangles), cornerUv: Float32Array.from(uv) };
    lashTriangles.set(model, kept);
  }
  const texture = hairTextureOf(subject.lashTexture);
  return {
    kind: 'lashes',
    positions: posed,
    normals: posed,
    strands: null,
    openness: null,
    kept: null,
    ...kept,
    texture,
    isSolid: solidTest(texture, kept.cornerUv, kept.triangles, null),
  };
}

const lashTriangles = new WeakMap<object, { triangles: Uint32Array; cornerUv: Float32Array }>();

function solidTest(
  texture: HairTexture,
  cornerUv: Float32Array,
  triangles: Uint32Array,
  kept: Float32Array | null,
): SampleTest {
  return (triangle, weight0, weight1) => {
    const weight2 = 1 - weight0 - weight1;
    if (kept !== null) {
      const t = triangle * 3;
      const left =
        weight0 * kept[triangles[t]] + weight1 * kept[triangles[t + 1]] + weight2 * kept[triangles[t + 2]];
      if (left < 0.5) return false;
    }
    const t = triangle * 6;
    const u = weight0 * cornerUv[t] + weight1 * cornerUv[t + 2] + weight2 * cornerUv[t + 4];
    const v = weight0 * cornerUv[t + 1] + weight1 * cornerUv[t + 3] + weight2 * cornerUv[t + 5];
    const x = Math.min(texture.width - 1, Math.max(0, (u * texture.width) | 0));
    const y = Math.min(texture.height - 1, Math.max(0, ((1 - v) * texture.height) | 0));
    return texture.alpha[y * texture.width + x] > 0.4;
  };
}

/** Strands flow over the skull away from the crown and then hang. */
function strandDirections(
  positions: Float32Array,
  normals: Float32Array,
  middle: readonly number[],
): Float32Array {
  const out = new Float32Array(positions.length);
  for (let i = 0; i < out.length; i += 3) {
    let dx = positions[i] - middle[0];
    let dy = -0.06;
    let dz = positions[i + 2] - middle[2];
    const along = dx * normals[i] + dy * normals[i + 1] + dz * normals[i + 2];
    dx -= along * normals[i];
    dy -= along * normals[i + 1];
    dz -= along * normals[i + 2];
    const length = Math.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9;
    out[i] = dx / length;
    out[i + 1] = dy / length;
    out[i + 2] = dz / length;
  }
  return out;
}

/**
 * Draws a card over what is there: triangles from back to front, each sample blended by the picture's alpha. Light is
 * computed a vertex, detail comes from the picture.
 */
export function blendCards(
  scene: RenderScene,
  card: Card,
  shadows: DepthView,
  behind: SampleBuffer,
  colour: Float32Array,
): void {
  // Of coarse hair one sample stands for a whole pixel, a block of samples.
  const block = card.kind === 'hair' && scene.coarseHair === true ? scene.samples : 1;
  const screen = projectToScreen(card.positions, scene.camera, scene.samples / block);
  const shades = card.kind === 'hair' ? lightHair(scene, card, shadows) : null;
  const order = backToFront(card, screen);
  const look = scene.subject.look;
  const tint = card.kind === 'hair' ? look.hair.colour : look.lashes.colour;
  const strength = card.kind === 'hair' ? 1 : look.lashes.density * 0.75;
  const strands = card.kind === 'hair' ? (DRAWN_STRANDS[look.hair.style ?? ''] ?? 0) : 0;
  const { cornerUv, texture, kept } = card;
  const { width: tw, height: th, alpha, tone } = texture;
  // A scratch view of the same depth: cards hide behind the head, not behind each other.
  const width = behind.width / block;
  const scratch: SampleBuffer = {
    ...createSampleBuffer(0, 0),
    width,
    height: behind.height / block,
    nearness: middleNearness(behind, block),
  };
  const blend = (sample: number, covered: number, r: number, g: number, b: number): void => {
    const row = Math.trunc(sample / width);
    const first = (row * behind.width + sample - row * width) * block;
    for (let sy = 0; sy < block; sy++)
      for (let at = (first + sy * behind.width) * 3, sx = 0; sx < block; sx++, at += 3) {
        colour[at] += (r - colour[at]) * covered;
        colour[at + 1] += (g - colour[at + 1]) * covered;
        colour[at + 2] += (b - colour[at + 2]) * covered;
      }
  };
  const sorted = new Uint32Array(card.triangles.length);
  for (let i = 0; i < order.length; i++)
    sorted.set(card.triangles.subarray(order[i] * 3, order[i] * 3 + 3), i * 3);
  rasterise(scratch, screen, sorted, 0, 0, (triangle, weight0, weight1, sample) => {
    const t = order[triangle] * 6;
    const i0 = sorted[triangle * 3];
    const i1 = sorted[triangle * 3 + 1];
    const i2 = sorted[triangle * 3 + 2];
    const weight2 = 1 - weight0 - weight1;
    const u = weight0 * cornerUv[t] + weight1 * cornerUv[t + 2] + weight2 * cornerUv[t + 4];
    const v = weight0 * cornerUv[t + 1] + weight1 * cornerUv[t + 3] + weight2 * cornerUv[t + 5];
    const sx = Math.min(tw - 1.001, Math.max(0, u * tw - 0.5));
    const sy = Math.min(th - 1.001, Math.max(0, (1 - v) * th - 0.5));
    const left = sx | 0;
    const top = sy | 0;
    const fx = sx - left;
    const fy = sy - top;
    const p = top * tw + left;
    let covered =
      strength *
      ((alpha[p] * (1 - fx) + alpha[p + 1] * fx) * (1 - fy) +
        (alpha[p + tw] * (1 - fx) + alpha[p + tw + 1] * fx) * fy);
    if (covered < 0.02) return false;
    if (shades === null) {
      blend(sample, covered, tint[0], tint[1], tint[2]);
      return false;
    }
    if (kept !== null) {
      const left = weight0 * kept[i0] + weight1 * kept[i1] + weight2 * kept[i2];
      // Strands end at their own heights.
      covered *= smoothstep(0.42, 0.58, left + 0.25 * (tone[p] - 1));
      if (covered < 0.02) return false;
    }
    let bright =
      (tone[p] * (1 - fx) + tone[p + 1] * fx) * (1 - fy) +
      (tone[p + tw] * (1 - fx) + tone[p + tw + 1] * fx) * fy;
    if (strands > 0)
      bright *=
        1 + strands * noise3(u * 420, v * 9, 0.5, 5) + 0.5 * strands * noise3(u * 1100, v * 16, 1.5, 6);
    const a = i0 * 6;
    const b = i1 * 6;
    const c = i2 * 6;
    const r = (weight0 * shades[a] + weight1 * shades[b] + weight2 * shades[c]) * bright * tint[0];
    const g =
      (weight0 * shades[a + 1] + weight1 * shades[b + 1] + weight2 * shades[c + 1]) * bright * tint[1];
    const bl =
      (weight0 * shades[a + 2] + weight1 * shades[b + 2] + weight2 * shades[c + 2]) * bright * tint[2];
    const shine = bright * bright;
    blend(
      sample,
      covered,
      r + shine * (weight0 * shades[a + 3] + weight1 * shades[b + 3] + weight2 * shades[c + 3]),
      g + shine * (weight0 * shades[a + 4] + weight1 * shades[b + 4] + weight2 * shades[c + 4]),
      bl + shine * (weight0 * shades[a + 5] + weight1 * shades[b + 5] + weight2 * shades[c + 5]),
    );
    return false;
  });
}

/** Nearness of the middle of each block of samples, a copy. */
function middleNearness({ width, height, nearness }: SampleBuffer, block: number): Float32Array {
  if (block === 1) return Float32Array.from(nearness);
  const out = new Float32Array((width / block) * (height / block));
  for (let y = block >> 1, at = 0; y < height; y += block)
    for (let x = block >> 1; x < width; x += block) out[at++] = nearness[y * width + x];
  return out;
}

function backToFront(card: Card, screen: Float32Array): Uint32Array {
  const count = card.triangles.length / 3;
  const near = new Float32Array(count);
  for (let f = 0; f < count; f++) {
    for (let k = 0; k < 3; k++) near[f] += screen[card.triangles[f * 3 + k] * 3 + 2];
  }
  return Uint32Array.from({ length: count }, (_, f) => f).sort((a, b) => near[a] - near[b]);
}

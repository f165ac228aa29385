import type { RgbaImage } from '../reenact/frame.ts';
import type { HeadCoefficients } from '../reenact/head/head-model.ts';
import { jointTransforms, TRANSFORM_SIZE } from '../reenact/head/joint-transforms.ts';
import { poseHead } from '../reenact/head/pose-head.ts';
import { decodeCode, smoothstep } from './colour.ts';
import { type DepthView, lightReaching } from './depth-view.ts';
import { projectToScreen, vertexNormals } from './geometry.ts';
import { partIndex } from './head-surface.ts';
import { createSampleBuffer, rasterise, type SampleBuffer, type SampleTest } from './rasterise.ts';
import type { RenderScene } from './scene.ts';
import { headMiddle, outwards, placeBound, type Subject } from './subject.ts';

/** Textured two-sided surface with holes: hair, lashes. */
export interface Card {
  readonly kind: 'hair' | 'lashes';
  /** `[n, 3]` camera frame. */
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  /** `[n, 3]` unit direction of the strands; null where it does not matter. */
  readonly strands: Float32Array | null;
  readonly openness: Float32Array | null;
  /** `[n]` share of each vertex that the scissors left, 0..1; null where nothing is cut. */
  readonly kept: Float32Array | null;
  readonly triangles: Uint32Array;
  /** `[F, 3, 2]` v up. */
  readonly cornerUv: Float32Array;
  readonly texture: HairTexture;
  /** For shadows: where the picture is denser than 0.4. */
  readonly isSolid: SampleTest;
}

/** Alpha and relative brightness of a hair picture; its own colour is dropped for the person's. */
export interface HairTexture {
  readonly width: number;
  readonly height: number;
  readonly alpha: Float32Array;
  /** Brightness over the mean of the opaque part. */
  readonly tone: Float32Array;
}

const textures = new WeakMap<RgbaImage, HairTexture>();
const hairUv = new WeakMap<object, Float32Array>();

export function hairTextureOf(image: RgbaImage): HairTexture {
  let texture = textures.get(image);
  if (texture !== undefined) return texture;
  const count = image.width * image.height;
  const alpha = new Float32Array(count);
  const tone = new Float32Array(count);
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < count; i++) {
    const p = i * 4;
    alpha[i] = image.data[p + 3] / 255;
    tone[i] =
      0.3 * decodeCode(image.data[p]) +
      0.6 * decodeCode(image.data[p + 1]) +
      0.1 * decodeCode(image.data[p + 2]);
    sum += alpha[i] * tone[i];
    weight += alpha[i];
  }
  const mean = Math.max(1e-4, sum / Math.max(1, weight));
  // Compressed: pictures with strong painted highlights and nearly black ones come out alike.
  for (let i = 0; i < count; i++) tone[i] = Math.min(1.9, (tone[i] / mean) ** 0.6);
  texture = { width: image.width, height: image.height, alpha, tone };
  textures.set(image, texture);
  return texture;
}

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
  const screen = projectToScreen(card.positions, scene.camera, scene.samples);
  const shades = card.kind === 'hair' ? lightHair(scene, card, shadows) : null;
  const order = backToFront(card, screen);
  const look = scene.subject.look;
  const tint = card.kind === 'hair' ? look.hair.colour : look.lashes.colour;
  const strength = card.kind === 'hair' ? 1 : look.lashes.density * 0.75;
  const { cornerUv, texture, kept } = card;
  const { width: tw, height: th, alpha, tone } = texture;
  // A scratch view of the same depth: cards hide behind the head, not behind each other.
  const depth = Float32Array.from(behind.nearness);
  const scratch: SampleBuffer = {
    ...createSampleBuffer(0, 0),
    width: behind.width,
    height: behind.height,
    nearness: depth,
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
    const at = sample * 3;
    if (shades === null) {
      colour[at] += (tint[0] - colour[at]) * covered;
      colour[at + 1] += (tint[1] - colour[at + 1]) * covered;
      colour[at + 2] += (tint[2] - colour[at + 2]) * covered;
      return false;
    }
    if (kept !== null) {
      const left = weight0 * kept[i0] + weight1 * kept[i1] + weight2 * kept[i2];
      // Strands end at their own heights.
      covered *= smoothstep(0.42, 0.58, left + 0.25 * (tone[p] - 1));
      if (covered < 0.02) return false;
    }
    const bright =
      (tone[p] * (1 - fx) + tone[p + 1] * fx) * (1 - fy) +
      (tone[p + tw] * (1 - fx) + tone[p + tw + 1] * fx) * fy;
    const a = i0 * 6;
    const b = i1 * 6;
    const c = i2 * 6;
    const r = (weight0 * shades[a] + weight1 * shades[b] + weight2 * shades[c]) * bright * tint[0];
    const g =
      (weight0 * shades[a + 1] + weight1 * shades[b + 1] + weight2 * shades[c + 1]) * bright * tint[1];
    const bl =
      (weight0 * shades[a + 2] + weight1 * shades[b + 2] + weight2 * shades[c + 2]) * bright * tint[2];
    const shine = bright * bright;
    colour[at] +=
      (r +
        shine * (weight0 * shades[a + 3] + weight1 * shades[b + 3] + weight2 * shades[c + 3]) -
        colour[at]) *
      covered;
    colour[at + 1] +=
      (g +
        shine * (weight0 * shades[a + 4] + weight1 * shades[b + 4] + weight2 * shades[c + 4]) -
        colour[at + 1]) *
      covered;
    colour[at + 2] +=
      (bl +
        shine * (weight0 * shades[a + 5] + weight1 * shades[b + 5] + weight2 * shades[c + 5]) -
        colour[at + 2]) *
      covered;
    return false;
  });
}

function backToFront(card: Card, screen: Float32Array): Uint32Array {
  const count = card.triangles.length / 3;
  const near = new Float32Array(count);
  for (let f = 0; f < count; f++) {
    for (let k = 0; k < 3; k++) near[f] += screen[card.triangles[f * 3 + k] * 3 + 2];
  }
  return Uint32Array.from({ length: count }, (_, f) => f).sort((a, b) => near[a] - near[b]);
}

/**
 * `[n, 6]` light on each hair vertex: diffuse factor and highlight, after Kajiya and Kay ("Rendering Fur with Three
 * Dimensional Textures", SIGGRAPH 1989) with Marschner's two shifted highlights, one white and one of the hair's colour.
 */
function lightHair(scene: RenderScene, card: Card, shadows: DepthView): Float32Array {
  const { positions, normals, strands, openness } = card;
  const { lights } = scene;
  const { hair } = scene.subject.look;
  const count = positions.length / 3;
  const out = new Float32Array(count * 6);
  for (let v = 0, p = 0, o = 0; v < count; v++, p += 3, o += 6) {
    const open = openness === null ? 1 : openness[v];
    const x = positions[p];
    const y = positions[p + 1];
    const z = positions[p + 2];
    const reach = lightReaching(
      shadows,
      x + normals[p] * 0.004,
      y + normals[p + 1] * 0.004,
      z + normals[p + 2] * 0.004,
      0.004,
      3,
    );
    const away = 1 / Math.sqrt(x * x + y * y + z * z);
    const up = 0.5 + 0.5 * normals[p + 1];
    const ambient = 0.25 + 0.75 * open;
    for (let k = 0; k < 3; k++)
      out[o + k] = 0.8 * ambient * (lights.ground[k] + (lights.sky[k] - lights.ground[k]) * up);
    for (let i = 0; i < 3; i++) {
      const light = i === 0 ? lights.key : i === 1 ? lights.fill : lights.rim;
      const arrives = i === 0 ? 0.25 + 0.75 * reach : 0.35 + 0.65 * open;
      const [lx, ly, lz] = light.direction;
      const cosine = normals[p] * lx + normals[p + 1] * ly + normals[p + 2] * lz;
      const wrap = Math.max(0, (cosine + 0.45) / 1.45);
      let sx = strands === null ? 0 : strands[p];
      let sy = strands === null ? 1 : strands[p + 1];
      let sz = strands === null ? 0 : strands[p + 2];
      const along = sx * lx + sy * ly + sz * lz;
      const across = Math.sqrt(Math.max(0, 1 - along * along));
      const diffuse = arrives * wrap * (0.35 + 0.65 * across);
      let hx = lx - x * away;
      let hy = ly - y * away;
      let hz = lz - z * away;
      const length = Math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9;
      hx /= length;
      hy /= length;
      hz /= length;
      // The two highlights sit up and down the strand.
      const shift = 0.09;
      sx += normals[p] * shift;
      sy += normals[p + 1] * shift;
      sz += normals[p + 2] * shift;
      const t1 = sx * hx + sy * hy + sz * hz;
      const t2 = t1 - 2.6 * shift * (normals[p] * hx + normals[p + 1] * hy + normals[p + 2] * hz);
      const white = Math.max(0, 1 - t1 * t1) ** 36;
      const tinted = Math.max(0, 1 - t2 * t2) ** 10;
      const shine = hair.gloss * arrives * Math.min(1, wrap * 1.6);
      for (let k = 0; k < 3; k++) {
        out[o + k] += light.colour[k] * diffuse;
        out[o + 3 + k] += light.colour[k] * shine * (0.1 * white + 0.75 * tinted * hair.colour[k]);
      }
    }
  }
  return out;
}

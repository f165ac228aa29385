import type { RgbaImage } from '../reenact/frame.ts';
import { decodeCode } from './colour.ts';

/** Alpha and relative brightness of a hair picture; its own colour is dropped for the person's. */
export interface HairTexture {
  readonly width: number;
  readonly height: number;
  readonly alpha: Float32Array;
  /** Brightness over the mean of the opaque part. */
  readonly tone: Float32Array;
}

const textures = new WeakMap<RgbaImage, HairTexture>();

/** The picture as alpha and tone; kept as long as the picture is. */
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
  // Highlights are painted into the pictures, strongly into some: all are brought to the same moderate contrast.
  let spread = 0;
  for (let i = 0; i < count; i++) {
    tone[i] = Math.log(Math.max(0.02, tone[i] / mean));
    spread += alpha[i] * tone[i] * tone[i];
  }
  const power = Math.min(0.6, 0.32 / Math.sqrt(1e-6 + spread / Math.max(1, weight)));
  for (let i = 0; i < count; i++) tone[i] = Math.min(1.9, Math.exp(power * tone[i]));
  texture = { width: image.width, height: image.height, alpha, tone };
  textures.set(image, texture);
  return texture;
}

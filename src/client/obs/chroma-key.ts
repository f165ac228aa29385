/**
 * Keying by chroma (the Cb/Cr plane of BT.601): distance from the key colour gives the alpha, with soft edges; what
 * remains of the key's hue near the edge is taken out of the foreground. The same constants run in the shader;
 * `keyPixel` is the plain form of it, for tests.
 */

/** Distances in the Cb/Cr plane, where each axis spans 1. Up to `TRANSPARENT` nothing is left, from `OPAQUE` on all. */
export const TRANSPARENT = 0.1;
export const OPAQUE = 0.24;
/** Up to this distance the key's hue counts as spill. */
export const SPILL_REACH = 0.34;

export type Rgb = readonly [red: number, green: number, blue: number];

/** @param hex `#rrggbb` @returns 0..1 each; black where it is no such colour */
export function parseColour(hex: string): Rgb {
  const match = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(hex);
  if (!match) return [0, 0, 0];
  return [1, 2, 3].map((i) => Number.parseInt(match[i], 16) / 255) as unknown as Rgb;
}

/** Cb and Cr of BT.601, -0.5..0.5. */
export function chroma([r, g, b]: Rgb): readonly [number, number] {
  return [-0.168736 * r - 0.331264 * g + 0.5 * b, 0.5 * r - 0.418688 * g - 0.081312 * b];
}

export function luma([r, g, b]: Rgb): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

function smoothstep(low: number, high: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** @returns foreground colour (not multiplied) and alpha, 0..1 each */
export function keyPixel(pixel: Rgb, key: Rgb): { colour: Rgb; alpha: number } {
  const [cb, cr] = chroma(pixel);
  const [keyCb, keyCr] = chroma(key);
  const distance = Math.hypot(cb - keyCb, cr - keyCr);
  const alpha = smoothstep(TRANSPARENT, OPAQUE, distance);
  const keyLength = Math.hypot(keyCb, keyCr) || 1;
  const [u, v] = [keyCb / keyLength, keyCr / keyLength];
  const spill = Math.max(0, cb * u + cr * v) * (1 - smoothstep(OPAQUE, SPILL_REACH, distance));
  return { colour: toRgb(luma(pixel), cb - u * spill, cr - v * spill), alpha };
}

function toRgb(y: number, cb: number, cr: number): Rgb {
  const bound = (x: number) => Math.min(1, Math.max(0, x));
  return [bound(y + 1.402 * cr), bound(y - 0.344136 * cb - 0.714136 * cr), bound(y + 1.772 * cb)];
}

/** `keyPixel` for the GPU; the result is multiplied by its alpha, as canvases want it. */
export const KEY_SHADER = `#version 300 es
precision highp float;
uniform sampler2D picture;
uniform vec3 key;
in vec2 at;
out vec4 result;
vec2 chroma(vec3 c) {
  return vec2(dot(c, vec3(-0.168736, -0.331264, 0.5)), dot(c, vec3(0.5, -0.418688, -0.081312)));
}
void main() {
  vec3 pixel = texture(picture, at).rgb;
  vec2 c = chroma(pixel);
  vec2 k = chroma(key);
  float distance = length(c - k);
  float alpha = smoothstep(${TRANSPARENT.toFixed(3)}, ${OPAQUE.toFixed(3)}, distance);
  vec2 axis = k / max(length(k), 0.0001);
  float near = 1.0 - smoothstep(${OPAQUE.toFixed(3)}, ${SPILL_REACH.toFixed(3)}, distance);
  c -= axis * max(0.0, dot(c, axis)) * near;
  float y = dot(pixel, vec3(0.299, 0.587, 0.114));
  vec3 clean = vec3(y + 1.402 * c.y, y - 0.344136 * c.x - 0.714136 * c.y, y + 1.772 * c.x);
  result = vec4(clamp(clean, 0.0, 1.0) * alpha, alpha);
}`;

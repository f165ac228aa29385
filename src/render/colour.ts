/** Linear-light RGB, 0 is black and 1 is diffuse white. */
export type Rgb = readonly [number, number, number];

const DECODE = Float32Array.from({ length: 256 }, (_, code) => srgbToLinear(code / 255));
const ENCODE_STEPS = 8192;
const ENCODE = Uint8Array.from({ length: ENCODE_STEPS + 1 }, (_, step) =>
  Math.round(255 * linearToSrgb((step / ENCODE_STEPS) ** 2)),
);

/** IEC 61966-2-1 decoding of one channel, 0..1. */
export function srgbToLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** IEC 61966-2-1 encoding of one channel, 0..1. */
export function linearToSrgb(value: number): number {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
}

/** Linear value of an 8-bit sRGB code. */
export function decodeCode(code: number): number {
  return DECODE[code];
}

/** 8-bit sRGB code of a linear value; clips. */
export function encodeLinear(value: number): number {
  // The table is spaced in the square root, so that shadows keep their steps.
  const clipped = Math.min(1, Math.max(0, value));
  return ENCODE[(Math.sqrt(clipped) * ENCODE_STEPS + 0.5) | 0];
}

/** `#rrggbb` in sRGB to linear light. */
export function hex(code: string): Rgb {
  const value = Number.parseInt(code.slice(1), 16);
  return [DECODE[(value >> 16) & 255], DECODE[(value >> 8) & 255], DECODE[value & 255]];
}

export function mixRgb(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

export function scaleRgb(a: Rgb, factor: number): Rgb {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function smoothstep(low: number, high: number, x: number): number {
  const t = (x - low) / (high - low);
  const clipped = Math.min(1, Math.max(0, t));
  return clipped * clipped * (3 - 2 * clipped);
}

/**
 * Film-like curve of one channel: straight up to mid grey, a soft shoulder above it (Hable's piecewise idea with one
 * rational segment), so that faces keep their contrast and highlights do not clip.
 */
export function toneMap(value: number): number {
  const knee = 0.6;
  if (value <= knee) return Math.max(0, value);
  const over = (value - knee) / (1 - knee);
  return knee + (1 - knee) * (over / (1 + over * 0.75)) * 0.98;
}

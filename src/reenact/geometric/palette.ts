import type { EyeLayer } from './eye-layer.ts';
import type { MouthPalette } from './interior.ts';
import { pixelAt } from './numeric.ts';

/** Red of the lips away from their edges, and skin of cheeks and forehead. */
const LIP_BODY = [12, 38, 268, 15, 16, 85, 315, 86, 316];
const LIT_SKIN = [50, 280, 101, 330, 151, 9];

/**
 * Colours for the inside of the mouth from what the portrait shows of its light and paint: teeth from the white of
 * the eyes, flesh from the lips.
 *
 * @param portrait `[size, size, 3]` 0..255
 * @param landmarks `[478, 3]` pixels
 */
export function mouthPalette(
  portrait: Float32Array,
  size: number,
  landmarks: Float32Array,
  eyes: readonly EyeLayer[],
): MouthPalette {
  const lips = meanOf(portrait, size, landmarks, LIP_BODY);
  const skin = meanOf(portrait, size, landmarks, LIT_SKIN);
  const white = brightestWhite(eyes);
  // A white in shadow would give grey teeth, one brighter than the lit skin would glow.
  const light = Math.min(
    1.15 * brightness(skin),
    Math.max(1.05 * brightness(white), 1.06 * brightness(skin)),
  );
  const tint = [0, 1, 2].map(
    (k) =>
      0.2 * (white[k] / brightness(white)) + 0.5 * (skin[k] / brightness(skin)) + 0.3 * [1.03, 1, 0.9][k],
  );
  // A green iris or a blue shadow in the white must not colour the teeth: they are never less red than green, nor
  // less green than blue.
  tint[1] = Math.min(tint[1], 0.99 * tint[0]);
  tint[2] = Math.min(tint[2], 0.97 * tint[1]);
  const teeth = tint.map((share) => Math.min(250, light * share));
  const flesh = lips.map((level, k) => level * [0.95, 0.82, 0.84][k]);
  const gum = lips.map((level, k) => level * [0.92, 0.74, 0.78][k]);
  return { teeth, gum, tongue: flesh, cavity: lips.map((level, k) => level * [0.2, 0.13, 0.13][k] + 4) };
}

function brightness(color: readonly number[]): number {
  return Math.max(1, 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2]);
}

function meanOf(
  portrait: Float32Array,
  size: number,
  landmarks: Float32Array,
  chosen: readonly number[],
): number[] {
  const pixels = chosen.map((i) => pixelAt(landmarks[i * 3], landmarks[i * 3 + 1], size) * 3);
  return [0, 1, 2].map((k) => pixels.reduce((sum, p) => sum + portrait[p + k], 0) / pixels.length);
}

/** Mean of the brighter half of the eyes' white between the lids. */
function brightestWhite(eyes: readonly EyeLayer[]): number[] {
  const levels: number[][] = [];
  for (const { white, mask } of eyes)
    for (let y = mask.top; y < mask.bottom; y++)
      for (let x = mask.left; x < mask.right; x++) {
        if (mask.data[(y - mask.top) * (mask.right - mask.left) + x - mask.left] < 0.9) continue;
        const p = ((y - white.top) * white.width + x - white.left) * 3;
        levels.push([white.rgb[p], white.rgb[p + 1], white.rgb[p + 2]]);
      }
  if (levels.length === 0) return [225, 218, 205];
  levels.sort((a, b) => brightness(b) - brightness(a));
  const half = levels.slice(0, Math.ceil(levels.length / 2));
  return [0, 1, 2].map((k) => half.reduce((sum, level) => sum + level[k], 0) / half.length);
}

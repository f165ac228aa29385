import type { RgbaImage } from '../frame.ts';
import { DEFORMATION_CHANNELS, DRIVER_MAP_CHANNELS } from './driver-map.ts';
import { ENCODING_RAD_PER_M, OCTAVES } from './position-encoding.ts';

/** Deformation that glows at 1 − e⁻² of full strength, metres: about a mouth corner in a wide smile. */
const BRIGHT_M = 0.009;
const BACKGROUND = [13, 14, 20];
const GLOW = [255, 204, 112];
/** Light from above the subject's right shoulder, fixed to the head. */
const LIGHT = [-0.35, 0.5, 0.79];
/** Neighbouring pixels farther apart than this on the neutral surface lie on different folds of it. */
const FOLD_M = 0.03;
/** Of pixels that stand alone. */
const FLAT_SHADE = 0.65;

/**
 * A driver map for the eye. Colour is the encoding: octaves 1 and 2 of x, y and z as red, green and blue, with the
 * crests of octave 5 engraved as lines, and relief from the positions themselves (octave 0). Light is the deformation:
 * where expression moves the surface it glows by the magnitude of B_E ψ.
 *
 * @param map `[45, size, size]`
 */
export function driverMapPicture(map: Float32Array, size: number): RgbaImage {
  const plane = size * size;
  if (map.length !== DRIVER_MAP_CHANNELS * plane)
    throw new RangeError(
      `a driver map of ${size}² has ${DRIVER_MAP_CHANNELS * plane} values, not ${map.length}`,
    );
  const data = new Uint8Array(plane * 4);
  const place = places(map, plane);
  for (let pixel = 0; pixel < plane; pixel++) {
    const at = pixel * 4;
    data[at + 3] = 255;
    if (!isCovered(map, pixel, plane)) {
      for (let c = 0; c < 3; c++) data[at + c] = BACKGROUND[c];
      continue;
    }
    const moved = Math.sqrt(map[pixel] ** 2 + map[pixel + plane] ** 2 + map[pixel + 2 * plane] ** 2);
    const glow = moved === 0 ? 0 : 1 - Math.exp((-2 * moved) / BRIGHT_M);
    const shade = relief(map, place, pixel, size) * engraving(map, pixel, plane);
    for (let c = 0; c < 3; c++) {
      const colour = 0.5 + 0.3 * sine(map, c, 1, pixel, plane) + 0.12 * sine(map, c, 2, pixel, plane);
      const lit = (1 - glow) * colour * 235 * shade + glow * GLOW[c] * (0.35 + 0.75 * shade);
      data[at + c] = Math.max(0, Math.min(255, Math.round(lit)));
    }
  }
  return { width: size, height: size, data };
}

function isCovered(map: Float32Array, pixel: number, plane: number): boolean {
  // cos of octave 0 is positive over the whole head, zero outside.
  return map[(DEFORMATION_CHANNELS + 1) * plane + pixel] !== 0;
}

function sine(map: Float32Array, axis: number, octave: number, pixel: number, plane: number): number {
  return map[(DEFORMATION_CHANNELS + axis * 2 * OCTAVES + 2 * octave) * plane + pixel];
}

/** 0.72 to 1: darker along the crests of octave 5 across and up. */
function engraving(map: Float32Array, pixel: number, plane: number): number {
  const crest = Math.max(0, sine(map, 0, 5, pixel, plane), sine(map, 1, 5, pixel, plane));
  const fourth = crest ** 2 * crest ** 2;
  return 1 - 0.28 * fourth * fourth * crest ** 2;
}

/** `[3, size, size]` metres: where on the neutral surface each covered pixel lies, from octave 0. */
function places(map: Float32Array, plane: number): Float32Array {
  const out = new Float32Array(3 * plane);
  for (let axis = 0; axis < 3; axis++) {
    const octave0 = (DEFORMATION_CHANNELS + axis * 2 * OCTAVES) * plane;
    for (let pixel = 0; pixel < plane; pixel++)
      if (isCovered(map, pixel, plane))
        out[axis * plane + pixel] = Math.asin(map[octave0 + pixel]) / ENCODING_RAD_PER_M;
  }
  return out;
}

/** 0.3 to 1: Lambert's law on the neutral surface, whose normal the steps to the right and down give. */
function relief(map: Float32Array, place: Float32Array, pixel: number, size: number): number {
  const plane = size * size;
  const x = pixel % size;
  const right = neighbour(map, place, pixel, x < size - 1 ? 1 : 0, x > 0 ? -1 : 0, plane);
  const below = neighbour(
    map,
    place,
    pixel,
    pixel + size < plane ? size : 0,
    pixel >= size ? -size : 0,
    plane,
  );
  if (right === 0 || below === 0) return FLAT_SHADE;
  // A step taken backwards turns the normal round; two turn it back.
  const side = right > 0 === below > 0 ? 1 : -1;
  const ax = place[pixel + right] - place[pixel];
  const ay = place[pixel + right + plane] - place[pixel + plane];
  const az = place[pixel + right + 2 * plane] - place[pixel + 2 * plane];
  const dx = place[pixel + below] - place[pixel];
  const dy = place[pixel + below + plane] - place[pixel + plane];
  const dz = place[pixel + below + 2 * plane] - place[pixel + 2 * plane];
  const nx = dy * az - dz * ay;
  const ny = dz * ax - dx * az;
  const nz = dx * ay - dy * ax;
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  if (length === 0) return FLAT_SHADE;
  return 0.3 + 0.7 * Math.max(0, (side * (nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2])) / length);
}

/** `first` or `second`, whichever leads to a pixel of the same fold; 0 where neither does. */
function neighbour(
  map: Float32Array,
  place: Float32Array,
  pixel: number,
  first: number,
  second: number,
  plane: number,
): number {
  if (first !== 0 && isSameFold(map, place, pixel, pixel + first, plane)) return first;
  return second !== 0 && isSameFold(map, place, pixel, pixel + second, plane) ? second : 0;
}

function isSameFold(map: Float32Array, place: Float32Array, a: number, b: number, plane: number): boolean {
  const dx = place[b] - place[a];
  const dy = place[b + plane] - place[a + plane];
  const dz = place[b + 2 * plane] - place[a + 2 * plane];
  return isCovered(map, b, plane) && dx * dx + dy * dy + dz * dz < FOLD_M * FOLD_M;
}

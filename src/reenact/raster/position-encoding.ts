/** k = 0..6. */
export const OCTAVES = 7;
/** Three axis blocks of (sin, cos) an octave. */
export const ENCODING_CHANNELS = 3 * 2 * OCTAVES;

/**
 * Radians of octave 0 a metre. Between two bounds: sin of octave 0 must tell every point of a head from every other
 * (±π/2 is ±19.6 cm from the origin between the ears), and the finest octave should not alias on a 64-pixel map of a
 * face that fills it as faces do, about 6 mm a pixel (octave 6 repeats every 12.3 mm).
 */
export const ENCODING_RAD_PER_M = 8;

/**
 * Positional encoding of points of the neutral surface (Loki, Fig. 4): for each axis x, y, z a block of
 * sin(2^k u), cos(2^k u), k = 0..6 in that order, with u = 8 rad/m times the coordinate. By double angles: octave k
 * errs by 2^k roundings of a double, far below a float.
 *
 * Plane by plane, not pixel by pixel: planes lie a power of two apart, and 42 of those strides at once would fight for
 * the same lines of the cache.
 *
 * @param points `[count, 3]` metres, rest frame
 * @param pixels `[count]` place of each point in a plane
 * @param out `[42, plane]` from `outAt` on, written at `pixels` only
 */
export function encodePositions(
  points: Float64Array,
  pixels: Int32Array,
  count: number,
  out: Float32Array,
  outAt: number,
  plane: number,
): void {
  if (sines.length < count) {
    sines = new Float64Array(count);
    cosines = new Float64Array(count);
  }
  for (let axis = 0; axis < 3; axis++) {
    const at = outAt + axis * 2 * OCTAVES * plane;
    for (let i = 0; i < count; i++) {
      const angle = points[(Math.imul(i, 3) + axis) | 0] * ENCODING_RAD_PER_M;
      sines[i] = Math.sin(angle);
      cosines[i] = Math.cos(angle);
    }
    for (let k = 0; k < OCTAVES; k += OCTAVES_A_PASS) {
      const octaves = Math.min(OCTAVES_A_PASS, OCTAVES - k);
      writeOctaves(pixels, count, out, at + 2 * k * plane, plane, octaves);
    }
  }
}

/** Eight planes: as many lines of one set as a cache of the first level holds. */
const OCTAVES_A_PASS = 4;
let sines = new Float64Array(0);
let cosines = new Float64Array(0);

/** Writes some octaves' planes, two each, and doubles the angles as often. */
function writeOctaves(
  pixels: Int32Array,
  count: number,
  out: Float32Array,
  at: number,
  plane: number,
  octaves: number,
): void {
  const sin = sines;
  const cos = cosines;
  for (let i = 0; i < count; i++) {
    let pixel = (at + pixels[i]) | 0;
    let sine = sin[i];
    let cosine = cos[i];
    for (let k = 0; k < octaves; k++) {
      out[pixel] = sine;
      pixel = (pixel + plane) | 0;
      out[pixel] = cosine;
      pixel = (pixel + plane) | 0;
      const twice = 2 * sine * cosine;
      cosine = 1 - 2 * sine * sine;
      sine = twice;
    }
    sin[i] = sine;
    cos[i] = cosine;
  }
}

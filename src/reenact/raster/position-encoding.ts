import { encodeKernel } from './kernel/encode-kernel.ts';

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
 * sin(2^k u), cos(2^k u), k = 0..6 in that order, with u = 8 rad/m times the coordinate. By double angles, which err by
 * less than a float does within 40 cm of the origin.
 *
 * @param points `[count, 3]` metres, rest frame
 * @param pixels `[count]` place of each point in a plane
 * @param out `[42, plane]` from `outAt` on, written: zero where there is no point
 */
export function encodePositions(
  points: Float64Array,
  pixels: Int32Array,
  count: number,
  out: Float32Array,
  outAt: number,
  plane: number,
): void {
  encodeKernel(plane, 2 * OCTAVES).encode(
    points,
    pixels,
    count,
    ENCODING_RAD_PER_M,
    OCTAVES,
    out.subarray(outAt),
    plane,
  );
}

import type { Camera, HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { DEFORMATION_CHANNELS, DRIVER_MAP_SIZE, DriverMapper } from '../raster/driver-map.ts';

const MM_PER_M = 1000;
/** Channel of cos(x) of the lowest octave: above 0 all over the head, 0 outside it. */
const COVERED_CHANNEL = DEFORMATION_CHANNELS + 1;

/**
 * How far two expressions of one person lie apart as the generator is told them: the L1 distance of their rasterised
 * expression maps (Navard and Lim, "Loki", arXiv 2605.24176, Fig. 8), on 64 × 64 pixels of the portrait's picture.
 */
export class ExpressionMeter {
  readonly #mapper: DriverMapper;
  readonly #plane: number;

  /** @param camera in pixels of a square picture of `imageSize` */
  constructor(shaped: ShapedHead, camera: Camera, imageSize: number, mapSize: number = DRIVER_MAP_SIZE) {
    this.#mapper = new DriverMapper(shaped, camera, imageSize, mapSize);
    this.#plane = mapSize ** 2;
  }

  /** @param out `[45, 64, 64]` written and returned */
  map(coefficients: HeadCoefficients, out?: Float32Array): Float32Array {
    return this.#mapper.render(coefficients, out);
  }

  /**
   * |Δx| + |Δy| + |Δz| of the deformation B_E ψ, mean over the pixels that either map covers, millimetres. A pixel that
   * only one covers counts with all of its deformation: outside the head a map is zero.
   *
   * @returns NaN where neither covers any
   */
  distanceMm(a: Float32Array, b: Float32Array): number {
    const plane = this.#plane;
    let sum = 0;
    let covered = 0;
    for (let pixel = 0; pixel < plane; pixel++) {
      const place = COVERED_CHANNEL * plane + pixel;
      if (a[place] === 0 && b[place] === 0) continue;
      covered++;
      for (let channel = 0; channel < DEFORMATION_CHANNELS; channel++)
        sum += Math.abs(a[channel * plane + pixel] - b[channel * plane + pixel]);
    }
    return covered === 0 ? Number.NaN : (sum / covered) * MM_PER_M;
  }
}

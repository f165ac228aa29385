import { cropCamera } from '../head/camera.ts';
import type { Camera, HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { ENCODING_CHANNELS, encodePositions } from './position-encoding.ts';
import { SurfaceSampler } from './surface-sampler.ts';

/** The vector B_E ψ. */
export const DEFORMATION_CHANNELS = 3;
export const DRIVER_MAP_CHANNELS = DEFORMATION_CHANNELS + ENCODING_CHANNELS;
export const DRIVER_MAP_SIZE = 64;

/** How a map differs from the mapper's own: seen through another camera, with planes of its own beside it. */
export interface DriverMapView {
  /** Maps to pixels of the map; the mapper's own by default. */
  readonly camera?: Camera;
  /** Of each a value a vertex `[V]`, which is interpolated into `out` `[mapSize, mapSize]`, zero outside the head. */
  readonly planes?: readonly { readonly field: Float32Array; readonly out: Float32Array }[];
}

/**
 * Draws driver maps of one person in one camera (Navard and Lim, "Loki", arXiv 2605.24176, Figs. 2, 4 and 6): what the
 * denoiser sees of the driver. For each pixel whose centre the head's surface covers:
 *
 *     channels 0..2    expression deformation, the vector B_E ψ of the surface point: metres, rest frame
 *     channels 3..44   encoding of the point's place on the neutral surface T + B_S β: see {@link encodePositions}
 *
 * and zero elsewhere. So a pixel says which point of the face it is and how far expression has moved it; pose is where
 * the pixels are. Every part of the head counts as surface but the lashes, which are cards with holes.
 */
export class DriverMapper {
  readonly mapSize: number;
  readonly #camera: Camera;
  readonly #sampler: SurfaceSampler;

  /**
   * @param camera in pixels of a square picture of `imageSize`
   * @param mapSize width and height of the map, which shows the same square
   */
  constructor(shaped: ShapedHead, camera: Camera, imageSize: number, mapSize: number = DRIVER_MAP_SIZE) {
    this.mapSize = mapSize;
    this.#camera = cropCamera(camera, 0, 0, mapSize / imageSize);
    this.#sampler = new SurfaceSampler(shaped, mapSize);
  }

  /** @param out `[45, mapSize, mapSize]`, written and returned */
  render(
    coefficients: HeadCoefficients,
    out: Float32Array = new Float32Array(DRIVER_MAP_CHANNELS * this.mapSize ** 2),
    { camera = this.#camera, planes = [] }: DriverMapView = {},
  ): Float32Array {
    const { count, pixels, places, deformations } = this.#sampler.sample(coefficients, camera);
    const plane = this.mapSize ** 2;
    out.fill(0, 0, DEFORMATION_CHANNELS * plane);
    for (let i = 0; i < count; i++) {
      const pixel = pixels[i];
      const at = Math.imul(i, 3);
      out[pixel] = deformations[at];
      out[(pixel + plane) | 0] = deformations[(at + 1) | 0];
      out[(pixel + 2 * plane) | 0] = deformations[(at + 2) | 0];
    }
    encodePositions(places, pixels, count, out, DEFORMATION_CHANNELS * plane, plane);
    for (const { field, out: own } of planes) this.#sampler.paint(field, own);
    return out;
  }
}

/** One driver map `[45, mapSize, mapSize]`; for a stream of them keep a {@link DriverMapper}. */
export function rasterDriverMap(
  shaped: ShapedHead,
  coefficients: HeadCoefficients,
  camera: Camera,
  imageSize: number,
  mapSize: number = DRIVER_MAP_SIZE,
): Float32Array {
  return new DriverMapper(shaped, camera, imageSize, mapSize).render(coefficients);
}

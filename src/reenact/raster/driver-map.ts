import { addExpression } from '../head/add-expression.ts';
import { cropCamera } from '../head/camera.ts';
import type { Camera, HeadCoefficients, HeadModel, ShapedHead } from '../head/head-model.ts';
import { bendHead } from '../head/pose-head.ts';
import { ENCODING_CHANNELS, encodePositions } from './position-encoding.ts';
import { createRasterTarget, interpolate, type RasterTarget, rasterise } from './raster.ts';

/** The vector B_E ψ. */
export const DEFORMATION_CHANNELS = 3;
export const DRIVER_MAP_CHANNELS = DEFORMATION_CHANNELS + ENCODING_CHANNELS;
export const DRIVER_MAP_SIZE = 64;

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
  readonly #shaped: ShapedHead;
  readonly #camera: Camera;
  readonly #triangles: Uint32Array;
  readonly #points: Float32Array;
  readonly #deformation: Float32Array;
  readonly #target: RasterTarget;
  readonly #sample = new Float64Array(3);
  /** Covered pixels, and the neutral-surface point seen through each. */
  readonly #pixels: Int32Array;
  readonly #places: Float64Array;

  /**
   * @param camera in pixels of a square picture of `imageSize`
   * @param mapSize width and height of the map, which shows the same square
   */
  constructor(shaped: ShapedHead, camera: Camera, imageSize: number, mapSize: number = DRIVER_MAP_SIZE) {
    this.mapSize = mapSize;
    this.#shaped = shaped;
    this.#camera = cropCamera(camera, 0, 0, mapSize / imageSize);
    this.#triangles = surfaceTriangles(shaped.model);
    this.#points = new Float32Array(shaped.vertices.length);
    this.#deformation = new Float32Array(shaped.vertices.length);
    this.#target = createRasterTarget(mapSize, mapSize);
    this.#pixels = new Int32Array(mapSize * mapSize);
    this.#places = new Float64Array(mapSize * mapSize * 3);
  }

  /** @param out `[45, mapSize, mapSize]`, written and returned */
  render(
    coefficients: HeadCoefficients,
    out: Float32Array = new Float32Array(DRIVER_MAP_CHANNELS * this.mapSize ** 2),
  ): Float32Array {
    const { vertices, model } = this.#shaped;
    this.#deformation.fill(0);
    addExpression(model.expression, coefficients.psi, this.#deformation);
    for (let i = 0; i < vertices.length; i++) this.#points[i] = vertices[i] + this.#deformation[i];
    bendHead(this.#shaped, coefficients, this.#points);
    rasterise(this.#points, this.#triangles, this.#camera, this.#target);

    const { triangle } = this.#target;
    const plane = triangle.length;
    out.fill(0);
    let covered = 0;
    for (let pixel = 0; pixel < plane; pixel++) {
      if (triangle[pixel] < 0) continue;
      interpolate(this.#target, pixel, this.#triangles, this.#deformation, 3, this.#sample);
      for (let axis = 0; axis < 3; axis++) out[pixel + axis * plane] = this.#sample[axis];
      interpolate(this.#target, pixel, this.#triangles, vertices, 3, this.#places, covered * 3);
      this.#pixels[covered++] = pixel;
    }
    encodePositions(this.#places, this.#pixels, covered, out, DEFORMATION_CHANNELS * plane, plane);
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

/** `[F', 3]` triangles without the lashes. */
export function surfaceTriangles({ triangles, triangleParts, parts }: HeadModel): Uint32Array {
  const lashes = parts.indexOf('lashes');
  return triangles.filter((_, i) => triangleParts[Math.trunc(i / 3)] !== lashes);
}

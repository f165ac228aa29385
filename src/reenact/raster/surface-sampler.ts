import { addExpression } from '../head/add-expression.ts';
import type { Camera, HeadCoefficients, HeadModel, ShapedHead } from '../head/head-model.ts';
import { bendHead } from '../head/pose-head.ts';
import { createRasterTarget, interpolate, type RasterTarget, rasterise } from './raster.ts';

/** What the covered pixels of a map see of a head's surface; valid until the next call. */
export interface SurfaceSamples {
  /** Covered pixels. */
  readonly count: number;
  /** `[count]` row by row from the top left. */
  readonly pixels: Int32Array;
  /** `[count, 3]` metres, rest frame: the point of the neutral surface T + B_S β. */
  readonly places: Float64Array;
  /** `[count, 3]` metres, rest frame: the vector B_E ψ of that point. */
  readonly deformations: Float64Array;
  /** `[count]` the field given, at that point; zeros where none was. */
  readonly field: Float64Array;
}

/**
 * Looks at one person's head through the centres of the pixels of a square map. Every part of the head counts as
 * surface but the lashes, which are cards with holes.
 */
export class SurfaceSampler {
  readonly mapSize: number;
  readonly #shaped: ShapedHead;
  readonly #triangles: Uint32Array;
  readonly #points: Float32Array;
  readonly #deformation: Float32Array;
  readonly #target: RasterTarget;
  readonly #samples: SurfaceSamples & { count: number };

  constructor(shaped: ShapedHead, mapSize: number) {
    this.mapSize = mapSize;
    this.#shaped = shaped;
    this.#triangles = surfaceTriangles(shaped.model);
    this.#points = new Float32Array(shaped.vertices.length);
    this.#deformation = new Float32Array(shaped.vertices.length);
    this.#target = createRasterTarget(mapSize, mapSize);
    const plane = mapSize * mapSize;
    this.#samples = {
      count: 0,
      pixels: new Int32Array(plane),
      places: new Float64Array(plane * 3),
      deformations: new Float64Array(plane * 3),
      field: new Float64Array(plane),
    };
  }

  /**
   * @param camera maps to pixels of the map
   * @param field `[V]` a value a vertex, to be interpolated
   */
  sample(coefficients: HeadCoefficients, camera: Camera, field?: Float32Array): SurfaceSamples {
    const { vertices, model } = this.#shaped;
    const deformation = this.#deformation.fill(0);
    addExpression(model.expression, coefficients.psi, deformation);
    const points = this.#points;
    for (let i = 0; i < points.length; i++) points[i] = vertices[i] + deformation[i];
    bendHead(this.#shaped, coefficients, points);
    const target = this.#target;
    const triangles = this.#triangles;
    rasterise(points, triangles, camera, target);

    const samples = this.#samples;
    const { pixels, places, deformations } = samples;
    const { triangle } = target;
    let count = 0;
    for (let pixel = 0; pixel < triangle.length; pixel++) {
      if (triangle[pixel] < 0) continue;
      const at = Math.imul(count, 3);
      interpolate(target, pixel, triangles, deformation, 3, deformations, at);
      interpolate(target, pixel, triangles, vertices, 3, places, at);
      if (field !== undefined) interpolate(target, pixel, triangles, field, 1, samples.field, count);
      pixels[count++] = pixel;
    }
    if (field === undefined) samples.field.fill(0, 0, count);
    samples.count = count;
    return samples;
  }
}

/** `[F', 3]` triangles without the lashes. */
export function surfaceTriangles({ triangles, triangleParts, parts }: HeadModel): Uint32Array {
  const lashes = parts.indexOf('lashes');
  return triangles.filter((_, i) => triangleParts[Math.trunc(i / 3)] !== lashes);
}

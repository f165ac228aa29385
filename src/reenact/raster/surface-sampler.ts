import type { Camera, HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { type SurfaceKernel, surfaceKernelOf } from './kernel/surface-kernel.ts';
import { interpolate } from './raster.ts';

export { surfaceTriangles } from './surface-triangles.ts';

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
}

/**
 * Looks at one person's head through the centres of the pixels of a square map. Every part of the head counts as
 * surface but the lashes, which are cards with holes.
 */
export class SurfaceSampler {
  readonly mapSize: number;
  readonly #shaped: ShapedHead;
  readonly #kernel: SurfaceKernel;
  readonly #samples: SurfaceSamples & { count: number };

  constructor(shaped: ShapedHead, mapSize: number) {
    this.mapSize = mapSize;
    this.#shaped = shaped;
    this.#kernel = surfaceKernelOf(shaped.model, mapSize);
    const plane = mapSize * mapSize;
    this.#samples = {
      count: 0,
      pixels: new Int32Array(plane),
      places: new Float64Array(plane * 3),
      deformations: new Float64Array(plane * 3),
    };
  }

  /** @param camera maps to pixels of the map */
  sample(coefficients: HeadCoefficients, camera: Camera): SurfaceSamples {
    const kernel = this.#kernel;
    const samples = this.#samples;
    const count = kernel.sample(this.#shaped, coefficients, camera);
    samples.pixels.set(kernel.pixels.subarray(0, count));
    samples.places.set(kernel.places.subarray(0, count * 3));
    samples.deformations.set(kernel.deformations.subarray(0, count * 3));
    samples.count = count;
    return samples;
  }

  /**
   * What the map sees of a field on the surface, right after {@link sample}.
   *
   * @param field `[V]` a value a vertex
   * @param out `[mapSize, mapSize]`, written: interpolated, zero outside the head
   */
  paint(field: Float32Array, out: Float32Array): void {
    const { target, triangles } = this.#kernel;
    const { count, pixels } = this.#samples;
    out.fill(0);
    for (let i = 0; i < count; i++) interpolate(target, pixels[i], triangles, field, 1, out, pixels[i]);
  }
}

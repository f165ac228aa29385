import { project } from '../head/camera.ts';
import type { Camera, HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { poseHead } from '../head/pose-head.ts';

/**
 * How much of each vertex the portrait shows bare: 0 where hair lies over it, 1 elsewhere, and where the portrait does not
 * show the vertex.
 *
 * @param coefficients the portrait's own
 * @param camera in pixels of the portrait
 * @param visibility `[V]` of {@link portraitVisibility}
 * @param hair `[size, size]` of `hairOnFace`
 * @returns `[V]` 0 or 1
 */
export function bareHead(
  shaped: ShapedHead,
  coefficients: HeadCoefficients,
  camera: Camera,
  visibility: Float32Array,
  hair: Uint8Array,
  size: number,
): Float32Array {
  const places = project(camera, poseHead(shaped, coefficients));
  return visibility.map((cosine, v) => {
    if (cosine === 0) return 1;
    return 1 - hair[Math.floor(places[v * 2 + 1]) * size + Math.floor(places[v * 2])];
  });
}

import type { Camera } from '../head/head-model.ts';
import { createRasterTarget, rasterise } from '../raster/raster.ts';

/** Which triangle of a posed surface each pixel sees. */
export interface SurfaceMap {
  readonly width: number;
  readonly height: number;
  /** `[height, width]` index into the triangle list given, -1 where there is none. */
  readonly triangle: Int32Array;
  /** `[height, width]` camera-frame Z of the surface, metres; -Infinity where there is none. */
  readonly nearness: Float32Array;
}

/**
 * Front-facing triangles seen through the centres of the pixels, nearest first.
 *
 * @param posed `[V, 3]` camera frame, metres
 * @param triangles vertex indices, counter-clockwise from outside
 * @param chosen indices of the triangles to draw
 */
export function mapSurface(
  camera: Camera,
  posed: Float32Array,
  triangles: Uint32Array,
  chosen: ArrayLike<number>,
  width: number,
  height: number,
): SurfaceMap {
  const corners = new Uint32Array(chosen.length * 3);
  for (let i = 0; i < chosen.length; i++)
    for (let k = 0; k < 3; k++) corners[i * 3 + k] = triangles[chosen[i] * 3 + k];
  const target = createRasterTarget(width, height);
  rasterise(posed, corners, camera, target);
  const { triangle } = target;
  const nearness = target.depth.map((depth) => -depth);
  for (let p = 0; p < triangle.length; p++) if (triangle[p] >= 0) triangle[p] = chosen[triangle[p]];
  return { width, height, triangle, nearness };
}

/**
 * Weights of the corners of the posed triangle `t` at the point where the ray through pixel position (x, y) meets
 * its plane; they sum to 1 and are outside 0..1 where the ray misses the triangle.
 */
export function rayBarycentric(
  camera: Camera,
  posed: Float32Array,
  triangles: Uint32Array,
  t: number,
  x: number,
  y: number,
): [number, number, number] {
  const ray = [(x - camera.centreX) / camera.focalPx, (camera.centreY - y) / camera.focalPx, -1];
  const corner = (k: number): number[] => {
    const vertex = triangles[t * 3 + k] * 3;
    return [posed[vertex], posed[vertex + 1], posed[vertex + 2]];
  };
  const [a, b, c] = [corner(0), corner(1), corner(2)];
  // Volumes of ray, and two corners: the triple products are proportional to the weights.
  const wa = triple(ray, b, c);
  const wb = triple(ray, c, a);
  const wc = triple(ray, a, b);
  const sum = wa + wb + wc;
  return [wa / sum, wb / sum, wc / sum];
}

function triple(u: readonly number[], v: readonly number[], w: readonly number[]): number {
  return (
    u[0] * (v[1] * w[2] - v[2] * w[1]) -
    u[1] * (v[0] * w[2] - v[2] * w[0]) +
    u[2] * (v[0] * w[1] - v[1] * w[0])
  );
}

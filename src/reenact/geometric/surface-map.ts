import { project } from '../head/camera.ts';
import type { Camera } from '../head/head-model.ts';

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
  const triangle = new Int32Array(width * height).fill(-1);
  const nearness = new Float32Array(width * height).fill(Number.NEGATIVE_INFINITY);
  const screen = project(camera, posed);
  for (let i = 0; i < chosen.length; i++) {
    const t = chosen[i];
    const [a, b, c] = [triangles[t * 3], triangles[t * 3 + 1], triangles[t * 3 + 2]];
    const [ax, ay] = [screen[a * 2], screen[a * 2 + 1]];
    const [bx, by] = [screen[b * 2], screen[b * 2 + 1]];
    const [cx, cy] = [screen[c * 2], screen[c * 2 + 1]];
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (!(area < 0)) continue;
    const firstY = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const lastY = Math.min(height - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    const firstX = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
    const lastX = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    for (let y = firstY; y <= lastY; y++)
      for (let x = firstX; x <= lastX; x++) {
        const wa = ((bx - x - 0.5) * (cy - y - 0.5) - (cx - x - 0.5) * (by - y - 0.5)) / area;
        const wb = ((cx - x - 0.5) * (ay - y - 0.5) - (ax - x - 0.5) * (cy - y - 0.5)) / area;
        const wc = 1 - wa - wb;
        if (wa < 0 || wb < 0 || wc < 0) continue;
        // 1/Z is linear on the screen.
        const z = 1 / (wa / posed[a * 3 + 2] + wb / posed[b * 3 + 2] + wc / posed[c * 3 + 2]);
        const p = y * width + x;
        if (z > nearness[p]) {
          nearness[p] = z;
          triangle[p] = t;
        }
      }
  }
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

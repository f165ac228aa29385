import type { Camera } from '../head/head-model.ts';

/** What a ray hits first. */
export interface RayHit {
  readonly triangle: number;
  /** Metres in front of the camera. */
  readonly depthM: number;
  /** Weights of the triangle's corners at the point hit. */
  readonly weights: readonly [number, number, number];
}

/**
 * Slow, plain visibility of one pixel: a ray through its centre against every front face (Möller and Trumbore, 1997).
 * The reference that the rasteriser is held against.
 */
export function castRay(
  points: ArrayLike<number>,
  triangles: ArrayLike<number>,
  camera: Camera,
  x: number,
  y: number,
): RayHit | null {
  const direction = [
    (x + 0.5 - camera.centreX) / camera.focalPx,
    (camera.centreY - y - 0.5) / camera.focalPx,
    -1,
  ];
  const at = (vertex: number) => [points[vertex * 3], points[vertex * 3 + 1], points[vertex * 3 + 2]];
  let nearest: RayHit | null = null;
  for (let t = 0; t * 3 < triangles.length; t++) {
    const [a, b, c] = [0, 1, 2].map((corner) => at(triangles[t * 3 + corner]));
    const edge1 = subtract(b, a);
    const edge2 = subtract(c, a);
    const p = cross(direction, edge2);
    const determinant = dot(edge1, p);
    // Positive where the ray meets the outside.
    if (determinant <= 0) continue;
    const fromA = a.map((value) => -value);
    const u = dot(fromA, p) / determinant;
    const q = cross(fromA, edge1);
    const v = dot(direction, q) / determinant;
    const depthM = dot(edge2, q) / determinant;
    if (u < 0 || v < 0 || u + v > 1 || depthM <= 0) continue;
    if (!nearest || depthM < nearest.depthM) nearest = { triangle: t, depthM, weights: [1 - u - v, u, v] };
  }
  return nearest;
}

function subtract(a: number[], b: number[]): number[] {
  return a.map((value, axis) => value - b[axis]);
}

function dot(a: number[], b: number[]): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: number[], b: number[]): number[] {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

import type { HeadModel } from '../head/head-model.ts';
import type { CalibrationSample } from './calibration-sample.ts';

/** A point of the head's surface. */
export interface SurfacePoint {
  readonly triangle: number;
  /** `[3]`. */
  readonly barycentric: readonly [number, number, number];
}

/** Errors beyond this fraction of the inter-ocular distance count linearly. */
export const HUBER_IOD = 0.03;

/**
 * The point of one triangle of least robust cost: reweighted least squares over two barycentric coordinates, with
 * what leaves the triangle put back on its edge.
 */
export function bestWithin(
  model: HeadModel,
  samples: readonly CalibrationSample[],
  landmark: number,
  triangle: number,
): SurfacePoint {
  const [va, vb, vc] = [0, 1, 2].map((k) => model.triangles[triangle * 3 + k] * 2);
  let [u, v] = [1 / 3, 1 / 3];
  for (let round = 0; round < 8; round++) {
    let [uu, uv, vv, ur, vr] = [0, 0, 0, 0, 0];
    for (const { pixels, face, interocularPx } of samples) {
      const [ax, ay] = [pixels[va] / interocularPx, pixels[va + 1] / interocularPx];
      const [ex, ey] = [pixels[vb] / interocularPx - ax, pixels[vb + 1] / interocularPx - ay];
      const [fx, fy] = [pixels[vc] / interocularPx - ax, pixels[vc + 1] / interocularPx - ay];
      const rx = face.landmarks[landmark * 3] / interocularPx - ax;
      const ry = face.landmarks[landmark * 3 + 1] / interocularPx - ay;
      const error = Math.hypot(rx - u * ex - v * fx, ry - u * ey - v * fy);
      const weight = error <= HUBER_IOD ? 1 : HUBER_IOD / error;
      uu += weight * (ex * ex + ey * ey);
      uv += weight * (ex * fx + ey * fy);
      vv += weight * (fx * fx + fy * fy);
      ur += weight * (ex * rx + ey * ry);
      vr += weight * (fx * rx + fy * ry);
    }
    const determinant = uu * vv - uv * uv;
    if (determinant <= 1e-12 * uu * vv) break;
    [u, v] = ontoTriangle((vv * ur - uv * vr) / determinant, (uu * vr - uv * ur) / determinant, uu, uv, vv);
  }
  return { triangle, barycentric: [1 - u - v, u, v] };
}

/** Nearest (u, v) with u, v ≥ 0 and u + v ≤ 1, in the metric [[uu, uv], [uv, vv]]. */
function ontoTriangle(u: number, v: number, uu: number, uv: number, vv: number): [number, number] {
  if (u >= 0 && v >= 0 && u + v <= 1) return [u, v];
  const corners = [
    [0, 0],
    [1, 0],
    [0, 1],
  ];
  let best: [number, number] = [0, 0];
  let least = Number.POSITIVE_INFINITY;
  for (let edge = 0; edge < 3; edge++) {
    const [a, b] = [corners[edge], corners[(edge + 1) % 3]];
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const along = (uu * dx + uv * dy) * (u - a[0]) + (uv * dx + vv * dy) * (v - a[1]);
    const length = uu * dx * dx + 2 * uv * dx * dy + vv * dy * dy;
    const share = Math.max(0, Math.min(1, along / length));
    const [x, y] = [a[0] + share * dx, a[1] + share * dy];
    const [ox, oy] = [u - x, v - y];
    const distance = uu * ox * ox + 2 * uv * ox * oy + vv * oy * oy;
    if (distance < least) {
      least = distance;
      best = [x, y];
    }
  }
  return best;
}

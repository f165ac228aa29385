import { cropCamera } from '../head/camera.ts';
import type { Camera, HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { poseHead } from '../head/pose-head.ts';
import { vertexNormals } from '../head/vertex-normals.ts';
import { createRasterTarget, rasterise } from '../raster/raster.ts';
import { surfaceTriangles } from '../raster/surface-sampler.ts';

/** The portrait's depth is looked at through this many pixels square, about 1.3 mm of a face each. */
const DEPTH_MAP_PX = 256;
/** A vertex this far behind the surface that its pixel sees still counts as that surface. */
const BEHIND_M = 0.003;

/**
 * How well a portrait shows each vertex of the head: the cosine between the surface's normal and the direction to the
 * camera, in the portrait's own pose; 0 where it faces away, is hidden by another part, or lies outside the picture.
 *
 * @param coefficients the portrait's own
 * @param camera in pixels of a square picture of `imageSize`
 * @returns `[V]`
 */
export function portraitVisibility(
  shaped: ShapedHead,
  coefficients: HeadCoefficients,
  camera: Camera,
  imageSize: number,
): Float32Array {
  const triangles = surfaceTriangles(shaped.model);
  const posed = poseHead(shaped, coefficients);
  const normals = vertexNormals(posed, triangles);
  const small = cropCamera(camera, 0, 0, DEPTH_MAP_PX / imageSize);
  const target = createRasterTarget(DEPTH_MAP_PX, DEPTH_MAP_PX);
  rasterise(posed, triangles, small, target);

  const out = new Float32Array(posed.length / 3);
  for (let v = 0, p = 0; v < out.length; v++, p += 3) {
    const [x, y, z] = [posed[p], posed[p + 1], posed[p + 2]];
    const facing = -(normals[p] * x + normals[p + 1] * y + normals[p + 2] * z);
    if (facing <= 0 || z >= 0) continue;
    const column = Math.floor(small.centreX - (small.focalPx * x) / z);
    const row = Math.floor(small.centreY + (small.focalPx * y) / z);
    if (column < 0 || row < 0 || column >= DEPTH_MAP_PX || row >= DEPTH_MAP_PX) continue;
    // On a slope a vertex lies behind its pixel's centre by up to the pixel's own depth.
    const distance = Math.sqrt(x * x + y * y + z * z);
    const cosine = facing / distance;
    const slackM = BEHIND_M + -z / small.focalPx / Math.max(0.2, cosine);
    if (-z <= target.depth[row * DEPTH_MAP_PX + column] + slackM) out[v] = cosine;
  }
  return out;
}

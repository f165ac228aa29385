import type { Camera, HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { plainPoseHead } from '../head/plain-head.ts';
import { castRay } from './plain-raster.ts';
import { ENCODING_RAD_PER_M } from './position-encoding.ts';
import { surfaceTriangles } from './surface-triangles.ts';

/**
 * Slow, plain driver map: FLAME's equations with full matrices, a ray a pixel against every triangle, and the sine and
 * cosine of every octave. The reference that the driver map is held against.
 *
 * @returns `[45][mapSize · mapSize]`
 */
export function plainDriverMap(
  shaped: ShapedHead,
  coefficients: HeadCoefficients,
  camera: Camera,
  imageSize: number,
  mapSize: number,
): number[][] {
  const { model } = shaped;
  const points = plainPoseHead(model, shaped.beta, coefficients).flat();
  const { offsets, indices, deltas } = model.expression;
  const deformation = new Array<number>(model.vertexCount * 3).fill(0);
  for (let c = 0; c < coefficients.psi.length; c++)
    for (let k = offsets[c]; k < offsets[c + 1]; k++)
      for (let axis = 0; axis < 3; axis++)
        deformation[indices[k] * 3 + axis] += coefficients.psi[c] * deltas[k * 3 + axis];
  const triangles = surfaceTriangles(model);
  const scale = mapSize / imageSize;
  const scaled = {
    focalPx: camera.focalPx * scale,
    centreX: camera.centreX * scale,
    centreY: camera.centreY * scale,
  };

  const map = Array.from({ length: 45 }, () => new Array<number>(mapSize * mapSize).fill(0));
  for (let y = 0; y < mapSize; y++)
    for (let x = 0; x < mapSize; x++) {
      const hit = castRay(points, triangles, scaled, x, y);
      if (!hit) continue;
      const blend = (field: ArrayLike<number>, axis: number) =>
        hit.weights.reduce(
          (sum, weight, corner) => sum + weight * field[triangles[hit.triangle * 3 + corner] * 3 + axis],
          0,
        );
      for (let axis = 0; axis < 3; axis++) {
        map[axis][y * mapSize + x] = blend(deformation, axis);
        const angle = blend(shaped.vertices, axis) * ENCODING_RAD_PER_M;
        for (let k = 0; k < 7; k++) {
          map[3 + axis * 14 + 2 * k][y * mapSize + x] = Math.sin(2 ** k * angle);
          map[3 + axis * 14 + 2 * k + 1][y * mapSize + x] = Math.cos(2 ** k * angle);
        }
      }
    }
  return map;
}

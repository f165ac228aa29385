import { project } from '../head/camera.ts';
import type { Camera, HeadCoefficients, HeadModel, ShapedHead } from '../head/head-model.ts';
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

/** What lids at their fullest move by this much is a part of the eyes, metres: on the open head from the brows to the upper cheeks. */
const LEAST_MOVE_M = 0.0015;

/**
 * Where the networks may change a head whose portrait hides nothing of it: not around the eyes. Lashes, the edges of lids and the
 * light in an eye are a few pixels, sharp in the warp and a mean of all eyes in what networks draw.
 *
 * @returns `[V]` 0 at lids and all that moves with them, 1 elsewhere, and everywhere on heads whose units belong to no region
 */
export function besideEyes({ vertexCount, expression, expressionUnits }: HeadModel): Float32Array {
  const { offsets, indices, deltas } = expression;
  const beside = new Float32Array(vertexCount).fill(1);
  for (const [unit, { region }] of expressionUnits.entries()) {
    if (region !== 'eyes') continue;
    for (let k = offsets[unit]; k < offsets[unit + 1]; k++)
      if (Math.hypot(...deltas.subarray(k * 3, k * 3 + 3)) > LEAST_MOVE_M) beside[indices[k]] = 0;
  }
  return beside;
}

import type { Camera } from '../reenact/head/head-model.ts';

/**
 * Screen coordinates `[V, 3]` for `rasterise`: x and y in samples, nearness 1 / distance (1/m).
 * Points closer than 1 cm are pushed to NaN, and their triangles vanish.
 * @param samples Samples along an edge of a pixel.
 */
export function projectToScreen(
  positions: Float32Array,
  camera: Camera,
  samples: number,
  out: Float32Array = new Float32Array(positions.length),
): Float32Array {
  const focal = camera.focalPx * samples;
  const centreX = camera.centreX * samples;
  const centreY = camera.centreY * samples;
  for (let i = 0; i < positions.length; i += 3) {
    const near = positions[i + 2] < -0.01 ? -1 / positions[i + 2] : Number.NaN;
    out[i] = centreX + focal * positions[i] * near;
    out[i + 1] = centreY - focal * positions[i + 1] * near;
    out[i + 2] = near;
  }
  return out;
}

/** Axis-aligned bounds of points: `[minX, minY, minZ, maxX, maxY, maxZ]`. */
export function boundsOf(positions: Float32Array): Float64Array {
  const bounds = Float64Array.of(
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  );
  for (let i = 0; i < positions.length; i++) {
    const axis = i % 3;
    if (positions[i] < bounds[axis]) bounds[axis] = positions[i];
    if (positions[i] > bounds[axis + 3]) bounds[axis + 3] = positions[i];
  }
  return bounds;
}

/** Several meshes as one index space: vertex and triangle numbers count on from mesh to mesh. */
export interface TriangleSoup {
  readonly positions: Float32Array;
  readonly triangles: Uint32Array;
}

export function joinMeshes(meshes: readonly TriangleSoup[]): TriangleSoup {
  let vertexFloats = 0;
  let corners = 0;
  for (const mesh of meshes) {
    vertexFloats += mesh.positions.length;
    corners += mesh.triangles.length;
  }
  const positions = new Float32Array(vertexFloats);
  const triangles = new Uint32Array(corners);
  let vertexAt = 0;
  let cornerAt = 0;
  for (const mesh of meshes) {
    positions.set(mesh.positions, vertexAt);
    const firstVertex = vertexAt / 3;
    for (let i = 0; i < mesh.triangles.length; i++) triangles[cornerAt + i] = mesh.triangles[i] + firstVertex;
    vertexAt += mesh.positions.length;
    cornerAt += mesh.triangles.length;
  }
  return { positions, triangles };
}

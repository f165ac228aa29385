import { aimDepthView, createDepthView, drawDepth } from './depth-view.ts';
import { boundsOf, type TriangleSoup } from './geometry.ts';

/** How open the surroundings of each vertex are. */
export interface Occlusion {
  /** `[V]` cosine-weighted share of the hemisphere that is open, 0..1. */
  readonly openness: Float32Array;
}

/**
 * Ambient occlusion a vertex, from depth views along directions spread over the sphere (a Fibonacci lattice).
 * @param receiver Mesh that gets the values.
 * @param normals `[V, 3]` of the receiver.
 * @param casters What stands in the way, the receiver included.
 */
export function bakeOcclusion(
  receiver: TriangleSoup,
  normals: Float32Array,
  casters: readonly TriangleSoup[],
  directions: number,
  size = 160,
): Occlusion {
  const count = receiver.positions.length / 3;
  const open = new Float32Array(count);
  const total = new Float32Array(count);
  const bounds = boundsOf(casters[0].positions);
  for (const caster of casters.slice(1)) {
    const more = boundsOf(caster.positions);
    for (let axis = 0; axis < 3; axis++) {
      bounds[axis] = Math.min(bounds[axis], more[axis]);
      bounds[axis + 3] = Math.max(bounds[axis + 3], more[axis + 3]);
    }
  }
  const scratch = createDepthView(size);
  const golden = Math.PI * (3 - Math.sqrt(5));
  for (let i = 0; i < directions; i++) {
    const y = 1 - (2 * i + 1) / directions;
    const ring = Math.sqrt(1 - y * y);
    const direction = [Math.cos(golden * i) * ring, y, Math.sin(golden * i) * ring];
    const view = aimDepthView(scratch, direction, bounds);
    for (const caster of casters) drawDepth(view, caster);
    const near = view.buffer.nearness;
    // A sample is this many metres wide; a surface at a slant falls by about that within it.
    const bias = 2.2 / view.samplesPerM;
    for (let v = 0, p = 0; v < count; v++, p += 3) {
      const facing =
        normals[p] * direction[0] + normals[p + 1] * direction[1] + normals[p + 2] * direction[2];
      if (facing <= 0) continue;
      total[v] += facing;
      const x = receiver.positions[p] + normals[p] * bias;
      const yAt = receiver.positions[p + 1] + normals[p + 1] * bias;
      const z = receiver.positions[p + 2] + normals[p + 2] * bias;
      const sx = Math.floor(
        (view.axes[0] * x + view.axes[1] * yAt + view.axes[2] * z - view.originX) * view.samplesPerM,
      );
      const sy = Math.floor(
        (view.originY - view.axes[3] * x - view.axes[4] * yAt - view.axes[5] * z) * view.samplesPerM,
      );
      const depth = view.axes[6] * x + view.axes[7] * yAt + view.axes[8] * z;
      if (sx < 0 || sy < 0 || sx >= size || sy >= size || near[sy * size + sx] <= depth + bias * 0.2)
        open[v] += facing;
    }
  }
  for (let v = 0; v < count; v++) open[v] = total[v] > 0 ? open[v] / total[v] : 1;
  return { openness: open };
}

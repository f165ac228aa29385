import { boundsOf, type TriangleSoup } from './geometry.ts';
import {
  clearSampleBuffer,
  createSampleBuffer,
  rasterise,
  type SampleBuffer,
  type SampleTest,
} from './rasterise.ts';

/** Parallel view of a scene along a direction: what a distant light sees. */
export interface DepthView {
  readonly buffer: SampleBuffer;
  /** Rows: view x, view y, towards the light; orthonormal `[3, 3]`. */
  readonly axes: Float64Array;
  readonly samplesPerM: number;
  readonly originX: number;
  readonly originY: number;
}

export function createDepthView(size: number): DepthView {
  return {
    buffer: createSampleBuffer(size, size),
    axes: new Float64Array(9),
    samplesPerM: 1,
    originX: 0,
    originY: 0,
  };
}

/** Turns `view` to look from `direction` (unit, towards the light) so that all of `bounds` is in it; empties it. */
export function aimDepthView(
  view: DepthView,
  direction: ArrayLike<number>,
  bounds: ArrayLike<number>,
): DepthView {
  const [zx, zy, zz] = [direction[0], direction[1], direction[2]];
  const helper = Math.abs(zy) < 0.9 ? [0, 1, 0] : [1, 0, 0];
  let xx = helper[1] * zz - helper[2] * zy;
  let xy = helper[2] * zx - helper[0] * zz;
  let xz = helper[0] * zy - helper[1] * zx;
  const length = Math.hypot(xx, xy, xz);
  xx /= length;
  xy /= length;
  xz /= length;
  const axes = view.axes;
  axes.set([xx, xy, xz, zy * xz - zz * xy, zz * xx - zx * xz, zx * xy - zy * xx, zx, zy, zz]);

  let radius = 0;
  const centre = [0, 1, 2].map((axis) => (bounds[axis] + bounds[axis + 3]) / 2);
  for (let axis = 0; axis < 3; axis++) radius += ((bounds[axis + 3] - bounds[axis]) / 2) ** 2;
  radius = Math.sqrt(radius) * 1.02;
  const size = view.buffer.width;
  clearSampleBuffer(view.buffer, -1e9);
  return {
    buffer: view.buffer,
    axes,
    samplesPerM: size / (2 * radius),
    originX: axes[0] * centre[0] + axes[1] * centre[1] + axes[2] * centre[2] - radius,
    originY: axes[3] * centre[0] + axes[4] * centre[1] + axes[5] * centre[2] + radius,
  };
}

/** Draws a mesh into the view; `test` is the rasteriser's (for cards with holes). Nearness is metres towards the light. */
export function drawDepth(view: DepthView, mesh: TriangleSoup, test?: SampleTest, firstId = 0): void {
  const screen = new Float32Array(mesh.positions.length);
  const { axes, samplesPerM, originX, originY } = view;
  for (let i = 0; i < screen.length; i += 3) {
    const x = mesh.positions[i];
    const y = mesh.positions[i + 1];
    const z = mesh.positions[i + 2];
    screen[i] = (axes[0] * x + axes[1] * y + axes[2] * z - originX) * samplesPerM;
    screen[i + 1] = (originY - axes[3] * x - axes[4] * y - axes[5] * z) * samplesPerM;
    screen[i + 2] = axes[6] * x + axes[7] * y + axes[8] * z;
  }
  rasterise(view.buffer, screen, mesh.triangles, firstId, 0, test);
}

/** View of everything in `meshes` from `direction`, drawn into the buffer of `scratch`. */
export function depthViewOf(
  meshes: readonly TriangleSoup[],
  direction: ArrayLike<number>,
  scratch: DepthView,
): DepthView {
  const bounds = boundsOf(meshes[0].positions);
  for (const mesh of meshes.slice(1)) {
    const more = boundsOf(mesh.positions);
    for (let axis = 0; axis < 3; axis++) {
      bounds[axis] = Math.min(bounds[axis], more[axis]);
      bounds[axis + 3] = Math.max(bounds[axis + 3], more[axis + 3]);
    }
  }
  const view = aimDepthView(scratch, direction, bounds);
  for (const mesh of meshes) drawDepth(view, mesh);
  return view;
}

/**
 * Share of the light that reaches a point, 0..1: percentage-closer filtering (Reeves, Salesin and Cook, SIGGRAPH
 * 1987) over a square of `(2 * reach + 1)²` samples, each compared bilinearly at its own corner.
 * @param biasM How far behind the nearest surface still counts as lit.
 */
export function lightReaching(
  view: DepthView,
  x: number,
  y: number,
  z: number,
  biasM: number,
  reach: number,
): number {
  const { axes, samplesPerM, buffer } = view;
  const size = buffer.width;
  const sx = (axes[0] * x + axes[1] * y + axes[2] * z - view.originX) * samplesPerM - 0.5;
  const sy = (view.originY - axes[3] * x - axes[4] * y - axes[5] * z) * samplesPerM - 0.5;
  const depth = axes[6] * x + axes[7] * y + axes[8] * z + biasM;
  const left = Math.floor(sx);
  const top = Math.floor(sy);
  if (left - reach < 0 || top - reach < 0 || left + reach + 1 >= size || top + reach + 1 >= size) return 1;
  const fx = sx - left;
  const fy = sy - top;
  const near = buffer.nearness;
  let lit = 0;
  for (let dy = -reach; dy <= reach + 1; dy++) {
    const wy = dy === -reach ? 1 - fy : dy === reach + 1 ? fy : 1;
    const row = (top + dy) * size + left;
    for (let dx = -reach; dx <= reach + 1; dx++) {
      if (near[row + dx] <= depth) lit += wy * (dx === -reach ? 1 - fx : dx === reach + 1 ? fx : 1);
    }
  }
  const side = 2 * reach + 1;
  return lit / (side * side);
}

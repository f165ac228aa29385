import type { HeadModel } from '../head/head-model.ts';
import type { CalibrationSample } from './calibration-sample.ts';

/** Edge of a cell of `TriangleGrid`, pixels: a few triangles wide. */
const CELL_PX = 16;

/** The triangles of a pool that face the camera in a sample, by the cells of the picture that they touch. */
export class TriangleGrid {
  private readonly cells = new Map<number, number[]>();

  constructor(model: HeadModel, pool: Uint32Array, { pixels }: CalibrationSample) {
    for (const triangle of pool) {
      const [ax, ay, bx, by, cx, cy] = [0, 1, 2].flatMap((k) => {
        const vertex = model.triangles[triangle * 3 + k];
        return [pixels[vertex * 2], pixels[vertex * 2 + 1]];
      });
      // The picture's y goes down: counter-clockwise from outside is negative here.
      if ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay) >= 0) continue;
      const right = Math.floor(Math.max(ax, bx, cx) / CELL_PX);
      const bottom = Math.floor(Math.max(ay, by, cy) / CELL_PX);
      for (let y = Math.floor(Math.min(ay, by, cy) / CELL_PX); y <= bottom; y++)
        for (let x = Math.floor(Math.min(ax, bx, cx) / CELL_PX); x <= right; x++) {
          const cell = this.cells.get(y * 4096 + x);
          if (cell === undefined) this.cells.set(y * 4096 + x, [triangle]);
          else cell.push(triangle);
        }
    }
  }

  /** Triangles that may cover a pixel. */
  at(xPx: number, yPx: number): readonly number[] {
    return this.cells.get(Math.floor(yPx / CELL_PX) * 4096 + Math.floor(xPx / CELL_PX)) ?? [];
  }
}

/**
 * Where a tracked landmark lies on the surface, as a point of the template: on the frontmost triangle under it;
 * null where it lies beside the pool.
 */
export function surfaceHit(
  model: HeadModel,
  grid: TriangleGrid,
  { pixels, points, face }: CalibrationSample,
  landmark: number,
): number[] | null {
  const x = face.landmarks[landmark * 3];
  const y = face.landmarks[landmark * 3 + 1];
  let nearest = Number.NEGATIVE_INFINITY;
  let hit: number[] | null = null;
  for (const triangle of grid.at(x, y)) {
    const corners = [0, 1, 2].map((k) => model.triangles[triangle * 3 + k]);
    const [ax, ay, bx, by, cx, cy] = corners.flatMap((v) => [pixels[v * 2] - x, pixels[v * 2 + 1] - y]);
    const wa = cx * by - bx * cy;
    const wb = ax * cy - cx * ay;
    const wc = bx * ay - ax * by;
    if (wa < 0 || wb < 0 || wc < 0 || wa + wb + wc <= 0) continue;
    // Affine weights: over one triangle the perspective differs by under a hundredth of it.
    const weights = [wa, wb, wc].map((weight) => weight / (wa + wb + wc));
    const z = corners.reduce((total, vertex, k) => total + weights[k] * points[vertex * 3 + 2], 0);
    if (z <= nearest) continue;
    nearest = z;
    hit = [0, 1, 2].map((axis) =>
      corners.reduce((total, vertex, k) => total + weights[k] * model.template[vertex * 3 + axis], 0),
    );
  }
  return hit;
}

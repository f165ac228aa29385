import type { Camera } from '../head/head-model.ts';

/** Two rows of teeth in the camera frame, as the portrait has them. */
export interface TeethRow {
  /** `[n, 3]` metres. */
  readonly points: number[];
  /** `[m, 3]` counter-clockwise from outside. */
  readonly triangles: number[];
}

/** Half of the row, from the middle outwards. */
const TEETH_A_SIDE = 6;
/** Columns of vertices a tooth: its edges lie a little behind its middle. */
const COLUMNS = [0, 0.12, 0.5, 0.88];
const EDGE_BEHIND_M = 0.0007;
/** Shape of the row: width of the mouth that it takes, depth over half its width, height, distance behind the lips. */
const WIDTH = 0.92;
const DEPTH = 0.9;
const HEIGHT_M = 0.0095;
const BEHIND_LIPS_M = 0.009;
/** How far the row's edge stands below the upper lip's line, or above the lower's. */
const SHOWN_M = { upper: 0.0065, lower: 0.002 };

/**
 * A plain row of teeth for a head model that has none: a parabola of rounded boxes behind a lip.
 *
 * @param landmarks `[478, 3]` of the posed head: pixels and Z
 * @param rotation row-major `[3, 3]` of the head
 */
export function plainTeeth(
  camera: Camera,
  landmarks: Float32Array,
  rotation: ArrayLike<number>,
  row: 'upper' | 'lower',
): TeethRow {
  const at = (landmark: number): number[] => {
    const [x, y, z] = landmarks.subarray(landmark * 3, landmark * 3 + 3);
    const metresPerPx = -z / camera.focalPx;
    return [(x - camera.centreX) * metresPerPx, (camera.centreY - y) * metresPerPx, z];
  };
  const [right, left] = [at(78), at(308)];
  const lip = at(row === 'upper' ? 13 : 14);
  const half = (WIDTH * Math.hypot(...right.map((value, k) => left[k] - value))) / 2;
  const axis = (column: number): number[] => [rotation[column], rotation[3 + column], rotation[6 + column]];
  const [across, up, forward] = [axis(0), axis(1), axis(2)];
  const sign = row === 'upper' ? 1 : -1;
  const edge = -sign * SHOWN_M[row];
  const points: number[] = [];
  const triangles: number[] = [];
  const columns: { along: number; behind: number }[] = [];
  for (let tooth = -TEETH_A_SIDE; tooth < TEETH_A_SIDE; tooth++)
    for (const column of COLUMNS)
      columns.push({
        along: (tooth + column) / TEETH_A_SIDE,
        behind: column === 0 ? EDGE_BEHIND_M : 0,
      });
  columns.push({ along: 1, behind: EDGE_BEHIND_M });
  for (const { along, behind } of columns)
    for (const height of [0, 0.5, 1]) {
      const x = along * half;
      const y = edge + sign * height * HEIGHT_M;
      const z = -BEHIND_LIPS_M - behind - DEPTH * half * along * along;
      for (let k = 0; k < 3; k++) points.push(lip[k] + x * across[k] + y * up[k] + z * forward[k]);
    }
  for (let column = 0; column + 1 < columns.length; column++)
    for (let step = 0; step < 2; step++) {
      const a = column * 3 + step;
      const [b, c, d] = [a + 3, a + 1, a + 4];
      // Rows go up the upper teeth and down the lower ones.
      if (sign > 0) triangles.push(a, b, d, a, d, c);
      else triangles.push(a, d, b, a, c, d);
    }
  return { points, triangles };
}

import type { Camera } from '../head/head-model.ts';
import { TRANSFORM_SIZE } from '../head/joint-transforms.ts';
import type { WarpGrid } from './grid.ts';
import { BODY_JOINT, HEAD_JOINT } from './rigid-motion.ts';
import type { Sheet } from './warp-raster.ts';

/**
 * The head with its hair as one elastic sheet: the face's own triangles, and around them a grid whose vertices ride on
 * the face where it is, and otherwise on the skull at a depth continued from the model's surface.
 */
export interface HeadSheet extends Sheet {
  readonly grid: WarpGrid;
  /** `[rows, columns]` how far a grid vertex follows the skull; 0 moves with the body. */
  readonly follow: Float32Array;
  /** `[n]` drawn grid vertices that ride on the face: vertex, and three seated vertices with weights. */
  readonly riding: Uint32Array;
  readonly ridingCorners: Uint32Array;
  readonly ridingWeights: Float32Array;
  /** `[m]` drawn grid vertices that ride on the skull. */
  readonly free: Uint32Array;
  /** `[m, 3]` camera frame in the portrait, metres. */
  readonly freePoints: Float32Array;
  /** `[m, ANCHORS]` anchors whose own movement the vertex shares, and how much. */
  readonly freeAnchors: Uint16Array;
  readonly freeAnchorWeights: Float32Array;
  /** `[a]` seated vertices on the face's rim. */
  readonly anchors: Uint32Array;
  /** `[a, 3]` where they are in the portrait, and how far they went beyond the skull's movement in this frame. */
  readonly anchorPoints: Float32Array;
  readonly anchorShift: Float32Array;
  /** First vertex of the face's triangles, and the seated vertex of each. */
  readonly faceStart: number;
  readonly faceVertices: Uint32Array;
  /** First vertex of the closed openings' skin, and the landmark of each. */
  readonly liningStart: number;
  readonly liningLandmarks: Uint32Array;
}

export const ANCHORS = 6;
/** The grid lies this far behind the face's own triangles where both show the same, the lining further. */
const GRID_BEHIND_M = 0.002;
const LINING_BEHIND_M = 0.006;

/**
 * Moves the sheet's vertices to where `posed` (the seated head, camera frame) and the rigid motion put them.
 *
 * @param matrices `[5, 3, 4]` of `RigidMotion`
 * @param landmarks `[478, 3]` of this frame, pixels and Z
 */
export function moveHeadSheet(
  sheet: HeadSheet,
  camera: Camera,
  posed: Float32Array,
  matrices: Float64Array,
  landmarks: Float32Array,
): void {
  const { x, y, z } = sheet;
  const { focalPx, centreX, centreY } = camera;
  const { faceStart, faceVertices, liningStart, liningLandmarks } = sheet;
  for (let k = 0; k < faceVertices.length; k++) {
    const p = faceVertices[k] * 3;
    const scale = -focalPx / posed[p + 2];
    x[faceStart + k] = centreX + scale * posed[p];
    y[faceStart + k] = centreY - scale * posed[p + 1];
    z[faceStart + k] = posed[p + 2];
  }
  for (let k = 0; k < liningLandmarks.length; k++) {
    const p = liningLandmarks[k] * 3;
    x[liningStart + k] = landmarks[p];
    y[liningStart + k] = landmarks[p + 1];
    z[liningStart + k] = landmarks[p + 2] - LINING_BEHIND_M;
  }
  rideOnFace(sheet, camera, posed);
  shiftAnchors(sheet, posed, matrices);
  rideOnSkull(sheet, camera, matrices);
}

function rideOnFace(sheet: HeadSheet, camera: Camera, posed: Float32Array): void {
  const { riding, ridingCorners, ridingWeights, x, y, z } = sheet;
  const { focalPx, centreX, centreY } = camera;
  for (let k = 0, c = 0; k < riding.length; k++, c += 3) {
    const a = ridingCorners[c] * 3;
    const b = ridingCorners[c + 1] * 3;
    const d = ridingCorners[c + 2] * 3;
    const wa = ridingWeights[c];
    const wb = ridingWeights[c + 1];
    const wd = ridingWeights[c + 2];
    const depth = wa * posed[a + 2] + wb * posed[b + 2] + wd * posed[d + 2];
    const scale = -focalPx / depth;
    const i = riding[k];
    x[i] = centreX + scale * (wa * posed[a] + wb * posed[b] + wd * posed[d]);
    y[i] = centreY - scale * (wa * posed[a + 1] + wb * posed[b + 1] + wd * posed[d + 1]);
    z[i] = depth - GRID_BEHIND_M;
  }
}

/** What each anchor does beyond turning with the skull: its share of the expression. */
function shiftAnchors(sheet: HeadSheet, posed: Float32Array, m: Float64Array): void {
  const { anchors, anchorPoints, anchorShift } = sheet;
  const h = HEAD_JOINT * TRANSFORM_SIZE;
  for (let k = 0, p = 0; k < anchors.length; k++, p += 3) {
    const px = anchorPoints[p];
    const py = anchorPoints[p + 1];
    const pz = anchorPoints[p + 2];
    const q = anchors[k] * 3;
    anchorShift[p] = posed[q] - (m[h] * px + m[h + 1] * py + m[h + 2] * pz + m[h + 3]);
    anchorShift[p + 1] = posed[q + 1] - (m[h + 4] * px + m[h + 5] * py + m[h + 6] * pz + m[h + 7]);
    anchorShift[p + 2] = posed[q + 2] - (m[h + 8] * px + m[h + 9] * py + m[h + 10] * pz + m[h + 11]);
  }
}

function rideOnSkull(sheet: HeadSheet, camera: Camera, m: Float64Array): void {
  const { free, freePoints, freeAnchors, freeAnchorWeights, anchorShift, follow, x, y, z } = sheet;
  const { focalPx, centreX, centreY } = camera;
  const h = HEAD_JOINT * TRANSFORM_SIZE;
  const g = BODY_JOINT * TRANSFORM_SIZE;
  for (let k = 0, p = 0; k < free.length; k++, p += 3) {
    const px = freePoints[p];
    const py = freePoints[p + 1];
    const pz = freePoints[p + 2];
    const i = free[k];
    const head = follow[i];
    const body = 1 - head;
    let qx = head * (m[h] * px + m[h + 1] * py + m[h + 2] * pz + m[h + 3]);
    let qy = head * (m[h + 4] * px + m[h + 5] * py + m[h + 6] * pz + m[h + 7]);
    let qz = head * (m[h + 8] * px + m[h + 9] * py + m[h + 10] * pz + m[h + 11]);
    if (body > 0) {
      qx += body * (m[g] * px + m[g + 1] * py + m[g + 2] * pz + m[g + 3]);
      qy += body * (m[g + 4] * px + m[g + 5] * py + m[g + 6] * pz + m[g + 7]);
      qz += body * (m[g + 8] * px + m[g + 9] * py + m[g + 10] * pz + m[g + 11]);
    }
    for (let a = k * ANCHORS; a < (k + 1) * ANCHORS; a++) {
      const weight = freeAnchorWeights[a];
      const s = freeAnchors[a] * 3;
      qx += weight * anchorShift[s];
      qy += weight * anchorShift[s + 1];
      qz += weight * anchorShift[s + 2];
    }
    const scale = -focalPx / qz;
    x[i] = centreX + scale * qx;
    y[i] = centreY - scale * qy;
    z[i] = qz - GRID_BEHIND_M;
  }
}

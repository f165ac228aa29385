import { project } from '../head/camera.ts';
import type { Camera } from '../head/head-model.ts';
import { TRANSFORM_SIZE } from '../head/joint-transforms.ts';
import { nearestAnchors } from './anchors.ts';
import type { FaceRegion } from './face-region.ts';
import { gridTriangles, type WarpGrid } from './grid.ts';
import { pixelAt } from './numeric.ts';
import { FACE_OUTLINE, OPENINGS } from './openings.ts';
import { BODY_JOINT, HEAD_JOINT } from './rigid-motion.ts';
import type { SeatedHead } from './seated-head.ts';
import type { Sheet } from './warp-raster.ts';

/**
 * The head with its hair as one elastic sheet: the face's own triangles, and around them a grid whose vertices ride on
 * the face where it is, and otherwise on the skull at a depth continued from the model's surface.
 */
export interface HeadSheet extends Sheet {
  readonly grid: WarpGrid;
  /** `[rows, columns]` how far a grid vertex follows the skull; 0 moves with the body. */
  readonly follow: Float32Array;
  /** `[n]` grid vertices that ride on the face: vertex, and three seated vertices with weights. */
  readonly riding: Uint32Array;
  readonly ridingCorners: Uint32Array;
  readonly ridingWeights: Float32Array;
  /** `[m]` grid vertices that ride on the skull. */
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
/** The grid fills behind the face's triangles this far from where they leave a hole, interocular distances. */
const FILLED_BESIDE = 0.09;
/**
 * Hair follows the skull wholly up to the first distance from it, and not at all beyond the second, interocular
 * distances; a step aside, up or down counts so much: piled hair and hats follow far, shoulders must not.
 */
const FOLLOW_WITHIN = 0.35;
const FOLLOW_BEYOND = 2;
const STEP_ASIDE = 0.6;
const STEP_UP = 0.4;
const STEP_DOWN = 2.2;

export interface HeadSheetInput {
  readonly camera: Camera;
  readonly seated: SeatedHead;
  readonly region: FaceRegion;
  readonly grid: WarpGrid;
  readonly size: number;
  readonly iodPx: number;
  /** `[rows, columns]` depth of the picture. */
  readonly relief: Float32Array;
  /** `[size, size]` 1 where the model's head (face, skull, ears; not the neck) is seen. */
  readonly skull: Uint8Array;
  /** `[size, size]` opacity of the sheet's texture. */
  readonly opacityAt: (follow: Float32Array) => Float32Array;
  /** `[478, 3]` landmarks of the seated head in the portrait, pixels and Z. */
  readonly landmarks: Float32Array;
}

export function buildHeadSheet(input: HeadSheetInput): { sheet: HeadSheet; opacity: Float32Array } {
  const { camera, seated, region, grid, size, iodPx, skull, relief } = input;
  const { columns, rows, xs, ys } = grid;
  const count = columns * rows;
  const follow = followSkull(grid, skull, size, iodPx);
  const opacity = input.opacityAt(follow);

  const riding: number[] = [];
  const ridingCorners: number[] = [];
  const ridingWeights: number[] = [];
  const free: number[] = [];
  for (let i = 0; i < count; i++) {
    const x = xs[i % columns];
    const y = ys[Math.floor(i / columns)];
    const p = pixelAt(x, y, size);
    const t = region.surface.triangle[p];
    const onSkin = t >= 0 && seated.isSkin[t] === 1;
    if (onSkin && region.outline[p] > 0.5) {
      riding.push(i);
      const { corners, weights } = seated.attach(t, x, y);
      ridingCorners.push(...corners);
      ridingWeights.push(...weights);
      continue;
    }
    free.push(i);
  }

  const anchors = rimAnchors(seated, region, input.landmarks, iodPx);
  const anchorPoints = new Float32Array(anchors.length * 3);
  anchors.forEach((vertex, k) => {
    anchorPoints.set(seated.portrait.subarray(vertex * 3, vertex * 3 + 3), k * 3);
  });
  const anchorScreen = project(camera, anchorPoints);

  const freePoints = new Float32Array(free.length * 3);
  const freeAnchors = new Uint16Array(free.length * ANCHORS);
  const freeAnchorWeights = new Float32Array(free.length * ANCHORS);
  free.forEach((i, k) => {
    const x = xs[i % columns];
    const y = ys[Math.floor(i / columns)];
    const metresPerPx = -relief[i] / camera.focalPx;
    freePoints[k * 3] = (x - camera.centreX) * metresPerPx;
    freePoints[k * 3 + 1] = (camera.centreY - y) * metresPerPx;
    freePoints[k * 3 + 2] = relief[i];
    nearestAnchors(anchorScreen, x, y, iodPx, ANCHORS, freeAnchors, freeAnchorWeights, k * ANCHORS);
  });

  const faceVertices = seated.verticesOf(region.triangles);
  const liningLandmarks = Uint32Array.from(OPENINGS.flatMap(({ upper, lower }) => [...upper, ...lower]));
  const faceStart = count;
  const liningStart = faceStart + faceVertices.length;
  const total = liningStart + liningLandmarks.length;
  const u = new Float32Array(total);
  const v = new Float32Array(total);
  for (let i = 0; i < count; i++) {
    // Beyond the picture its edge goes on.
    u[i] = Math.min(size, Math.max(0, xs[i % columns]));
    v[i] = Math.min(size, Math.max(0, ys[Math.floor(i / columns)]));
  }
  const screen = project(camera, seated.portrait);
  faceVertices.forEach((vertex, k) => {
    u[faceStart + k] = screen[vertex * 2];
    v[faceStart + k] = screen[vertex * 2 + 1];
  });
  liningLandmarks.forEach((landmark, k) => {
    u[liningStart + k] = input.landmarks[landmark * 3];
    v[liningStart + k] = input.landmarks[landmark * 3 + 1];
  });

  const keep = cellsToKeep(grid, opacity, region, size, Math.ceil(FILLED_BESIDE * iodPx));
  const position = new Map(Array.from(faceVertices, (vertex, k) => [vertex, faceStart + k]));
  const triangles = [
    ...seated.triangleVertices(region.triangles).map((vertex) => position.get(vertex)!),
    ...liningTriangles(liningStart),
    ...gridTriangles(grid, keep),
  ];
  // The model counts its corners the other way round than the screen.
  for (let t = 0; t < region.triangles.length * 3; t += 3)
    [triangles[t + 1], triangles[t + 2]] = [triangles[t + 2], triangles[t + 1]];

  const sheet: HeadSheet = {
    x: Float32Array.from(u),
    y: Float32Array.from(v),
    z: new Float32Array(total),
    u,
    v,
    triangles: Uint32Array.from(triangles),
    grid,
    follow,
    riding: Uint32Array.from(riding),
    ridingCorners: Uint32Array.from(ridingCorners),
    ridingWeights: Float32Array.from(ridingWeights),
    free: Uint32Array.from(free),
    freePoints,
    freeAnchors,
    freeAnchorWeights,
    anchors,
    anchorPoints,
    anchorShift: new Float32Array(anchors.length * 3),
    faceStart,
    faceVertices,
    liningStart,
    liningLandmarks,
  };
  return { sheet, opacity };
}

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

/** 1 on the skull, falling with the distance from it. */
function followSkull(grid: WarpGrid, skull: Uint8Array, size: number, iodPx: number): Float32Array {
  const rim: number[] = [];
  for (let y = 0; y < size; y += 2)
    for (let x = 0; x < size; x += 2) {
      if (skull[y * size + x] === 0) continue;
      const inner =
        skull[y * size + Math.max(0, x - 2)] &
        skull[y * size + Math.min(size - 1, x + 2)] &
        skull[Math.max(0, y - 2) * size + x] &
        skull[Math.min(size - 1, y + 2) * size + x];
      if (inner === 0) rim.push(x, y);
    }
  const follow = new Float32Array(grid.columns * grid.rows);
  for (let i = 0; i < follow.length; i++) {
    const x = grid.xs[i % grid.columns];
    const y = grid.ys[Math.floor(i / grid.columns)];
    if (skull[pixelAt(x, y, size)] === 1) {
      follow[i] = 1;
      continue;
    }
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < rim.length; k += 2) {
      const dx = (rim[k] - x) * STEP_ASIDE;
      const dy = (rim[k + 1] - y) * (rim[k + 1] > y ? STEP_UP : STEP_DOWN);
      least = Math.min(least, dx * dx + dy * dy);
    }
    const t = Math.min(
      1,
      Math.max(0, (Math.sqrt(least) / iodPx - FOLLOW_WITHIN) / (FOLLOW_BEYOND - FOLLOW_WITHIN)),
    );
    follow[i] = 1 - t * t * (3 - 2 * t);
  }
  return follow;
}

/** Face vertices close to the outline, thinned out. */
function rimAnchors(
  seated: SeatedHead,
  region: FaceRegion,
  landmarks: Float32Array,
  iodPx: number,
): Uint32Array {
  const vertices = seated.verticesOf(region.triangles);
  const screen = project(seated.camera, seated.portrait);
  const anchors = new Set<number>();
  for (let i = 0; i < FACE_OUTLINE.length; i++)
    for (const t of [0, 0.5]) {
      const a = FACE_OUTLINE[i] * 3;
      const b = FACE_OUTLINE[(i + 1) % FACE_OUTLINE.length] * 3;
      const x = landmarks[a] + (landmarks[b] - landmarks[a]) * t;
      const y = landmarks[a + 1] + (landmarks[b + 1] - landmarks[a + 1]) * t;
      let nearest = -1;
      let least = (0.5 * iodPx) ** 2;
      for (const vertex of vertices) {
        const squared = (screen[vertex * 2] - x) ** 2 + (screen[vertex * 2 + 1] - y) ** 2;
        if (squared < least) {
          least = squared;
          nearest = vertex;
        }
      }
      if (nearest >= 0) anchors.add(nearest);
    }
  return Uint32Array.from(anchors);
}

/** Cells that show something and are not wholly behind the face's own triangles, with a margin where these end. */
function cellsToKeep(
  grid: WarpGrid,
  opacity: Float32Array,
  region: FaceRegion,
  size: number,
  margin: number,
): (column: number, row: number) => boolean {
  const { xs, ys } = grid;
  return (column, row) => {
    let shows = false;
    let hidden = true;
    const within = (at: number): number => Math.min(size - 1, Math.max(0, at));
    const left = within(Math.floor(xs[column]) - margin);
    const right = within(Math.ceil(xs[column + 1]) + margin);
    const top = within(Math.floor(ys[row]) - margin);
    const bottom = within(Math.ceil(ys[row + 1]) + margin);
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        const p = y * size + x;
        if (opacity[p] > 0.002) shows = true;
        const t = region.surface.triangle[p];
        if (t < 0 || region.isFace[t] === 0) hidden = false;
      }
    return shows && !hidden;
  };
}

/** Quads between the two lines of each opening. */
function liningTriangles(start: number): number[] {
  const triangles: number[] = [];
  let at = start;
  for (const { upper, lower } of OPENINGS) {
    for (let i = 0; i + 1 < upper.length; i++) {
      const a = at + i;
      const c = at + upper.length + i;
      triangles.push(a, a + 1, c + 1, a, c + 1, c);
    }
    at += upper.length + lower.length;
  }
  return triangles;
}

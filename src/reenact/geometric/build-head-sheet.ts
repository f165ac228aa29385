import { project } from '../head/camera.ts';
import type { Camera } from '../head/head-model.ts';
import { nearestAnchors } from './anchors.ts';
import type { FaceRegion } from './face-region.ts';
import { followSkull } from './follow-skull.ts';
import { gridTriangles, type WarpGrid } from './grid.ts';
import { ANCHORS, type HeadSheet } from './head-sheet.ts';
import { pixelAt } from './numeric.ts';
import { FACE_OUTLINE, OPENINGS } from './openings.ts';
import type { SeatedHead } from './seated-head.ts';

/** The grid fills behind the face's triangles this far from where they leave a hole, interocular distances. */
const FILLED_BESIDE = 0.09;

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

  const keep = cellsToKeep(grid, opacity, region, size, Math.ceil(FILLED_BESIDE * iodPx));
  const around = gridTriangles(grid, keep);
  const drawn = new Uint8Array(count);
  for (const vertex of around) drawn[vertex] = 1;

  const riding: number[] = [];
  const ridingCorners: number[] = [];
  const ridingWeights: number[] = [];
  const ridingPlaces: number[] = [];
  const free: number[] = [];
  for (let i = 0; i < count; i++) {
    // Most of the grid shows nothing: its vertices are not moved either.
    if (drawn[i] === 0) continue;
    const x = xs[i % columns];
    const y = ys[Math.floor(i / columns)];
    const p = pixelAt(x, y, size);
    const t = region.surface.triangle[p];
    const onSkin = t >= 0 && seated.isSkin[t] === 1;
    if (onSkin && region.outline[p] > 0.5) {
      riding.push(i);
      const attached = seated.attach(t, x, y);
      ridingCorners.push(...attached.corners);
      ridingWeights.push(...attached.weights);
      ridingPlaces.push(attached.x, attached.y);
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

  const crown = crownAbove(opacity, size);
  const freePoints = new Float32Array(free.length * 3);
  const freeAnchors = new Uint16Array(free.length * ANCHORS);
  const freeAnchorWeights = new Float32Array(free.length * ANCHORS);
  free.forEach((i, k) => {
    const x = xs[i % columns];
    const y = beyondTop(ys[Math.floor(i / columns)], x, ys[0], crown);
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
  riding.forEach((i, k) => {
    u[i] = ridingPlaces[k * 2];
    v[i] = ridingPlaces[k * 2 + 1];
  });
  const screen = project(camera, seated.portrait);
  faceVertices.forEach((vertex, k) => {
    u[faceStart + k] = screen[vertex * 2];
    v[faceStart + k] = screen[vertex * 2 + 1];
  });
  liningLandmarks.forEach((landmark, k) => {
    u[liningStart + k] = input.landmarks[landmark * 3];
    v[liningStart + k] = input.landmarks[landmark * 3 + 1];
  });

  const position = new Map(Array.from(faceVertices, (vertex, k) => [vertex, faceStart + k]));
  const face = seated.triangleVertices(region.triangles).map((vertex) => position.get(vertex)!);
  const lining = liningTriangles(liningStart);
  const triangles = new Uint32Array(face.length + lining.length + around.length);
  triangles.set(face);
  triangles.set(lining, face.length);
  triangles.set(around, face.length + lining.length);
  // The model counts its corners the other way round than the screen.
  for (let t = 0; t < region.triangles.length * 3; t += 3)
    [triangles[t + 1], triangles[t + 2]] = [triangles[t + 2], triangles[t + 1]];

  const sheet: HeadSheet = {
    x: new Float32Array(total).fill(Number.NaN),
    y: new Float32Array(total).fill(Number.NaN),
    z: new Float32Array(total),
    u,
    v,
    triangles,
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

/** Height of the crown of a head that the picture's upper edge cuts, parts of half the width of the cut. */
const CROWN = 0.4;

/** `[size]` how far above the picture the head goes on over each column, pixels: an arc over each piece that is cut. */
function crownAbove(opacity: Float32Array, size: number): Float32Array {
  const crown = new Float32Array(size);
  for (let start = 0; start < size; start++) {
    if (opacity[start] < 0.5) continue;
    let end = start;
    while (end < size && opacity[end] >= 0.5) end++;
    const half = (end - start) / 2;
    for (let x = start; x < end; x++) crown[x] = CROWN * half * (1 - ((x + 0.5 - start - half) / half) ** 2);
    start = end;
  }
  return crown;
}

/** Row `y` of column `x`; rows above the picture, down from `top`, squeezed under the crown. */
function beyondTop(y: number, x: number, top: number, crown: Float32Array): number {
  if (y >= 0) return y;
  const height = crown[Math.min(crown.length - 1, Math.max(0, Math.floor(x)))];
  return y * Math.min(1, height / -top);
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
        if (shows && !hidden) return true;
      }
    return false;
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

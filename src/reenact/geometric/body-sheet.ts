import type { Camera } from '../head/head-model.ts';
import { TRANSFORM_SIZE } from '../head/joint-transforms.ts';
import { edgeFade, personAtEdge } from './edge-fade.ts';
import { buildGrid, gridTriangles } from './grid.ts';
import { solveScreened } from './harmonic.ts';
import { pixelAt } from './numeric.ts';
import { BODY_JOINT, HEAD_JOINT } from './rigid-motion.ts';
import type { SeatedHead } from './seated-head.ts';
import { mapSurface, type SurfaceMap } from './surface-map.ts';
import type { Sheet } from './warp-raster.ts';

/** Neck, shoulders and clothes: a coarse sheet that lies behind the head and turns with it only at the neck. */
export interface BodySheet extends Sheet {
  /** `[n, 3]` camera frame in the portrait, metres. */
  readonly points: Float32Array;
  /** `[n]` share of the head's movement. */
  readonly follow: Float32Array;
  /** `[n]` 1, falling to 0 at the picture's edge. */
  readonly fade: Float32Array;
}

/** The neck as the model sees it, without the head in front of it. */
export interface NeckMap {
  /** `[size, size]` Z of the surface, -Infinity where there is none. */
  readonly nearness: Float32Array;
  /** `[size, size]` share of the head's movement there. */
  readonly follow: Float32Array;
}

/** Vertices that follow the head less than this belong to neck and shoulders. */
const NECK_FOLLOWS_BELOW = 0.97;
const CELL_PX = 8;
const BEHIND_FACE_M = 0.006;

export function mapNeck(seated: SeatedHead, size: number): NeckMap {
  const { model } = seated.shaped;
  const ofNeck = (vertex: number): number => 1 - model.skinWeights[vertex * 5 + BODY_JOINT];
  const chosen: number[] = [];
  for (let t = 0; t < model.triangleCount; t++) {
    if (seated.isSkin[t] === 0) continue;
    const least = Math.min(...[0, 1, 2].map((k) => ofNeck(model.triangles[t * 3 + k])));
    if (least < NECK_FOLLOWS_BELOW) chosen.push(t);
  }
  const surface = mapSurface(seated.camera, seated.portrait, model.triangles, chosen, size, size);
  const follow = new Float32Array(size * size);
  for (let p = 0; p < follow.length; p++) {
    const t = surface.triangle[p];
    if (t < 0) continue;
    for (let k = 0; k < 3; k++) follow[p] += ofNeck(model.triangles[t * 3 + k]) / 3;
  }
  return { nearness: surface.nearness, follow };
}

/**
 * @param opacity `[size, size]` of the sheet's texture
 * @param skull `[size, size]` 1 where the head hides what is behind it
 * @param surface nearest surface of the posed model
 */
export function buildBodySheet(
  camera: Camera,
  neck: NeckMap,
  opacity: Float32Array,
  skull: Uint8Array,
  surface: SurfaceMap,
  size: number,
  iodPx: number,
): BodySheet {
  const grid = buildGrid(
    0,
    size,
    { left: 0, right: size, top: 0, bottom: size },
    { finePx: (CELL_PX * size) / 512, coarsePx: (CELL_PX * size) / 512 },
  );
  const { columns, rows, xs, ys } = grid;
  const count = columns * rows;
  const depth = new Float32Array(count);
  const follow = new Float32Array(count);
  const known = new Uint8Array(count);
  const u = new Float32Array(count);
  const v = new Float32Array(count);
  const fade = new Float32Array(count);
  const edge = personAtEdge(opacity, size);
  const knownFollow = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    u[i] = xs[i % columns];
    v[i] = ys[Math.floor(i / columns)];
    fade[i] = edgeFade(edge, u[i], v[i], size);
    const p = pixelAt(u[i], v[i], size);
    if (skull[p] === 1) {
      // Behind the face the neck goes on as the underside of the chin: it comes out where the chin lifts or turns.
      known[i] = knownFollow[i] = 1;
      depth[i] = surface.nearness[p] - BEHIND_FACE_M;
      follow[i] = 1;
      continue;
    }
    if (neck.nearness[p] === Number.NEGATIVE_INFINITY) continue;
    known[i] = knownFollow[i] = 1;
    depth[i] = neck.nearness[p];
    follow[i] = neck.follow[p];
  }
  solveScreened(grid, { values: depth, known, fadePx: Number.POSITIVE_INFINITY, sweeps: 300 });
  solveScreened(grid, { values: follow, known: knownFollow, fadePx: 0.4 * iodPx, sweeps: 120 });
  const points = new Float32Array(count * 3);
  for (let i = 0; i < count; i++) {
    const metresPerPx = -depth[i] / camera.focalPx;
    points[i * 3] = (u[i] - camera.centreX) * metresPerPx;
    points[i * 3 + 1] = (camera.centreY - v[i]) * metresPerPx;
    points[i * 3 + 2] = depth[i];
  }
  const shows = (column: number, row: number): boolean => {
    for (let y = Math.floor(ys[row]); y < Math.min(size, Math.ceil(ys[row + 1]) + 1); y++)
      for (let x = Math.floor(xs[column]); x < Math.min(size, Math.ceil(xs[column + 1]) + 1); x++)
        if (opacity[y * size + x] > 0.002) return true;
    return false;
  };
  return {
    x: Float32Array.from(u),
    y: Float32Array.from(v),
    z: new Float32Array(count),
    u,
    v,
    triangles: gridTriangles(grid, shows),
    points,
    follow,
    fade,
  };
}

/** @param m `[5, 3, 4]` of `RigidMotion` */
export function moveBodySheet(sheet: BodySheet, camera: Camera, m: Float64Array): void {
  const { points, follow, fade, x, y, z } = sheet;
  const { focalPx, centreX, centreY } = camera;
  const h = HEAD_JOINT * TRANSFORM_SIZE;
  const g = BODY_JOINT * TRANSFORM_SIZE;
  for (let i = 0, p = 0; i < fade.length; i++, p += 3) {
    const px = points[p];
    const py = points[p + 1];
    const pz = points[p + 2];
    const still = 1 - fade[i];
    const head = fade[i] * follow[i];
    const body = fade[i] - head;
    const qx =
      head * (m[h] * px + m[h + 1] * py + m[h + 2] * pz + m[h + 3]) +
      body * (m[g] * px + m[g + 1] * py + m[g + 2] * pz + m[g + 3]) +
      still * px;
    const qy =
      head * (m[h + 4] * px + m[h + 5] * py + m[h + 6] * pz + m[h + 7]) +
      body * (m[g + 4] * px + m[g + 5] * py + m[g + 6] * pz + m[g + 7]) +
      still * py;
    const qz =
      head * (m[h + 8] * px + m[h + 9] * py + m[h + 10] * pz + m[h + 11]) +
      body * (m[g + 8] * px + m[g + 9] * py + m[g + 10] * pz + m[g + 11]) +
      still * pz;
    const scale = -focalPx / qz;
    x[i] = centreX + scale * qx;
    y[i] = centreY - scale * qy;
    z[i] = qz;
  }
}

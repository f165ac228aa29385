import { project } from '../head/camera.ts';
import type { HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { jointTransforms } from '../head/joint-transforms.ts';
import { distanceTo } from './distance.ts';
import type { FaceRegion } from './face-region.ts';
import type { WarpGrid } from './grid.ts';
import { solveScreened } from './harmonic.ts';
import { pixelAt, solve3 } from './numeric.ts';
import type { SeatedHead } from './seated-head.ts';

/**
 * Surfaces seen flatter than the first cosine are given up for a smooth continuation, those steeper than the second
 * are believed: at its rim the model is too steep for its pixels, and a turn would pull them into combs.
 */
const GIVEN_UP_FACING = 0.15;
const BELIEVED_FACING = 0.4;

/** Hair and ears lie in one plane through the middle of the head from this far beside the face, interocular distances. */
const PLANE_BESIDE = 0.12;

export interface ReliefInput {
  /** Posed as the portrait. */
  readonly seated: SeatedHead;
  readonly region: FaceRegion;
  readonly grid: WarpGrid;
  /** `[size, size]` 1 where the model's head is seen. */
  readonly skull: Uint8Array;
  /** `[size, size]` 1 where the neck is cut from the head. */
  readonly cut: Float32Array;
  /** `[478, 3]` landmarks of the seated head: pixels and Z. */
  readonly landmarks: Float32Array;
  readonly size: number;
  readonly iodPx: number;
}

/**
 * Depth of the picture at the grid's vertices: the model's where its surface faces the camera, a plane through the
 * middle of the head where hair and ears are (the model's own ears are not the portrait's), a harmonic passage between
 * them and below the jaw.
 *
 * @returns `[rows, columns]` camera-frame Z, metres
 */
export function reliefOf(input: ReliefInput): Float32Array {
  const { seated, region, grid, skull, cut, landmarks, size, iodPx } = input;
  const { columns, xs, ys } = grid;
  const facing = vertexFacing(seated);
  const { triangles } = seated.shaped.model;
  const browY = Math.min(landmarks[BROWS[0] * 3 + 1], landmarks[BROWS[1] * 3 + 1]);
  const believed = region.outline.map((inside, p) =>
    inside > 0.5 || (skull[p] === 1 && Math.floor(p / size) < browY) ? 1 : 0,
  );
  const away = distanceTo(believed, size, size);
  const values = new Float32Array(columns * grid.rows);
  const known = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const x = xs[i % columns];
    const y = ys[Math.floor(i / columns)];
    const p = pixelAt(x, y, size);
    const t = region.surface.triangle[p];
    if (believed[p] === 1) {
      if (t < 0 || seated.isSkin[t] === 0) continue;
      const least = Math.min(
        facing[triangles[t * 3]],
        facing[triangles[t * 3 + 1]],
        facing[triangles[t * 3 + 2]],
      );
      if (least < BELIEVED_FACING) continue;
      values[i] = region.surface.nearness[p];
      known[i] = 1;
    } else if (away[p] > PLANE_BESIDE * iodPx && cut[p] < 0.5) {
      values[i] = earPlane(landmarks, x);
      known[i] = 1;
    }
  }
  return solveScreened(grid, { values, known, fadePx: Number.POSITIVE_INFINITY, sweeps: 500 });
}

const BROWS = [105, 334];
/** Where the face's outline passes the ears, on the screen's left and right. */
const EARS = [234, 454];

/**
 * Z of the plane of hair and ears at column x: through both ears on the side that is turned to the camera, level on
 * the other, where the head's silhouette lies in its middle.
 */
function earPlane(landmarks: Float32Array, x: number): number {
  const [xa, za, xb, zb] = EARS.flatMap((i) => [landmarks[i * 3], landmarks[i * 3 + 2]]);
  const t = Math.min(1, Math.max(0, (x - xa) / (xb - xa)));
  return Math.max((za + zb) / 2, za + t * (zb - za));
}

/**
 * The same head with the vertices of its rim moved along their rays onto the relief: the portrait still projects to
 * where it did.
 */
export function relaxRim(
  seated: SeatedHead,
  coefficients: HeadCoefficients,
  grid: WarpGrid,
  relief: Float32Array,
): ShapedHead {
  const { shaped, camera, portrait } = seated;
  const { model } = shaped;
  const facing = vertexFacing(seated);
  const screen = project(camera, portrait);
  const transforms = jointTransforms(shaped.joints, coefficients.theta);
  const vertices = Float32Array.from(shaped.vertices);
  const rotation = new Float64Array(9);
  for (let vertex = 0; vertex < model.vertexCount; vertex++) {
    const t = Math.min(
      1,
      Math.max(0, (facing[vertex] - GIVEN_UP_FACING) / (BELIEVED_FACING - GIVEN_UP_FACING)),
    );
    const share = 1 - t * t * (3 - 2 * t);
    if (share === 0 || facing[vertex] < -0.3) continue;
    const z = portrait[vertex * 3 + 2];
    const target = sample(grid, relief, screen[vertex * 2], screen[vertex * 2 + 1]);
    const stretch = (share * (target - z)) / z;
    rotation.fill(0);
    for (let joint = 0; joint < 5; joint++)
      for (let row = 0; row < 3; row++)
        for (let column = 0; column < 3; column++)
          rotation[row * 3 + column] +=
            model.skinWeights[vertex * 5 + joint] * transforms[joint * 12 + row * 4 + column];
    const shift = solve3(
      rotation,
      [0, 1, 2].map((k) => stretch * portrait[vertex * 3 + k]),
    );
    for (let k = 0; k < 3; k++) vertices[vertex * 3 + k] += shift[k];
  }
  return { ...shaped, vertices };
}

/** `[V]` cosine between the smooth normal of the portrait's skin and the ray to the camera. */
export function vertexFacing({ shaped, portrait, isSkin }: SeatedHead): Float32Array {
  const { triangles, vertexCount, triangleCount } = shaped.model;
  const normals = new Float64Array(vertexCount * 3);
  for (let t = 0; t < triangleCount; t++) {
    if (isSkin[t] === 0) continue;
    const [a, b, c] = [triangles[t * 3] * 3, triangles[t * 3 + 1] * 3, triangles[t * 3 + 2] * 3];
    const u = [0, 1, 2].map((k) => portrait[b + k] - portrait[a + k]);
    const v = [0, 1, 2].map((k) => portrait[c + k] - portrait[a + k]);
    const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    for (const corner of [a, b, c]) for (let k = 0; k < 3; k++) normals[corner + k] += normal[k];
  }
  return Float32Array.from({ length: vertexCount }, (_, vertex) => {
    const p = vertex * 3;
    const along = -(
      normals[p] * portrait[p] +
      normals[p + 1] * portrait[p + 1] +
      normals[p + 2] * portrait[p + 2]
    );
    const length = Math.hypot(normals[p], normals[p + 1], normals[p + 2]);
    return length === 0 ? 0 : along / (length * Math.hypot(portrait[p], portrait[p + 1], portrait[p + 2]));
  });
}

/** Bilinear in the grid; clamped at its edges. */
function sample({ columns, rows, xs, ys }: WarpGrid, values: Float32Array, x: number, y: number): number {
  const column = lineBefore(xs, columns, x);
  const row = lineBefore(ys, rows, y);
  const fx = Math.min(1, Math.max(0, (x - xs[column]) / (xs[column + 1] - xs[column])));
  const fy = Math.min(1, Math.max(0, (y - ys[row]) / (ys[row + 1] - ys[row])));
  const i = row * columns + column;
  const above = values[i] + (values[i + 1] - values[i]) * fx;
  const below = values[i + columns] + (values[i + columns + 1] - values[i + columns]) * fx;
  return above + (below - above) * fy;
}

function lineBefore(lines: Float32Array, count: number, at: number): number {
  let low = 0;
  let high = count - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lines[middle] <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

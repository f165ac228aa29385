import { project } from '../head/camera.ts';
import type { Camera, HeadModel } from '../head/head-model.ts';
import { CoverageMask } from './polygon.ts';
import { mapSurface, type SurfaceMap } from './surface-map.ts';

/** What the portrait shows of the head model, posed and seated on it. */
export interface FaceRegion {
  /** Nearest surface of all parts but the lashes. */
  readonly surface: SurfaceMap;
  /** Triangles of the skin inside the face's outline that the portrait shows whole. */
  readonly triangles: Uint32Array;
  /** `[F of the head]` 1 for those. */
  readonly isFace: Uint8Array;
  /** `[height, width]` 0..1 inside the face's outline. */
  readonly outline: Float32Array;
}

/** How far behind the nearest surface a vertex may lie and still count as seen, metres. */
const SEEN_TOLERANCE_M = 0.004;
/** A triangle seen flatter than this (screen area over area turned to the camera) says little about its pixels. */
const LEAST_FACING = 0.12;

/**
 * @param posed `[V, 3]` the seated head in the portrait's pose
 * @param outline `[n, 2]` the face's outline, pixels, clockwise on the screen
 */
export function faceRegion(
  model: HeadModel,
  camera: Camera,
  posed: Float32Array,
  outline: Float32Array,
  width: number,
  height: number,
): FaceRegion {
  const lashes = model.parts.indexOf('lashes');
  const skin = model.parts.indexOf('skin');
  const solid: number[] = [];
  for (let t = 0; t < model.triangleCount; t++) if (model.triangleParts[t] !== lashes) solid.push(t);
  const surface = mapSurface(camera, posed, model.triangles, solid, width, height);

  const mask = new CoverageMask(width, height);
  mask.fill(outline, outline.length / 2);
  const inside = new Float32Array(width * height);
  for (let y = mask.top; y < mask.bottom; y++)
    for (let x = mask.left; x < mask.right; x++)
      inside[y * width + x] = mask.data[(y - mask.top) * (mask.right - mask.left) + x - mask.left];

  const screen = project(camera, posed);
  const seen = new Uint8Array(model.vertexCount);
  for (let vertex = 0; vertex < model.vertexCount; vertex++) {
    const x = Math.floor(screen[vertex * 2]);
    const y = Math.floor(screen[vertex * 2 + 1]);
    if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
    const nearest = surface.nearness[y * width + x];
    if (posed[vertex * 3 + 2] >= nearest - SEEN_TOLERANCE_M) seen[vertex] = 1;
  }

  const isFace = new Uint8Array(model.triangleCount);
  const chosen: number[] = [];
  for (let t = 0; t < model.triangleCount; t++) {
    if (model.triangleParts[t] !== skin) continue;
    const [a, b, c] = [model.triangles[t * 3], model.triangles[t * 3 + 1], model.triangles[t * 3 + 2]];
    if (seen[a] === 0 || seen[b] === 0 || seen[c] === 0) continue;
    const x = Math.floor((screen[a * 2] + screen[b * 2] + screen[c * 2]) / 3);
    const y = Math.floor((screen[a * 2 + 1] + screen[b * 2 + 1] + screen[c * 2 + 1]) / 3);
    if (!(x >= 0 && x < width && y >= 0 && y < height) || inside[y * width + x] < 0.5) continue;
    if (facing(posed, a, b, c) < LEAST_FACING) continue;
    isFace[t] = 1;
    chosen.push(t);
  }
  return { surface, triangles: Uint32Array.from(chosen), isFace, outline: inside };
}

/** Cosine between a triangle's normal and the ray from its first corner to the camera. */
function facing(posed: Float32Array, a: number, b: number, c: number): number {
  const u = [0, 1, 2].map((k) => posed[b * 3 + k] - posed[a * 3 + k]);
  const v = [0, 1, 2].map((k) => posed[c * 3 + k] - posed[a * 3 + k]);
  const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  let along = 0;
  for (let k = 0; k < 3; k++) along -= normal[k] * posed[a * 3 + k];
  const length = Math.hypot(normal[0], normal[1], normal[2]);
  const away = Math.hypot(posed[a * 3], posed[a * 3 + 1], posed[a * 3 + 2]);
  return length > 0 ? along / (length * away) : 0;
}

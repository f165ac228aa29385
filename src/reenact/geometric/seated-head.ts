import type { LandmarkEmbedding } from '../fit/types.ts';
import { project } from '../head/camera.ts';
import type { Camera, HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { poseHead } from '../head/pose-head.ts';
import { reduceHead } from '../head/reduced-head.ts';
import { rayBarycentric } from './surface-map.ts';

/**
 * The head that sits on a portrait, cut down to the vertices that the warp looks at. Vertex numbers of this class are
 * those of the full head; `compact` turns them into places of the reduced head that is posed every frame.
 */
export class SeatedHead {
  /** `[V, 3]` camera frame, posed as the portrait. */
  readonly portrait: Float32Array;
  /** `[F]` 1 for triangles of the skin. */
  readonly isSkin: Uint8Array;

  constructor(
    readonly shaped: ShapedHead,
    readonly camera: Camera,
    coefficients: HeadCoefficients,
  ) {
    const { model } = shaped;
    this.portrait = poseHead(shaped, coefficients);
    const skin = model.parts.indexOf('skin');
    this.isSkin = Uint8Array.from(model.triangleParts, (part) => (part === skin ? 1 : 0));
  }

  /**
   * Corners of triangle `t`, the weights of the point of it that the ray through pixel position (x, y) meets (or
   * passes closest, roughly: a triangle seen from its edge is met anywhere), and where that point is on the screen.
   */
  attach(t: number, x: number, y: number): { corners: number[]; weights: number[]; x: number; y: number } {
    const { triangles } = this.shaped.model;
    const corners = [triangles[t * 3], triangles[t * 3 + 1], triangles[t * 3 + 2]];
    const met = rayBarycentric(this.camera, this.portrait, triangles, t, x, y);
    const within = met.map((weight) => (Number.isFinite(weight) ? Math.min(1, Math.max(0, weight)) : 1));
    const sum = within[0] + within[1] + within[2];
    const weights = within.map((weight) => weight / sum);
    const point = [0, 1, 2].map((k) =>
      corners.reduce((total, vertex, i) => total + weights[i] * this.portrait[vertex * 3 + k], 0),
    );
    const [screenX, screenY] = project(this.camera, point);
    return { corners, weights, x: screenX, y: screenY };
  }

  /** Vertices of `chosen` triangles, each once. */
  verticesOf(chosen: Uint32Array): Uint32Array {
    return Uint32Array.from(new Set(this.triangleVertices(chosen)));
  }

  /** `[chosen, 3]`. */
  triangleVertices(chosen: Uint32Array): number[] {
    const { triangles } = this.shaped.model;
    return Array.from(chosen).flatMap((t) => [triangles[t * 3], triangles[t * 3 + 1], triangles[t * 3 + 2]]);
  }
}

/** The reduced head and where its vertices came from. */
export interface CompactHead {
  readonly shaped: ShapedHead;
  /** `[n]` vertices of the full head, in the order of the reduced ones. */
  readonly vertexIds: Uint32Array;
  /** `[V of the full head]` place among the reduced vertices, -1 where left out. */
  readonly positionOf: Int32Array;
}

/** Keeps `wanted` vertices of a seated head: posing it costs no more than what is looked at. */
export function compactHead(seated: ShapedHead, wanted: Iterable<number>): CompactHead {
  const { model, vertexIds, positionOf } = reduceHead(seated.model, wanted);
  const vertices = new Float32Array(model.vertexCount * 3);
  vertexIds.forEach((vertex, i) => {
    vertices.set(seated.vertices.subarray(vertex * 3, vertex * 3 + 3), i * 3);
  });
  vertices.set(seated.joints, vertexIds.length * 3);
  return { shaped: { model, beta: seated.beta, vertices, joints: seated.joints }, vertexIds, positionOf };
}

/** Landmarks as fixed points of a surface: three vertices and their weights each. */
export interface SurfacePoints {
  /** `[478, 3]` vertices. */
  readonly corners: Uint32Array;
  /** `[478, 3]`. */
  readonly weights: Float32Array;
}

export function surfacePoints(embedding: LandmarkEmbedding, triangles: Uint32Array): SurfacePoints {
  const corners = new Uint32Array(embedding.triangles.length * 3);
  for (let i = 0; i < embedding.triangles.length; i++)
    for (let k = 0; k < 3; k++) corners[i * 3 + k] = triangles[embedding.triangles[i] * 3 + k];
  return { corners, weights: Float32Array.from(embedding.barycentric) };
}

/**
 * Projects surface points of a posed head.
 *
 * @param out `[n, 3]` x and y in pixels, Z in metres; written and returned
 */
export function projectPoints(
  camera: Camera,
  posed: Float32Array,
  { corners, weights }: SurfacePoints,
  out: Float32Array,
): Float32Array {
  for (let i = 0; i < corners.length; i += 3) {
    let px = 0;
    let py = 0;
    let pz = 0;
    for (let k = i; k < i + 3; k++) {
      const vertex = corners[k] * 3;
      px += weights[k] * posed[vertex];
      py += weights[k] * posed[vertex + 1];
      pz += weights[k] * posed[vertex + 2];
    }
    const scale = -camera.focalPx / pz;
    out[i] = camera.centreX + scale * px;
    out[i + 1] = camera.centreY - scale * py;
    out[i + 2] = pz;
  }
  return out;
}

/** Screen positions of the portrait's vertices, `[V, 2]`. */
export function portraitScreen({ camera, portrait }: SeatedHead): Float32Array {
  return project(camera, portrait);
}

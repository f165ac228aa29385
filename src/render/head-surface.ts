import type { HeadModel, HeadPart } from '../reenact/head/head-model.ts';
import { vertexNormals } from '../reenact/head/vertex-normals.ts';
import { bustPartOf } from './dressed-head.ts';

/**
 * The triangles of a head as they are drawn: lashes apart (they are blended), skin and mouth lining split in four for
 * round outlines where wanted. The first V vertices are the model's own, in its order.
 */
export interface HeadSurface {
  readonly model: HeadModel;
  readonly vertexCount: number;
  /** `[F, 3]`. */
  readonly triangles: Uint32Array;
  /** `[F]` index into the model's parts. */
  readonly parts: Uint8Array;
  /** `[F, 3, 2]` texture coordinates, v up. */
  readonly cornerUv: Float32Array;
  /** `[F]` triangle of the model that each one comes from. */
  readonly sourceTriangle: Uint32Array;
  /** `[vertexCount - V, 2]` ends of the edge that each added vertex halves. */
  readonly edges: Uint32Array;
}

export function partIndex(model: HeadModel, part: HeadPart): number {
  return model.parts.indexOf(part);
}

/**
 * @param cornerUv `[F, 3, 2]` texture coordinates of the model's triangles.
 * @param refine Splits skin in four.
 */
export function createHeadSurface(model: HeadModel, cornerUv: Float32Array, refine: boolean): HeadSurface {
  const skin = partIndex(model, 'skin');
  const bag = partIndex(model, 'mouthBag');
  const lashes = partIndex(model, 'lashes');
  const bust = bustPartOf(model);
  const triangles: number[] = [];
  const parts: number[] = [];
  const corners: number[] = [];
  const source: number[] = [];
  const edges: number[] = [];
  const middles = new Map<number, number>();
  let vertexCount = model.vertexCount;

  const middle = (a: number, b: number): number => {
    const key = Math.min(a, b) * model.vertexCount + Math.max(a, b);
    let vertex = middles.get(key);
    if (vertex === undefined) {
      vertex = vertexCount++;
      middles.set(key, vertex);
      edges.push(Math.min(a, b), Math.max(a, b));
    }
    return vertex;
  };
  const emit = (f: number, ids: readonly number[], coordinates: readonly number[]): void => {
    triangles.push(...ids);
    corners.push(...coordinates);
    parts.push(model.triangleParts[f]);
    source.push(f);
  };

  for (let f = 0; f < model.triangleCount; f++) {
    const part = model.triangleParts[f];
    if (part === lashes) continue;
    const [a, b, c] = model.triangles.subarray(f * 3, f * 3 + 3);
    const [ua, va, ub, vb, uc, vc] = cornerUv.subarray(f * 6, f * 6 + 6);
    if (!refine || (part !== skin && part !== bag && part !== bust)) {
      emit(f, [a, b, c], [ua, va, ub, vb, uc, vc]);
      continue;
    }
    const [ab, bc, ca] = [middle(a, b), middle(b, c), middle(c, a)];
    const [uab, vab] = [(ua + ub) / 2, (va + vb) / 2];
    const [ubc, vbc] = [(ub + uc) / 2, (vb + vc) / 2];
    const [uca, vca] = [(uc + ua) / 2, (vc + va) / 2];
    emit(f, [a, ab, ca], [ua, va, uab, vab, uca, vca]);
    emit(f, [ab, b, bc], [uab, vab, ub, vb, ubc, vbc]);
    emit(f, [ca, bc, c], [uca, vca, ubc, vbc, uc, vc]);
    emit(f, [ab, bc, ca], [uab, vab, ubc, vbc, uca, vca]);
  }
  return {
    model,
    vertexCount,
    triangles: Uint32Array.from(triangles),
    parts: Uint8Array.from(parts),
    cornerUv: Float32Array.from(corners),
    sourceTriangle: Uint32Array.from(source),
    edges: Uint32Array.from(edges),
  };
}

/**
 * Positions `[vertexCount, 3]` of the drawn surface from those of the model's vertices `[V, 3]`. Added vertices lie on
 * the arc through the ends of their edge (Boubekeur and Alexa, "Phong Tessellation", SIGGRAPH Asia 2008, shape factor
 * 1/2, which is exact on a sphere), so the model's own vertices stay where they are.
 */
export function refinePositions(surface: HeadSurface, positions: Float32Array): Float32Array {
  const { model, edges } = surface;
  if (edges.length === 0) return positions;
  const out = new Float32Array(surface.vertexCount * 3);
  out.set(positions);
  const normals = vertexNormals(positions, model.triangles);
  for (let e = 0, at = model.vertexCount * 3; e < edges.length; e += 2, at += 3) {
    const a = edges[e] * 3;
    const b = edges[e + 1] * 3;
    const hx = (positions[b] - positions[a]) / 2;
    const hy = (positions[b + 1] - positions[a + 1]) / 2;
    const hz = (positions[b + 2] - positions[a + 2]) / 2;
    const agree = normals[a] * normals[b] + normals[a + 1] * normals[b + 1] + normals[a + 2] * normals[b + 2];
    // Across creases (lid margins, lips) the normals say nothing about the curve between.
    const bend = agree > 0.3 ? 0.25 : 0;
    const da = bend * (hx * normals[a] + hy * normals[a + 1] + hz * normals[a + 2]);
    const db = -bend * (hx * normals[b] + hy * normals[b + 1] + hz * normals[b + 2]);
    out[at] = positions[a] + hx - da * normals[a] - db * normals[b];
    out[at + 1] = positions[a + 1] + hy - da * normals[a + 1] - db * normals[b + 1];
    out[at + 2] = positions[a + 2] + hz - da * normals[a + 2] - db * normals[b + 2];
  }
  return out;
}

/** A field `[V, width]` at the drawn surface's vertices; added vertices take the mean of their edge. */
export function refineField(surface: HeadSurface, field: Float32Array, width: number): Float32Array {
  const { model, edges } = surface;
  if (edges.length === 0) return field;
  const out = new Float32Array(surface.vertexCount * width);
  out.set(field);
  for (let e = 0, at = model.vertexCount * width; e < edges.length; e += 2, at += width) {
    for (let i = 0; i < width; i++)
      out[at + i] = (field[edges[e] * width + i] + field[edges[e + 1] * width + i]) / 2;
  }
  return out;
}

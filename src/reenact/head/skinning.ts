import { JOINT_COUNT } from './head-file-header.ts';
import { TRANSFORM_SIZE } from './joint-transforms.ts';

/** Blend weights without their zeros: most vertices hang on one or two of the five joints. */
export interface SkinInfluences {
  /** `[V + 1]` start of each vertex's run. */
  readonly offsets: Uint32Array;
  /** `[nnz]` start of the joint's transform. */
  readonly transforms: Uint8Array;
  /** `[nnz]`, each vertex's sum to 1. */
  readonly weights: Float32Array;
}

export function skinInfluences(skinWeights: Float32Array): SkinInfluences {
  const vertices = skinWeights.length / JOINT_COUNT;
  const offsets = new Uint32Array(vertices + 1);
  const transforms: number[] = [];
  const weights: number[] = [];
  for (let v = 0; v < vertices; v++) {
    for (let j = 0; j < JOINT_COUNT; j++) {
      const weight = skinWeights[v * JOINT_COUNT + j];
      if (weight === 0) continue;
      transforms.push(j * TRANSFORM_SIZE);
      weights.push(weight);
    }
    offsets[v + 1] = weights.length;
  }
  return { offsets, transforms: Uint8Array.from(transforms), weights: Float32Array.from(weights) };
}

/**
 * Linear blend skinning in place: every vertex of `points` `[V, 3]` moves by the blend of its joints' transforms
 * `[5, 3, 4]`, then by the translation.
 */
export function skin(
  points: Float32Array,
  influences: SkinInfluences,
  transforms: Float64Array,
  translation: ArrayLike<number>,
): void {
  const { offsets, transforms: starts, weights } = influences;
  const dx = translation[0];
  const dy = translation[1];
  const dz = translation[2];
  const vertices = offsets.length - 1;
  for (let v = 0, p = 0, k = 0; v < vertices; v++, p = (p + 3) | 0) {
    const end = offsets[(v + 1) | 0] | 0;
    const x = points[p];
    const y = points[(p + 1) | 0];
    const z = points[(p + 2) | 0];
    let sx = dx;
    let sy = dy;
    let sz = dz;
    for (; k < end; k++) {
      const a = starts[k];
      const w = weights[k];
      sx += w * (transforms[a] * x + transforms[a + 1] * y + transforms[a + 2] * z + transforms[a + 3]);
      sy += w * (transforms[a + 4] * x + transforms[a + 5] * y + transforms[a + 6] * z + transforms[a + 7]);
      sz += w * (transforms[a + 8] * x + transforms[a + 9] * y + transforms[a + 10] * z + transforms[a + 11]);
    }
    points[p] = sx;
    points[(p + 1) | 0] = sy;
    points[(p + 2) | 0] = sz;
  }
}

import { JOINT_COUNT, POSE_FEATURE_COUNT } from './head-file-header.ts';
import type { HeadModel, SparseBasis } from './head-model.ts';
import { regressJoints } from './shape-head.ts';

/**
 * A head cut down to the vertices that somebody looks at. It is a {@link HeadModel} itself, so that shapeHead and
 * poseHead run it unchanged, with the same result at those vertices; what else they do costs nothing.
 */
export interface ReducedHead {
  /**
   * Vertices in the order of `vertexIds`, then five that stand for the joints (they carry the joint regressor and
   * lie where each joint goes). No triangles.
   */
  readonly model: HeadModel;
  /** `[S]` vertices of the full head, in the order given, without repetitions. */
  readonly vertexIds: Uint32Array;
  /** `[V of the full head]` position in `vertexIds`, -1 for vertices left out. */
  readonly positionOf: Int32Array;
}

/** Keeps the vertices `wanted` of a head, in that order; repetitions are dropped. */
export function reduceHead(model: HeadModel, wanted: Iterable<number>): ReducedHead {
  const vertexIds = Uint32Array.from(new Set(wanted));
  const positionOf = new Int32Array(model.vertexCount).fill(-1);
  for (let i = 0; i < vertexIds.length; i++) {
    const vertex = vertexIds[i];
    if (vertex >= model.vertexCount)
      throw new RangeError(`vertex ${vertex} is not in a head of ${model.vertexCount}`);
    positionOf[vertex] = i;
  }
  const kept = vertexIds.length;
  const vertexCount = kept + JOINT_COUNT;
  const skinWeights = new Float32Array(vertexCount * JOINT_COUNT);
  for (let i = 0; i < kept; i++)
    for (let j = 0; j < JOINT_COUNT; j++)
      skinWeights[i * JOINT_COUNT + j] = model.skinWeights[vertexIds[i] * JOINT_COUNT + j];
  for (let j = 0; j < JOINT_COUNT; j++) skinWeights[(kept + j) * JOINT_COUNT + j] = 1;

  return {
    vertexIds,
    positionOf,
    model: {
      ...model,
      vertexCount,
      triangleCount: 0,
      triangles: new Uint32Array(0),
      triangleParts: new Uint8Array(0),
      cornerUv: null,
      template: reduceField(model, model.template, vertexIds, 1, true),
      shapeBasis: reduceField(model, model.shapeBasis, vertexIds, model.shapeCount, true),
      expression: reduceBasis(model.expression, positionOf),
      jointRegressor: {
        offsets: Uint32Array.of(0, 1, 2, 3, 4, 5),
        indices: Uint32Array.from({ length: JOINT_COUNT }, (_, j) => kept + j),
        weights: new Float32Array(JOINT_COUNT).fill(1),
      },
      skinWeights,
      poseBasis: model.poseBasis
        ? reduceField(model, model.poseBasis, vertexIds, POSE_FEATURE_COUNT, false)
        : null,
    },
  };
}

/** `[fields, V, 3]` at the kept vertices, followed by its value at the joints (or zeros). */
function reduceField(
  model: HeadModel,
  field: Float32Array,
  vertexIds: Uint32Array,
  fields: number,
  atJoints: boolean,
): Float32Array {
  const size = model.vertexCount * 3;
  const reducedSize = (vertexIds.length + JOINT_COUNT) * 3;
  const reduced = new Float32Array(fields * reducedSize);
  for (let f = 0; f < fields; f++) {
    const source = field.subarray(f * size, (f + 1) * size);
    const target = reduced.subarray(f * reducedSize, (f + 1) * reducedSize);
    for (let i = 0; i < vertexIds.length; i++)
      for (let axis = 0; axis < 3; axis++) target[i * 3 + axis] = source[vertexIds[i] * 3 + axis];
    if (atJoints) target.set(regressJoints(model.jointRegressor, source), vertexIds.length * 3);
  }
  return reduced;
}

function reduceBasis(basis: SparseBasis, positionOf: Int32Array): SparseBasis {
  const offsets = new Uint32Array(basis.offsets.length);
  const indices: number[] = [];
  const deltas: number[] = [];
  for (let c = 0; c + 1 < basis.offsets.length; c++) {
    for (let k = basis.offsets[c]; k < basis.offsets[c + 1]; k++) {
      const position = positionOf[basis.indices[k]];
      if (position < 0) continue;
      indices.push(position);
      deltas.push(basis.deltas[k * 3], basis.deltas[k * 3 + 1], basis.deltas[k * 3 + 2]);
    }
    offsets[c + 1] = indices.length;
  }
  return { offsets, indices: Uint32Array.from(indices), deltas: Float32Array.from(deltas) };
}

import { LokiError } from '../../errors.ts';
import type { HeadModel } from '../head/head-model.ts';
import { LANDMARK_COUNT, type LandmarkEmbedding } from './types.ts';

/** Rigid parts that landmarks ride on. The neck joint is not fitted: it moves with the head. */
export const PART_HEAD = 0;
export const PART_JAW = 1;
export const PART_LEFT_EYE = 2;
export const PART_RIGHT_EYE = 3;
export const PART_COUNT = 4;
/** Part of each of FLAME's joints: global and neck are the head. */
const PART_OF_JOINT = [PART_HEAD, PART_HEAD, PART_JAW, PART_LEFT_EYE, PART_RIGHT_EYE];
/** FLAME joint of each part; the head turns about the global joint. */
export const JOINT_OF_PART = [0, 2, 3, 4];

/** Elements of (R − I) of jaw and eyes that pose correctives depend on. */
export const CORRECTIVE_COUNT = 27;
const CORRECTIVE_ROW_0 = 9; // The neck's nine come first in the head's pose basis.

const NEGLIGIBLE_WEIGHT = 1e-6;

/**
 * A head model reduced to the triangles that the landmarks lie in, laid out for the fit.
 *
 * Linear blend skinning is linear in the rest position a joint at a time, so that the posed landmark
 * Σ_k b_k Σ_j w_kj A_j v_k (k the triangle's corners) is a sum of one *term* a rigid part p: A_p applied to the
 * weighted point (m, W) with m = Σ_k b_k w_kp v_k and W = Σ_k b_k w_kp. Exact, and most landmarks have one term.
 */
export class LandmarkRig {
  readonly expressionCount: number;
  readonly shapeCount: number;
  /** `[479]` first term of each landmark. */
  readonly termStart: Uint32Array;
  /** `[terms]` rigid part. */
  readonly termPart: Uint8Array;
  /** `[terms]` W; a landmark's terms sum to 1. */
  readonly termWeight: Float64Array;
  /** `[terms, 3]` m of the template, metres. */
  readonly termMoment: Float64Array;
  /** `[terms, shapeCount, 3]` m a unit of beta. */
  readonly termShape: Float32Array;
  /** `[terms, 27, 3]` m a unit of pose corrective; null where the head has none. */
  readonly termCorrective: Float64Array | null;
  /** `[479]` first entry of each landmark in `units`. */
  readonly unitStart: Uint32Array;
  /** Expression units that move the landmark, ascending. */
  readonly units: Uint16Array;
  /** `[terms]` where the term's deltas start in `deltas`: one row of 3 for every unit of its landmark. */
  readonly deltaStart: Uint32Array;
  /** m a unit of psi, metres. */
  readonly deltas: Float64Array;
  /** `[5, 3]` joints of the template. */
  readonly joints: Float64Array;
  /** `[shapeCount, 5, 3]` joints a unit of beta. */
  readonly jointShape: Float64Array;

  /** @throws LokiError `MODEL_INVALID` where the embedding belongs to another head. */
  constructor(
    readonly model: HeadModel,
    readonly embedding: LandmarkEmbedding,
  ) {
    if (embedding.headSha256 !== model.sha256)
      throw new LokiError(
        'MODEL_INVALID',
        `The landmark embedding was made for another head than ${model.name}.`,
      );
    this.expressionCount = model.expressionCount;
    this.shapeCount = model.shapeCount;

    const expression = expressionByVertex(model);
    const builder = new TermBuilder(model);
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
      builder.add(embedding, landmark, expression);
    this.termStart = Uint32Array.from(builder.termStart);
    this.termPart = Uint8Array.from(builder.parts);
    this.termWeight = Float64Array.from(builder.weights);
    this.termMoment = Float64Array.from(builder.moments);
    this.termShape = Float32Array.from(builder.shapes);
    this.termCorrective = model.poseBasis === null ? null : Float64Array.from(builder.correctives);
    this.unitStart = Uint32Array.from(builder.unitStart);
    this.units = Uint16Array.from(builder.units);
    this.deltaStart = Uint32Array.from(builder.deltaStart);
    this.deltas = Float64Array.from(builder.deltas);

    this.joints = regressJoints(model, model.template, 0);
    this.jointShape = new Float64Array(model.shapeCount * 15);
    for (let component = 0; component < model.shapeCount; component++)
      this.jointShape.set(
        regressJoints(model, model.shapeBasis, component * model.vertexCount * 3),
        component * 15,
      );
  }
}

interface VertexExpression {
  readonly unit: number;
  readonly delta: number;
}

/** For every vertex, the units that move it and where their deltas stand. */
function expressionByVertex(model: HeadModel): Map<number, VertexExpression[]> {
  const { offsets, indices } = model.expression;
  const byVertex = new Map<number, VertexExpression[]>();
  for (let unit = 0; unit < model.expressionCount; unit++)
    for (let entry = offsets[unit]; entry < offsets[unit + 1]; entry++) {
      const list = byVertex.get(indices[entry]);
      if (list === undefined) byVertex.set(indices[entry], [{ unit, delta: entry * 3 }]);
      else list.push({ unit, delta: entry * 3 });
    }
  return byVertex;
}

/** Collects the rig's lists landmark by landmark. */
class TermBuilder {
  readonly termStart = [0];
  readonly parts: number[] = [];
  readonly weights: number[] = [];
  readonly moments: number[] = [];
  readonly shapes: number[] = [];
  readonly correctives: number[] = [];
  readonly unitStart = [0];
  readonly units: number[] = [];
  readonly deltaStart: number[] = [];
  readonly deltas: number[] = [];

  constructor(private readonly model: HeadModel) {}

  add(embedding: LandmarkEmbedding, landmark: number, expression: Map<number, VertexExpression[]>): void {
    const { model } = this;
    const corners = [0, 1, 2].map((k) => model.triangles[embedding.triangles[landmark] * 3 + k]);
    const cornerWeights = [0, 1, 2].map((k) => embedding.barycentric[landmark * 3 + k]);

    const units = [
      ...new Set(corners.flatMap((vertex) => (expression.get(vertex) ?? []).map(({ unit }) => unit))),
    ].sort((a, b) => a - b);
    this.units.push(...units);
    this.unitStart.push(this.units.length);

    for (let part = 0; part < PART_COUNT; part++) {
      const weights = corners.map((vertex, k) => cornerWeights[k] * partWeight(model, vertex, part));
      const weight = weights[0] + weights[1] + weights[2];
      if (Math.abs(weight) < NEGLIGIBLE_WEIGHT) continue;
      this.parts.push(part);
      this.weights.push(weight);
      this.moments.push(...blend(model.template, 0, corners, weights));
      for (let component = 0; component < model.shapeCount; component++)
        this.shapes.push(...blend(model.shapeBasis, component * model.vertexCount * 3, corners, weights));
      if (model.poseBasis !== null)
        for (let row = 0; row < CORRECTIVE_COUNT; row++)
          this.correctives.push(
            ...blend(model.poseBasis, (CORRECTIVE_ROW_0 + row) * model.vertexCount * 3, corners, weights),
          );
      this.deltaStart.push(this.deltas.length);
      for (const unit of units) {
        const delta = [0, 0, 0];
        corners.forEach((vertex, k) => {
          const found = expression.get(vertex)?.find((entry) => entry.unit === unit);
          if (found === undefined) return;
          for (let axis = 0; axis < 3; axis++)
            delta[axis] += weights[k] * model.expression.deltas[found.delta + axis];
        });
        this.deltas.push(...delta);
      }
    }
    this.termStart.push(this.parts.length);
  }
}

function partWeight(model: HeadModel, vertex: number, part: number): number {
  let weight = 0;
  for (let joint = 0; joint < 5; joint++)
    if (PART_OF_JOINT[joint] === part) weight += model.skinWeights[vertex * 5 + joint];
  return weight;
}

/** Σ_k weights[k] · field[corners[k]], `[3]`. */
function blend(
  field: ArrayLike<number>,
  at: number,
  corners: readonly number[],
  weights: readonly number[],
): number[] {
  return [0, 1, 2].map(
    (axis) =>
      weights[0] * field[at + corners[0] * 3 + axis] +
      weights[1] * field[at + corners[1] * 3 + axis] +
      weights[2] * field[at + corners[2] * 3 + axis],
  );
}

/** `[5, 3]` joints of the vertex field that starts at `at`. */
function regressJoints(model: HeadModel, field: ArrayLike<number>, at: number): Float64Array {
  const { offsets, indices, weights } = model.jointRegressor;
  const joints = new Float64Array(15);
  for (let joint = 0; joint < 5; joint++)
    for (let entry = offsets[joint]; entry < offsets[joint + 1]; entry++)
      for (let axis = 0; axis < 3; axis++)
        joints[joint * 3 + axis] += weights[entry] * field[at + indices[entry] * 3 + axis];
  return joints;
}

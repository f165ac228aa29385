import type { HeadCoefficients, HeadModel } from './head-model.ts';

/**
 * Slow, plain evaluation of the head, written straight from FLAME's equations with full 4×4 matrices and dense
 * loops, sharing nothing with poseHead but the model: the reference that tests and benchmarks hold it against.
 *
 * @returns `[V, 3]` camera frame
 */
export function plainPoseHead(
  model: HeadModel,
  beta: ArrayLike<number>,
  { psi, theta, translation }: HeadCoefficients,
): number[][] {
  const shaped: number[][] = [];
  for (let v = 0; v < model.vertexCount; v++) {
    const point = [0, 1, 2].map((axis) => model.template[v * 3 + axis]);
    for (let c = 0; c < beta.length; c++)
      for (let axis = 0; axis < 3; axis++)
        point[axis] += beta[c] * model.shapeBasis[(c * model.vertexCount + v) * 3 + axis];
    shaped.push(point);
  }

  const joints = Array.from({ length: 5 }, (_, j) => {
    const { offsets, indices, weights } = model.jointRegressor;
    const joint = [0, 0, 0];
    for (let k = offsets[j]; k < offsets[j + 1]; k++)
      for (let axis = 0; axis < 3; axis++) joint[axis] += weights[k] * shaped[indices[k]][axis];
    return joint;
  });

  const own = Array.from({ length: 5 }, (_, j) =>
    plainRotation(theta[j * 3], theta[j * 3 + 1], theta[j * 3 + 2]),
  );
  const posed = shaped.map((point) => [...point]);
  for (let c = 0; c < psi.length; c++)
    for (let k = model.expression.offsets[c]; k < model.expression.offsets[c + 1]; k++)
      for (let axis = 0; axis < 3; axis++)
        posed[model.expression.indices[k]][axis] += psi[c] * model.expression.deltas[k * 3 + axis];
  if (model.poseBasis)
    for (let j = 1; j < 5; j++)
      for (let e = 0; e < 9; e++) {
        const feature = own[j][Math.floor(e / 3)][e % 3] - (e % 4 === 0 ? 1 : 0);
        for (let v = 0; v < model.vertexCount; v++)
          for (let axis = 0; axis < 3; axis++)
            posed[v][axis] +=
              feature * model.poseBasis[(((j - 1) * 9 + e) * model.vertexCount + v) * 3 + axis];
      }

  const chain: number[][][] = [];
  for (let j = 0; j < 5; j++) {
    const parent = model.jointParents[j];
    const offset = joints[j].map((value, axis) => value - (parent < 0 ? 0 : joints[parent][axis]));
    const local = [...own[j].map((row, axis) => [...row, offset[axis]]), [0, 0, 0, 1]];
    chain.push(parent < 0 ? local : product(chain[parent], local));
  }
  const skinning = chain.map((global, j) =>
    product(global, [
      [1, 0, 0, -joints[j][0]],
      [0, 1, 0, -joints[j][1]],
      [0, 0, 1, -joints[j][2]],
      [0, 0, 0, 1],
    ]),
  );
  return posed.map((point, v) => {
    const moved = [0, 0, 0];
    for (let j = 0; j < 5; j++)
      for (let axis = 0; axis < 3; axis++) {
        const row = skinning[j][axis];
        moved[axis] +=
          model.skinWeights[v * 5 + j] * (row[0] * point[0] + row[1] * point[1] + row[2] * point[2] + row[3]);
      }
    return moved.map((value, axis) => value + translation[axis]);
  });
}

/** cos φ I + sin φ [n]× + (1 − cos φ) n nᵀ. */
function plainRotation(x: number, y: number, z: number): number[][] {
  const angle = Math.hypot(x, y, z);
  const n = angle === 0 ? [1, 0, 0] : [x / angle, y / angle, z / angle];
  const cross = [
    [0, -n[2], n[1]],
    [n[2], 0, -n[0]],
    [-n[1], n[0], 0],
  ];
  return [0, 1, 2].map((i) =>
    [0, 1, 2].map(
      (j) =>
        (i === j ? Math.cos(angle) : 0) + Math.sin(angle) * cross[i][j] + (1 - Math.cos(angle)) * n[i] * n[j],
    ),
  );
}

function product(a: number[][], b: number[][]): number[][] {
  return a.map((row) =>
    b[0].map((_, column) => row.reduce((sum, value, k) => sum + value * b[k][column], 0)),
  );
}

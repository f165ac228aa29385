import type { HeadCoefficients, HeadModel } from '../head/head-model.ts';
import type { TrackedFace } from '../track/types.ts';
import { LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS } from './landmark-groups.ts';
import { seededRandom } from './seeded-random.ts';
import { LANDMARK_COUNT, type LandmarkEmbedding, RESPONSE_FEATURES } from './types.ts';

const SHAPES = 12;
const UNITS = 40;
const ROWS = 14;
const COLUMNS = 18;
const HEAD_SHA256 = 'f'.repeat(64);

/**
 * A face-sized bulge of triangles with two eyeballs, smooth random shape components, local random expression units
 * and a jaw: everything the fit touches, small enough for dense references.
 */
export function fixtureHead(seed = 1, withCorrectives = false): HeadModel {
  const random = seededRandom(seed);
  const vertices: number[] = [];
  const triangles: number[] = [];
  addGrid(
    vertices,
    triangles,
    (u, v) => [
      0.075 * u,
      0.1 * v,
      0.1 * Math.sqrt(Math.max(0, 1.4 - u * u - 0.6 * v * v)) + 0.015 * Math.exp(-20 * (u * u + v * v)),
    ],
    ROWS,
    COLUMNS,
  );
  const skinCount = vertices.length / 3;
  for (const side of [1, -1])
    addGrid(
      vertices,
      triangles,
      (u, v) => [
        0.0315 * side + 0.012 * u,
        0.035 + 0.012 * v,
        0.075 + 0.012 * Math.sqrt(2.2 - u * u - v * v),
      ],
      3,
      3,
    );
  const vertexCount = vertices.length / 3;
  const eyeCount = (vertexCount - skinCount) / 2;

  const partOfVertex = (v: number) => (v < skinCount ? 0 : v < skinCount + eyeCount ? 1 : 2);
  const skinWeights = new Float32Array(vertexCount * 5);
  for (let v = 0; v < vertexCount; v++) {
    if (v >= skinCount) {
      skinWeights[v * 5 + 2 + partOfVertex(v)] = 1;
      continue;
    }
    const jaw = 1 / (1 + Math.exp((vertices[v * 3 + 1] + 0.04) / 0.01));
    skinWeights.set([0.1 * (1 - jaw), 0.9 * (1 - jaw), jaw], v * 5);
  }
  const smooth = (scale: number) => {
    const waves = Array.from({ length: 9 }, () => (random() - 0.5) * 2);
    return (v: number) =>
      [0, 1, 2].map(
        (axis) =>
          scale *
          (waves[axis] * Math.sin(20 * vertices[v * 3] + 3 * waves[axis + 3]) +
            waves[axis + 6] * Math.cos(25 * vertices[v * 3 + 1] + 2 * waves[axis])),
      );
  };
  const shapeBasis = new Float32Array(SHAPES * vertexCount * 3);
  for (let c = 0; c < SHAPES; c++) {
    const field = smooth(0.003);
    for (let v = 0; v < vertexCount; v++) shapeBasis.set(field(v), (c * vertexCount + v) * 3);
  }
  const offsets = [0];
  const indices: number[] = [];
  const deltas: number[] = [];
  for (let unit = 0; unit < UNITS; unit++) {
    const centre = [(random() - 0.5) * 0.13, (random() - 0.5) * 0.17];
    const direction = [random() - 0.5, random() - 0.5, (random() - 0.5) * 0.5];
    for (let v = 0; v < skinCount; v++) {
      const near = Math.exp(
        -((vertices[v * 3] - centre[0]) ** 2 + (vertices[v * 3 + 1] - centre[1]) ** 2) / (2 * 0.018 ** 2),
      );
      if (near < 0.02) continue;
      indices.push(v);
      deltas.push(...direction.map((d) => 0.016 * d * near));
    }
    offsets.push(indices.length);
  }
  const joints = [
    [0, -0.1, -0.02],
    [0, -0.06, -0.01],
    [0, -0.01, 0.01],
    [0.0315, 0.035, 0.075],
    [-0.0315, 0.035, 0.075],
  ];
  const regressor = jointRegressor(vertices, joints);
  const poseBasis = withCorrectives ? new Float32Array(36 * vertexCount * 3) : null;
  if (poseBasis !== null)
    for (let c = 0; c < 36; c++) {
      const field = smooth(0.004);
      for (let v = 0; v < vertexCount; v++) poseBasis.set(field(v), (c * vertexCount + v) * 3);
    }
  return {
    name: 'fixture',
    licence: 'CC0-1.0',
    sha256: HEAD_SHA256,
    vertexCount,
    triangleCount: triangles.length / 3,
    shapeCount: SHAPES,
    expressionCount: UNITS,
    template: Float32Array.from(vertices),
    triangles: Uint32Array.from(triangles),
    triangleParts: Uint8Array.from({ length: triangles.length / 3 }, (_, triangle) =>
      partOfVertex(triangles[triangle * 3]),
    ),
    parts: ['skin', 'eyeLeft', 'eyeRight'],
    cornerUv: null,
    shapeBasis,
    expression: {
      offsets: Uint32Array.from(offsets),
      indices: Uint32Array.from(indices),
      deltas: Float32Array.from(deltas),
    },
    expressionUnits: Array.from({ length: UNITS }, (_, unit) => ({
      name: `unit${unit}`,
      region: 'all' as const,
      side: 'centre' as const,
      min: unit % 4 === 0 ? -1.15 : 0,
      max: 1.15,
      sd: 0.35,
    })),
    jointNames: ['global', 'neck', 'jaw', 'leftEye', 'rightEye'],
    jointParents: [-1, 0, 1, 1, 1],
    jointRegressor: regressor,
    skinWeights,
    poseBasis,
  };
}

/** Landmarks scattered over the fixture's skin, those of the eyes where eyes are, irises on the eyeballs. */
export function fixtureEmbedding(head: HeadModel, seed = 2, respond = false): LandmarkEmbedding {
  const random = seededRandom(seed);
  const triangles = new Uint32Array(LANDMARK_COUNT);
  const barycentric = new Float32Array(LANDMARK_COUNT * 3);
  const skinTriangles = (ROWS - 1) * (COLUMNS - 1) * 2;
  const eyeTriangles = (head.triangleCount - skinTriangles) / 2;
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
    const pick = Math.floor(random() * skinTriangles);
    triangles[landmark] = LEFT_IRIS.includes(landmark)
      ? skinTriangles + (pick % eyeTriangles)
      : RIGHT_IRIS.includes(landmark)
        ? skinTriangles + eyeTriangles + (pick % eyeTriangles)
        : LEFT_EYE.includes(landmark)
          ? nearestTriangle(head, skinTriangles, 0.0315 + 0.02 * (random() - 0.5), 0.035)
          : RIGHT_EYE.includes(landmark)
            ? nearestTriangle(head, skinTriangles, -0.0315 + 0.02 * (random() - 0.5), 0.035)
            : pick;
    const [a, b] = [random(), random()].sort();
    barycentric.set([a, b - a, 1 - b], landmark * 3);
  }
  return {
    headSha256: head.sha256,
    triangles,
    barycentric,
    sigma: new Float32Array(LANDMARK_COUNT).fill(0.02),
    response: Float32Array.from({ length: LANDMARK_COUNT * RESPONSE_FEATURES.length * 3 }, () =>
      respond ? 0.02 * (random() - 0.5) : 0,
    ),
  };
}

/** A face as the tracker would give it, from landmarks in pixels `[478, 2]`; z is 0. */
export function fixtureFace(pixels: ArrayLike<number>, sequence = 0, size = 512): TrackedFace {
  const landmarks = new Float32Array(LANDMARK_COUNT * 3);
  for (let i = 0; i < LANDMARK_COUNT; i++) landmarks.set([pixels[i * 2], pixels[i * 2 + 1]], i * 3);
  const ptsMs = sequence * 40;
  return {
    landmarks,
    points: 478,
    confidence: 1,
    imageWidth: size,
    imageHeight: size,
    sequence,
    ptsMs,
    captureTimeMs: ptsMs,
  };
}

/** Random coefficients of a face in front of the camera, expression within bounds. */
export function fixtureCoefficients(head: HeadModel, random: () => number, strength = 0.6): HeadCoefficients {
  const around = (half: number) => (random() * 2 - 1) * half;
  return {
    psi: Float32Array.from(head.expressionUnits, ({ min, max }) =>
      random() < 0.4 ? strength * (min + (max - min) * random()) : 0,
    ),
    theta: Float32Array.of(
      around(0.3),
      around(0.5),
      around(0.2),
      0,
      0,
      0,
      0.3 * random(),
      around(0.03),
      around(0.01),
      around(0.1),
      around(0.2),
      0,
      around(0.1),
      around(0.2),
      0,
    ),
    translation: Float32Array.of(around(0.05), around(0.05), -0.6 + around(0.1)),
  };
}

function addGrid(
  vertices: number[],
  triangles: number[],
  surface: (u: number, v: number) => number[],
  rows: number,
  columns: number,
): void {
  const first = vertices.length / 3;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      vertices.push(...surface((2 * column) / (columns - 1) - 1, 1 - (2 * row) / (rows - 1)));
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const a = first + row * columns + column;
      triangles.push(a, a + columns, a + 1, a + 1, a + columns, a + columns + 1);
    }
}

function nearestTriangle(head: HeadModel, count: number, x: number, y: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let triangle = 0; triangle < count; triangle++) {
    const v = head.triangles[triangle * 3] * 3;
    const distance = Math.hypot(head.template[v] - x, head.template[v + 1] - y);
    if (distance < least) [least, best] = [distance, triangle];
  }
  return best;
}

/** Affine weights over the first vertices' corners of the grid that give exactly the wanted joints. */
function jointRegressor(vertices: number[], joints: number[][]): HeadModel['jointRegressor'] {
  const anchors = [5, COLUMNS * (ROWS - 1) + 3, COLUMNS - 2, Math.floor((COLUMNS * ROWS) / 2)];
  const weights = joints.flatMap((joint) =>
    solveAffine(
      anchors.map((a) => vertices.slice(a * 3, a * 3 + 3)),
      joint,
    ),
  );
  return {
    offsets: Uint32Array.of(0, 4, 8, 12, 16, 20),
    indices: Uint32Array.from(joints.flatMap(() => anchors)),
    weights: Float32Array.from(weights),
  };
}

/** w with Σ w = 1 and Σ w p = target (Cramer-free: Gaussian elimination of the 4×4 system). */
function solveAffine(points: number[][], target: number[]): number[] {
  const rows = [0, 1, 2, 3].map((r) => [...points.map((p) => (r < 3 ? p[r] : 1)), r < 3 ? target[r] : 1]);
  for (let column = 0; column < 4; column++) {
    const pivot = rows.slice(column).reduce((a, b) => (Math.abs(b[column]) > Math.abs(a[column]) ? b : a));
    const at = rows.indexOf(pivot);
    [rows[column], rows[at]] = [rows[at], rows[column]];
    for (let row = 0; row < 4; row++) {
      if (row === column) continue;
      const factor = rows[row][column] / rows[column][column];
      for (let k = column; k < 5; k++) rows[row][k] -= factor * rows[column][k];
    }
  }
  return rows.map((row, r) => row[4] / row[r]);
}

import type { HeadModelParts } from '../encode-head-file.ts';
import type { ExpressionUnit, HeadPart, SparseRows } from '../head-model.ts';
import type { FlameArrays } from './flame-arrays.ts';
import { importError } from './import-error.ts';
import type { NdArray } from './nd-array.ts';

export interface FlameHeadOptions {
  /** Identity components to keep, from the first. Default all. */
  readonly shapeCount?: number;
  /** Expression components to keep, from the first. Default all. */
  readonly expressionCount?: number;
  /** Where expression begins among the components. Default 300 of 400, 100 of 150. */
  readonly split?: number;
  readonly name?: string;
  readonly licence?: string;
}

/** Components of the releases, and of the cut that many trackers use. */
const KNOWN_SPLITS: Readonly<Record<number, number>> = { 400: 300, 150: 100 };

/** The mesh that every release has, and its eyeballs' vertices, first and last. */
const FLAME_VERTICES = 5023;
const LEFT_EYEBALL = [3931, 4476] as const;
const RIGHT_EYEBALL = [4477, 5022] as const;

/**
 * A FLAME model in the head format's terms; axes, metres and joint order are the same in both. Expression components
 * become units `psi-001`, … of region `all` within ±3 standard deviations, which is what a unit of them is.
 *
 * @throws LokiError `MODEL_INVALID` where options and components do not fit, or an index or a weight is impossible
 */
export function flameHead(arrays: FlameArrays, options: FlameHeadOptions = {}): HeadModelParts {
  const { template, faces, shapeDirections } = arrays;
  const vertices = template.shape[0];
  const components = shapeDirections.shape[2];
  const split = options.split ?? KNOWN_SPLITS[components];
  if (split === undefined)
    throw importError(`it has ${components} components; say how many of them are identity with --split`);
  if (!(split >= 0 && split <= components))
    throw importError(`it has ${components} components, so that expression can't begin at ${split}`);
  const shapeCount = kept('identity', options.shapeCount, split);
  const expressionCount = kept('expression', options.expressionCount, components - split);

  const triangles = indices('f', faces, vertices);
  return {
    name: options.name ?? 'flame',
    version: '1.0.0',
    licence: options.licence ?? 'The licence of the imported file: see https://flame.is.tue.mpg.de',
    source: 'Imported from a FLAME model (Li et al., SIGGRAPH Asia 2017) by head:import.',
    template: floats(template.values),
    triangles,
    ...partsOf(triangles, vertices),
    cornerUv: cornerUv(arrays),
    shapeBasis: componentMajor(shapeDirections, 0, shapeCount),
    expression: {
      offsets: Uint32Array.from({ length: expressionCount + 1 }, (_, c) => c * vertices),
      indices: Uint32Array.from({ length: expressionCount * vertices }, (_, i) => i % vertices),
      deltas: componentMajor(shapeDirections, split, expressionCount),
    },
    expressionUnits: Array.from({ length: expressionCount }, (_, c) => expressionUnit(c)),
    jointRegressor: sparseRows(arrays.jointRegressor),
    skinWeights: normalised(arrays.weights),
    poseBasis: arrays.poseDirections ? componentMajor(arrays.poseDirections, 0, 36) : null,
  };
}

function kept(kind: string, wanted: number | undefined, available: number): number {
  if (wanted !== undefined && wanted > available)
    throw importError(`it has ${available} ${kind} components, ${wanted} were asked for`);
  return wanted ?? available;
}

function expressionUnit(component: number): ExpressionUnit {
  const name = `psi-${String(component + 1).padStart(3, '0')}`;
  return { name, region: 'all', side: 'centre', min: -3, max: 3, sd: 1 };
}

/** `[V, 3, C]` as `[count, V, 3]`, from component `first` on. */
function componentMajor({ shape, values }: NdArray, first: number, count: number): Float32Array {
  const stride = shape[2];
  const size = shape[0] * 3;
  const out = new Float32Array(count * size);
  for (let c = 0; c < count; c++)
    for (let i = 0; i < size; i++) out[c * size + i] = values[i * stride + first + c];
  return floats(out);
}

function partsOf(triangles: Uint32Array, vertices: number): { parts: HeadPart[]; triangleParts: Uint8Array } {
  const triangleParts = new Uint8Array(triangles.length / 3);
  if (vertices !== FLAME_VERTICES) return { parts: ['skin'], triangleParts };
  for (let t = 0; t < triangleParts.length; t++) {
    const corners = triangles.subarray(t * 3, t * 3 + 3);
    if (corners.every((v) => v >= LEFT_EYEBALL[0] && v <= LEFT_EYEBALL[1])) triangleParts[t] = 1;
    if (corners.every((v) => v >= RIGHT_EYEBALL[0] && v <= RIGHT_EYEBALL[1])) triangleParts[t] = 2;
  }
  return { parts: ['skin', 'eyeLeft', 'eyeRight'], triangleParts };
}

function cornerUv({ textureVertices, textureFaces }: FlameArrays): Float32Array | null {
  if (!textureVertices || !textureFaces) return null;
  const corners = indices('ft', textureFaces, textureVertices.shape[0]);
  const uv = new Float32Array(corners.length * 2);
  corners.forEach((corner, i) => {
    uv[i * 2] = textureVertices.values[corner * 2];
    uv[i * 2 + 1] = textureVertices.values[corner * 2 + 1];
  });
  return floats(uv);
}

/** Non-zero weights of each joint. */
function sparseRows({ shape, values }: NdArray): SparseRows {
  const [joints, vertices] = shape;
  const offsets = [0];
  const columns: number[] = [];
  const weights: number[] = [];
  for (let j = 0; j < joints; j++) {
    for (let v = 0; v < vertices; v++) {
      const weight = values[j * vertices + v];
      if (weight === 0) continue;
      columns.push(v);
      weights.push(weight);
    }
    offsets.push(columns.length);
  }
  return {
    offsets: Uint32Array.from(offsets),
    indices: Uint32Array.from(columns),
    weights: floats(weights),
  };
}

function normalised({ shape, values }: NdArray): Float32Array {
  const weights = new Float32Array(values.length);
  for (let v = 0; v < shape[0]; v++) {
    const row = values.subarray(v * 5, v * 5 + 5);
    const sum = row[0] + row[1] + row[2] + row[3] + row[4];
    if (!(Math.abs(sum - 1) < 0.01) || row.some((weight) => weight < -1e-6))
      throw importError(`the blend weights of vertex ${v} are no weights`);
    for (let j = 0; j < 5; j++) weights[v * 5 + j] = Math.max(0, row[j] / sum);
  }
  return weights;
}

function indices(key: string, { values }: NdArray, limit: number): Uint32Array {
  if (values.some((value) => !(value >= 0 && value < limit && Number.isInteger(value))))
    throw importError(`its ${key} names vertices that are not there`);
  return Uint32Array.from(values);
}

function floats(values: ArrayLike<number>): Float32Array {
  const out = Float32Array.from(values);
  if (!out.every(Number.isFinite)) throw importError('it holds values that are no numbers');
  return out;
}

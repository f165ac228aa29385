import { importError } from './import-error.ts';
import type { NdArray } from './nd-array.ts';
import { isZip, readNpz } from './npz.ts';
import { readPickle } from './pickle.ts';
import { toArray } from './python-arrays.ts';
import { asDict } from './python-values.ts';

/** A FLAME model as its files hold it (Li et al. 2017; the layout of the 2017, 2020, 2023 and 2023 Open releases). */
export interface FlameArrays {
  /** `[V, 3]` metres. */
  readonly template: NdArray;
  /** `[F, 3]`. */
  readonly faces: NdArray;
  /** `[V, 3, C]` identity components, then expression components. */
  readonly shapeDirections: NdArray;
  /** `[V, 3, 36]`; null where the file has none. */
  readonly poseDirections: NdArray | null;
  /** `[5, V]`. */
  readonly jointRegressor: NdArray;
  /** `[V, 5]`. */
  readonly weights: NdArray;
  /** `[VT, 2]` texture coordinates, v up, and `[F, 3]` corners in them; null where the file has none. */
  readonly textureVertices: NdArray | null;
  readonly textureFaces: NdArray | null;
}

const REQUIRED = ['v_template', 'f', 'shapedirs', 'J_regressor', 'weights', 'kintree_table'] as const;
const OPTIONAL = ['posedirs', 'vt', 'ft'] as const;
/** numpy writes the root's parent, −1, as the greatest unsigned number. */
const PARENTS = [-1, 0, 1, 1, 1];

/**
 * Reads a FLAME `.pkl` or `.npz` (told apart by content, not by name).
 *
 * @throws LokiError `MODEL_INVALID` where it is neither, lacks an array, or one has the wrong shape
 */
export function readFlameArrays(bytes: Uint8Array): FlameArrays {
  const arrays = isZip(bytes) ? readNpz(bytes, [...REQUIRED, ...OPTIONAL]) : readPickledArrays(bytes);
  for (const key of REQUIRED)
    if (!arrays.has(key)) throw importError(`it has no ${key}: is it a FLAME model?`);
  const get = (key: string) => arrays.get(key) as NdArray;
  const optional = (key: string) => arrays.get(key) ?? null;

  const vertices = get('v_template').shape[0];
  const faces = get('f').shape[0];
  expectShape('v_template', get('v_template'), [vertices, 3]);
  expectShape('f', get('f'), [faces, 3]);
  expectShape('shapedirs', get('shapedirs'), [vertices, 3, get('shapedirs').shape[2] ?? 0]);
  expectShape('J_regressor', get('J_regressor'), [5, vertices]);
  expectShape('weights', get('weights'), [vertices, 5]);
  const poseDirections = optional('posedirs');
  if (poseDirections) expectShape('posedirs', poseDirections, [vertices, 3, 36]);
  const [textureVertices, textureFaces] = [optional('vt'), optional('ft')];
  if (textureVertices && textureFaces) {
    expectShape('vt', textureVertices, [textureVertices.shape[0], 2]);
    expectShape('ft', textureFaces, [faces, 3]);
  }
  expectFlameJoints(get('kintree_table'));
  return {
    template: get('v_template'),
    faces: get('f'),
    shapeDirections: get('shapedirs'),
    poseDirections,
    jointRegressor: get('J_regressor'),
    weights: get('weights'),
    textureVertices: textureFaces ? textureVertices : null,
    textureFaces: textureVertices ? textureFaces : null,
  };
}

function readPickledArrays(bytes: Uint8Array): Map<string, NdArray> {
  // Protocols from 2 on say so in their first byte; older ones start with a dict or an object.
  if (bytes.length === 0) throw importError('it is empty');
  if (!'\x80(}]c'.includes(String.fromCharCode(bytes[0])))
    throw importError('it is neither a pickle nor an .npz');
  const dict = asDict(readPickle(bytes));
  if (!dict) throw importError('it holds no named arrays: is it a FLAME model?');
  const arrays = new Map<string, NdArray>();
  for (const key of REQUIRED) if (dict.has(key)) arrays.set(key, toArray(dict.get(key), key));
  for (const key of OPTIONAL) if (dict.get(key) != null) arrays.set(key, toArray(dict.get(key), key));
  return arrays;
}

function expectShape(key: string, { shape }: NdArray, expected: readonly number[]): void {
  if (shape.length !== expected.length || expected.some((size, axis) => shape[axis] !== size))
    throw importError(`its ${key} has shape [${shape}], not [${expected}]`);
}

function expectFlameJoints({ shape, values }: NdArray): void {
  const parents = shape[0] === 2 && shape[1] === 5 ? [...values.subarray(0, 5)] : [];
  const isRoot = (parent: number) => parent < 0 || parent >= 5;
  if (
    parents.length !== 5 ||
    parents.some((parent, j) => (PARENTS[j] < 0 ? !isRoot(parent) : parent !== PARENTS[j]))
  )
    throw importError('its joints are not FLAME’s five (global, neck, jaw, left eye, right eye)');
}

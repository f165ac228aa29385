import { createHash } from 'node:crypto';
import { LokiError } from '../../errors.ts';
import { decodeHalfFloats } from './half-float.ts';
import {
  ALIGNMENT_BYTES,
  BYTES_OF,
  HEAD_FORMAT_VERSION,
  HEAD_MAGIC,
  type HeadHeader,
  headHeaderSchema,
  JOINT_COUNT,
  POSE_FEATURE_COUNT,
  PRELUDE_BYTES,
  type SectionDtype,
} from './head-file-header.ts';
import type { HeadModel, SparseBasis, SparseRows } from './head-model.ts';

/**
 * Reads a head file (docs/head-format.md). The model shares no memory with `bytes`.
 *
 * @throws LokiError `MODEL_INVALID` that names the first thing that does not hold: magic, version, section bounds,
 *   shapes, index ranges or finite values.
 */
export function parseHeadFile(bytes: Uint8Array): HeadModel {
  const sections = new SectionReader(bytes);
  const { header } = sections;
  const { vertices: V, triangles: F, shape: nB, expression: nE } = header.counts;
  if (header.expressionUnits.length !== nE)
    throw invalid(`it names ${header.expressionUnits.length} expression units for ${nE} components`);

  const template = sections.floats('template', [V, 3], ['f32']);
  const triangles = sections.indices('triangles', [F, 3], ['u16', 'u32'], V);
  const triangleParts = Uint8Array.from(sections.indices('triangleParts', [F], ['u8'], header.parts.length));
  const cornerUv = sections.has('cornerUv') ? sections.floats('cornerUv', [F, 3, 2], ['f16', 'f32']) : null;
  const shapeBasis = sections.floats('shapeBasis', [nB, V, 3], ['f16', 'f32']);
  const poseBasis = sections.has('poseBasis')
    ? sections.floats('poseBasis', [POSE_FEATURE_COUNT, V, 3], ['f16', 'f32'])
    : null;

  return {
    name: header.name,
    licence: header.licence,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    vertexCount: V,
    triangleCount: F,
    shapeCount: nB,
    expressionCount: nE,
    template,
    triangles,
    triangleParts,
    parts: header.parts,
    cornerUv,
    shapeBasis,
    expression: readExpression(sections, nE, V),
    expressionUnits: header.expressionUnits,
    jointNames: ['global', 'neck', 'jaw', 'leftEye', 'rightEye'],
    jointParents: [-1, 0, 1, 1, 1],
    jointRegressor: readRegressor(sections, V),
    skinWeights: readSkinWeights(sections, V),
    poseBasis,
  };
}

/** The error of a head file that can't be used; `reason` completes "it …" or names what is wrong. */
export function invalid(reason: string, cause?: unknown): LokiError {
  return new LokiError('MODEL_INVALID', `The head file can't be used: ${reason}.`, { cause });
}

function readExpression(sections: SectionReader, components: number, vertices: number): SparseBasis {
  const nnz = sections.length('expressionIndices');
  const offsets = sections.offsets('expressionOffsets', components, nnz);
  const indices = sections.indices('expressionIndices', [nnz], ['u16', 'u32'], vertices);
  const deltas = sections.floats('expressionDeltas', [nnz, 3], ['f16', 'f32']);
  return { offsets, indices, deltas };
}

function readRegressor(sections: SectionReader, vertices: number): SparseRows {
  const nnz = sections.length('regressorIndices');
  const offsets = sections.offsets('regressorOffsets', JOINT_COUNT, nnz);
  const indices = sections.indices('regressorIndices', [nnz], ['u32'], vertices);
  const weights = sections.floats('regressorWeights', [nnz], ['f32']);
  return { offsets, indices, weights };
}

function readSkinWeights(sections: SectionReader, vertices: number): Float32Array {
  const weights = sections.floats('skinWeights', [vertices, JOINT_COUNT], ['f16', 'f32']);
  for (let v = 0; v < vertices; v++) {
    let sum = 0;
    for (let j = 0; j < JOINT_COUNT; j++) {
      const weight = weights[v * JOINT_COUNT + j];
      if (weight < 0) throw invalid(`a skin weight of vertex ${v} is negative`);
      sum += weight;
    }
    // Halves err by 0.05 % a weight; anything further off is a broken row, not rounding.
    if (Math.abs(sum - 1) > 0.02) throw invalid(`the skin weights of vertex ${v} sum to ${sum}, not to 1`);
    for (let j = 0; j < JOINT_COUNT; j++) weights[v * JOINT_COUNT + j] /= sum;
  }
  return weights;
}

/** Bounds-checked access to the sections of one file. */
class SectionReader {
  readonly header: HeadHeader;
  readonly #bytes: Uint8Array;
  readonly #bodyStart: number;

  constructor(bytes: Uint8Array) {
    if (bytes.length < PRELUDE_BYTES) throw invalid(`it is only ${bytes.length} bytes long`);
    if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== HEAD_MAGIC)
      throw invalid(`it does not start with ${HEAD_MAGIC}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const version = view.getUint32(8, true);
    if (version !== HEAD_FORMAT_VERSION)
      throw invalid(`its format version is ${version}, this program reads ${HEAD_FORMAT_VERSION}`);
    const headerBytes = view.getUint32(12, true);
    if (headerBytes % ALIGNMENT_BYTES !== 0)
      throw invalid(`its header length ${headerBytes} is no multiple of ${ALIGNMENT_BYTES}`);
    if (PRELUDE_BYTES + headerBytes > bytes.length) throw invalid('it ends inside its header');
    this.#bytes = bytes;
    this.#bodyStart = PRELUDE_BYTES + headerBytes;
    this.header = readHeader(bytes.subarray(PRELUDE_BYTES, this.#bodyStart));
  }

  has(name: string): boolean {
    return this.header.sections[name] !== undefined;
  }

  /** First dimension of a section. */
  length(name: string): number {
    return this.#section(name).shape[0];
  }

  floats(name: string, shape: number[], dtypes: SectionDtype[]): Float32Array {
    const { dtype, body } = this.#read(name, shape, dtypes);
    const floats = dtype === 'f16' ? decodeHalfFloats(new Uint16Array(body)) : new Float32Array(body);
    const bad = floats.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw invalid(`section ${name} holds ${floats[bad]} at element ${bad}`);
    return floats;
  }

  /** Integers, all of them below `limit`. */
  indices(name: string, shape: number[], dtypes: SectionDtype[], limit: number): Uint32Array {
    const { dtype, body } = this.#read(name, shape, dtypes);
    const indices =
      dtype === 'u8'
        ? Uint32Array.from(new Uint8Array(body))
        : dtype === 'u16'
          ? Uint32Array.from(new Uint16Array(body))
          : new Uint32Array(body);
    const bad = indices.findIndex((index) => index >= limit);
    if (bad >= 0)
      throw invalid(`section ${name} holds index ${indices[bad]} where ${limit - 1} is the greatest`);
    return indices;
  }

  /** Starts of `rows` runs that cover `[0, nnz)` in order. */
  offsets(name: string, rows: number, nnz: number): Uint32Array {
    const offsets = this.indices(name, [rows + 1], ['u32'], nnz + 1);
    if (offsets[0] !== 0 || offsets[rows] !== nnz)
      throw invalid(`section ${name} does not go from 0 to ${nnz}`);
    for (let i = 0; i < rows; i++)
      if (offsets[i] > offsets[i + 1]) throw invalid(`section ${name} falls at row ${i}`);
    return offsets;
  }

  #section(name: string) {
    const section = this.header.sections[name];
    if (!section) throw invalid(`section ${name} is missing`);
    return section;
  }

  #read(name: string, shape: number[], dtypes: SectionDtype[]): { dtype: SectionDtype; body: ArrayBuffer } {
    const section = this.#section(name);
    if (!dtypes.includes(section.dtype))
      throw invalid(`section ${name} is ${section.dtype}, not ${dtypes.join(' or ')}`);
    if (section.shape.length !== shape.length || shape.some((size, i) => section.shape[i] !== size))
      throw invalid(`section ${name} has shape [${section.shape}], not [${shape}]`);
    if (section.offset % ALIGNMENT_BYTES !== 0)
      throw invalid(`section ${name} starts at ${section.offset}, no multiple of ${ALIGNMENT_BYTES}`);
    const start = this.#bodyStart + section.offset;
    const end = start + shape.reduce((product, size) => product * size, BYTES_OF[section.dtype]);
    if (end > this.#bytes.length)
      throw invalid(`section ${name} ends at byte ${end} of a file of ${this.#bytes.length}`);
    // A copy: the file may lie at any address, typed arrays may not.
    return { dtype: section.dtype, body: new Uint8Array(this.#bytes.subarray(start, end)).buffer };
  }
}

function readHeader(bytes: Uint8Array): HeadHeader {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid('its header is not JSON', cause);
  }
  const result = headHeaderSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(`its header is wrong at ${issue.path.join('.') || 'the top'}: ${issue.message}`);
}

import { encodeHalfFloats } from './half-float.ts';
import {
  ALIGNMENT_BYTES,
  HEAD_FORMAT_VERSION,
  HEAD_MAGIC,
  type HeadHeader,
  JOINT_COUNT,
  PRELUDE_BYTES,
  type SectionDtype,
} from './head-file-header.ts';
import type { HeadModel } from './head-model.ts';

/** What a head file is written from: a head model, its version and one sentence on where it comes from. */
export interface HeadModelParts
  extends Omit<
    HeadModel,
    | 'sha256'
    | 'vertexCount'
    | 'triangleCount'
    | 'shapeCount'
    | 'expressionCount'
    | 'jointNames'
    | 'jointParents'
  > {
  readonly version: string;
  readonly source: string;
}

export interface EncodeHeadOptions {
  /**
   * Store bases, weights and texture coordinates as 16-bit floats: half the size, errors up to 0.05 % of a
   * displacement. Default true.
   */
  halfFloats?: boolean;
}

/** Writes the bytes of a head file (docs/head-format.md); the same input gives the same bytes. */
export function encodeHeadFile(model: HeadModelParts, options: EncodeHeadOptions = {}): Uint8Array {
  const vertices = model.template.length / 3;
  const triangles = model.triangles.length / 3;
  const shape = model.shapeBasis.length / (3 * vertices);
  const expression = model.expression.offsets.length - 1;
  const compact: SectionDtype = (options.halfFloats ?? true) ? 'f16' : 'f32';
  const index: SectionDtype = vertices <= 65536 ? 'u16' : 'u32';
  const { expression: basis, jointRegressor: rows } = model;

  const body = new BodyWriter();
  body.add('template', 'f32', [vertices, 3], model.template);
  body.add('triangles', index, [triangles, 3], model.triangles);
  body.add('triangleParts', 'u8', [triangles], model.triangleParts);
  if (model.cornerUv) body.add('cornerUv', compact, [triangles, 3, 2], model.cornerUv);
  body.add('shapeBasis', compact, [shape, vertices, 3], model.shapeBasis);
  body.add('expressionOffsets', 'u32', [expression + 1], basis.offsets);
  body.add('expressionIndices', index, [basis.indices.length], basis.indices);
  body.add('expressionDeltas', compact, [basis.indices.length, 3], basis.deltas);
  body.add('regressorOffsets', 'u32', [JOINT_COUNT + 1], rows.offsets);
  body.add('regressorIndices', 'u32', [rows.indices.length], rows.indices);
  body.add('regressorWeights', 'f32', [rows.weights.length], rows.weights);
  body.add('skinWeights', compact, [vertices, JOINT_COUNT], model.skinWeights);
  if (model.poseBasis) body.add('poseBasis', compact, [36, vertices, 3], model.poseBasis);

  const header: HeadHeader = {
    name: model.name,
    version: model.version,
    licence: model.licence,
    source: model.source,
    counts: { vertices, triangles, shape, expression, joints: JOINT_COUNT },
    parts: [...model.parts],
    expressionUnits: [...model.expressionUnits],
    sections: body.sections,
  };
  return join(header, body);
}

function join(header: HeadHeader, body: BodyWriter): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = padded(json.length);
  const file = new Uint8Array(PRELUDE_BYTES + headerBytes + body.length);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(HEAD_MAGIC), 0);
  view.setUint32(8, HEAD_FORMAT_VERSION, true);
  view.setUint32(12, headerBytes, true);
  file.fill(0x20, PRELUDE_BYTES, PRELUDE_BYTES + headerBytes);
  file.set(json, PRELUDE_BYTES);
  body.copyTo(file, PRELUDE_BYTES + headerBytes);
  return file;
}

class BodyWriter {
  readonly sections: HeadHeader['sections'] = {};
  readonly #chunks: { offset: number; bytes: Uint8Array }[] = [];
  length = 0;

  add(name: string, dtype: SectionDtype, shape: number[], values: ArrayLike<number>): void {
    const expected = shape.reduce((product, size) => product * size, 1);
    if (values.length !== expected)
      throw new RangeError(
        `${name} has ${values.length} elements, its shape [${shape}] asks for ${expected}`,
      );
    this.sections[name] = { dtype, shape, offset: this.length };
    const typed = toTyped(dtype, values);
    this.#chunks.push({
      offset: this.length,
      bytes: new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength),
    });
    this.length = padded(this.length + typed.byteLength);
  }

  copyTo(file: Uint8Array, start: number): void {
    for (const { offset, bytes } of this.#chunks) file.set(bytes, start + offset);
  }
}

function toTyped(dtype: SectionDtype, values: ArrayLike<number>) {
  switch (dtype) {
    case 'f16':
      return encodeHalfFloats(values);
    case 'f32':
      return Float32Array.from(values);
    case 'u8':
      return Uint8Array.from(values);
    case 'u16':
      return Uint16Array.from(values);
    case 'u32':
      return Uint32Array.from(values);
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

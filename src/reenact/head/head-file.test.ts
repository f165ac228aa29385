import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeHeadFile } from './encode-head-file.ts';
import { parseHeadFile } from './head-file.ts';
import { HEAD_MAGIC, type HeadHeader, PRELUDE_BYTES } from './head-file-header.ts';
import { loadHeadModel } from './load-head-model.ts';
import { createSyntheticHead } from './synthetic-head.ts';

const head = createSyntheticHead({ rings: 8, segments: 10, poseCorrectives: true });
const parts = { ...head, version: '2.0.0', source: 'test' };
const file = encodeHeadFile(parts, { halfFloats: false });

/** The file again with another header; sections keep their bytes. */
function withHeader(change: (header: HeadHeader) => void): Uint8Array {
  const headerBytes = new DataView(file.buffer).getUint32(12, true);
  const body = file.subarray(PRELUDE_BYTES + headerBytes);
  const header = JSON.parse(
    new TextDecoder().decode(file.subarray(PRELUDE_BYTES, PRELUDE_BYTES + headerBytes)),
  );
  change(header);
  let json = JSON.stringify(header);
  json += ' '.repeat((16 - (Buffer.byteLength(json) % 16)) % 16);
  const prelude = Buffer.alloc(PRELUDE_BYTES);
  prelude.write(HEAD_MAGIC);
  prelude.writeUInt32LE(1, 8);
  prelude.writeUInt32LE(Buffer.byteLength(json), 12);
  return Buffer.concat([prelude, Buffer.from(json), body]);
}

function section(header: HeadHeader, name: string) {
  return header.sections[name];
}

/** The file again with one section's bytes changed. */
function withSection(name: string, change: (view: DataView) => void): Uint8Array {
  const copy = Uint8Array.from(file);
  const headerBytes = new DataView(copy.buffer).getUint32(12, true);
  withHeader((header) => {
    change(new DataView(copy.buffer, PRELUDE_BYTES + headerBytes + header.sections[name].offset));
  });
  return copy;
}

test('a head goes through its file unchanged', () => {
  const { sha256, ...read } = parseHeadFile(file);
  const { sha256: original, ...expected } = head;
  expect(read).toEqual(expected);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(original).toMatch(/^[0-9a-f]{64}$/);
});

test('the same head gives the same bytes, and so the same hash', () => {
  expect(Buffer.compare(encodeHeadFile(parts, { halfFloats: false }), file)).toBe(0);
});

test('half floats err by at most 0.05 % of a displacement, and weights still sum to 1', () => {
  const read = parseHeadFile(encodeHeadFile(parts));
  read.shapeBasis.forEach((value, i) => {
    expect(Math.abs(value - head.shapeBasis[i])).toBeLessThanOrEqual(
      Math.abs(head.shapeBasis[i]) * 5e-4 + 3e-8,
    );
  });
  for (let v = 0; v < read.vertexCount; v++)
    expect(read.skinWeights.subarray(v * 5, v * 5 + 5).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(
      1,
      6,
    );
});

test('a file at an odd address is read all the same', () => {
  const shifted = new Uint8Array(file.length + 1);
  shifted.set(file, 1);
  expect(parseHeadFile(shifted.subarray(1)).template).toEqual(head.template);
});

describe('a broken file is refused with its reason', () => {
  const triangleCorner = (view: DataView) => view.setUint16(0, head.vertexCount, true);
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /only 0 bytes/],
    ['another kind of file', Buffer.from('GIF89a and something more'), /does not start with LOKIHEAD/],
    ['a later format', Uint8Array.from(file).fill(9, 8, 9), /format version is 9/],
    ['cut in the header', file.subarray(0, 200), /ends inside its header/],
    ['cut in a section', file.subarray(0, file.length - 400), /poseBasis ends at byte/],
    ['a header that is no JSON', Uint8Array.from(file).fill(0x7b, 16, 40), /not JSON/],
    ['a missing count', withHeader((h) => Object.assign(h.counts, { joints: 4 })), /counts.joints/],
    [
      'a missing section',
      withHeader((h) => Reflect.deleteProperty(h.sections, 'template')),
      /template is missing/,
    ],
    ['another number of units', withHeader((h) => h.expressionUnits.pop()), /names 7 expression units for 8/],
    ['a wrong type', withHeader((h) => (section(h, 'template').dtype = 'f16')), /template is f16, not f32/],
    [
      'a wrong shape',
      withHeader((h) => (section(h, 'template').shape = [3, 3])),
      /template has shape \[3,3\]/,
    ],
    ['a crooked offset', withHeader((h) => (section(h, 'triangles').offset += 2)), /no multiple of 16/],
    ['a vertex out of range', withSection('triangles', triangleCorner), /triangles holds index/],
    [
      'a part out of range',
      withSection('triangleParts', (view) => view.setUint8(0, 3)),
      /where 2 is the greatest/,
    ],
    [
      'a point that is no number',
      withSection('template', (v) => v.setFloat32(8, Number.NaN, true)),
      /NaN at element 2/,
    ],
    [
      'falling offsets',
      withSection('expressionOffsets', (v) => v.setUint32(4, 5, true)),
      /expressionOffsets falls/,
    ],
    [
      'a weight row that is no blend',
      withSection('skinWeights', (v) => v.setFloat32(4, 3, true)),
      /weights of vertex 0 sum/,
    ],
  ])('%s', (_, bytes, reason) => {
    expect(() => parseHeadFile(bytes)).toThrow(reason);
    expect(() => parseHeadFile(bytes)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });
});

test('loading names the file that is missing or broken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'head-'));
  try {
    const path = join(folder, 'head.bin');
    await expect(loadHeadModel(path)).rejects.toMatchObject({
      code: 'MODEL_MISSING',
      message: expect.stringContaining(path),
    });
    await writeFile(path, 'nothing of the kind');
    await expect(loadHeadModel(path)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining(path),
    });
    await writeFile(path, file);
    await expect(loadHeadModel(path)).resolves.toMatchObject({ vertexCount: head.vertexCount });
  } finally {
    await rm(folder, { recursive: true });
  }
});

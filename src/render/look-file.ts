import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { LokiError } from '../errors.ts';
import type { RgbaImage } from '../reenact/frame.ts';
import { decodeHalfFloats } from '../reenact/head/half-float.ts';

/** Bust and hair cage (models/head/look/README.md); E vertices, *combined* indices count the head's V first. */
export interface Extras {
  readonly vertexCount: number;
  /** `[E, 3]` metres. */
  readonly template: Float32Array;
  /** `[shapeCount, E, 3]`. */
  readonly shapeBasis: Float32Array;
  /** `[E, 5]`. */
  readonly skinWeights: Float32Array;
  /** `[B, 3]` combined indices. */
  readonly bustTriangles: Uint32Array;
  /** `[B, 3, 2]`. */
  readonly bustCornerUv: Float32Array;
}

/** A mesh that is bound to the combined surface, with its picture. */
export interface BoundMesh {
  readonly vertexCount: number;
  /** `[n, 3]` combined indices. */
  readonly references: Uint32Array;
  /** `[n, 3]`. */
  readonly weights: Float32Array;
  /** `[n, 3]` metres, turned with the neck. */
  readonly offsets: Float32Array;
  /** `[n, 2]` v up. */
  readonly uv: Float32Array;
  /** `[F, 3]`. */
  readonly triangles: Uint32Array;
  readonly texture: RgbaImage;
}

/** What the renderer puts on the open head. */
export interface LookAssets {
  readonly extras: Extras;
  readonly hair: ReadonlyMap<string, BoundMesh>;
  readonly lashes: RgbaImage;
}

export const HAIR_STYLES = [
  'short01',
  'short02',
  'short03',
  'short04',
  'bob01',
  'bob02',
  'long01',
  'ponytail01',
  'braid01',
  'afro01',
] as const;

/**
 * Reads the look files of the open head.
 * @param folder `models/head/look`
 * @param styles Hair to be read; all of it when not given.
 * @throws LokiError `MODEL_MISSING` or `MODEL_INVALID`.
 */
export async function loadLookAssets(
  folder: string,
  styles: readonly string[] = HAIR_STYLES,
): Promise<LookAssets> {
  const extras = await readContainer(join(folder, 'extras.bin'));
  const template = extras.floats('template');
  const hair = new Map<string, BoundMesh>();
  await Promise.all(
    [...new Set(styles)].map(async (style) => {
      const mesh = await readContainer(join(folder, `${style}.bin`));
      const uv = mesh.floats('uv');
      hair.set(style, {
        vertexCount: uv.length / 2,
        references: mesh.integers('references'),
        weights: mesh.floats('weights'),
        offsets: mesh.floats('offsets'),
        uv,
        triangles: mesh.integers('triangles'),
        texture: await readPicture(join(folder, mesh.texture)),
      });
    }),
  );
  return {
    extras: {
      vertexCount: template.length / 3,
      template,
      shapeBasis: extras.floats('shapeBasis'),
      skinWeights: extras.floats('skinWeights'),
      bustTriangles: extras.integers('bustTriangles'),
      bustCornerUv: extras.floats('bustCornerUv'),
    },
    hair,
    lashes: await readPicture(join(folder, 'eyelashes02.webp')),
  };
}

interface Container {
  readonly texture: string;
  floats(section: string): Float32Array;
  integers(section: string): Uint32Array;
}

interface SectionEntry {
  readonly dtype: 'f16' | 'f32' | 'u8' | 'u16' | 'u32';
  readonly shape: readonly number[];
  readonly offset: number;
}

async function readContainer(path: string): Promise<Container> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new LokiError('MODEL_MISSING', `There is no look file at ${path}.`, { cause });
  }
  if (bytes.length < 16 || bytes.toString('latin1', 0, 8) !== 'LOKILOOK' || bytes.readUInt32LE(8) !== 1)
    throw new LokiError('MODEL_INVALID', `${path} is no look file of version 1.`);
  const body = 16 + bytes.readUInt32LE(12);
  const header = JSON.parse(bytes.toString('utf8', 16, body)) as {
    texture?: string;
    sections: Record<string, SectionEntry>;
  };

  const raw = (section: string): { entry: SectionEntry; data: ArrayBuffer } => {
    const entry = header.sections[section];
    if (entry === undefined) throw new LokiError('MODEL_INVALID', `${path} has no section ${section}.`);
    const width = entry.dtype === 'u8' ? 1 : entry.dtype === 'f16' || entry.dtype === 'u16' ? 2 : 4;
    const length = entry.shape.reduce((product, n) => product * n, 1) * width;
    const start = body + entry.offset;
    if (start + length > bytes.length)
      throw new LokiError('MODEL_INVALID', `${path} ends inside section ${section}.`);
    return { entry, data: new Uint8Array(bytes.subarray(start, start + length)).buffer };
  };
  return {
    texture: header.texture ?? '',
    floats: (section) => {
      const { entry, data } = raw(section);
      return entry.dtype === 'f16' ? decodeHalfFloats(new Uint16Array(data)) : new Float32Array(data);
    },
    integers: (section) => {
      const { entry, data } = raw(section);
      if (entry.dtype === 'u8') return Uint32Array.from(new Uint8Array(data));
      return entry.dtype === 'u16' ? Uint32Array.from(new Uint16Array(data)) : new Uint32Array(data);
    },
  };
}

async function readPicture(path: string): Promise<RgbaImage> {
  try {
    const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: new Uint8Array(data) };
  } catch (cause) {
    throw new LokiError('MODEL_MISSING', `The picture ${path} can't be read.`, { cause });
  }
}

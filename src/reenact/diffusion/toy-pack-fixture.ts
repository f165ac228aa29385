/** The toy packs of the training code, for tests: few random weights with the interface of any pack. */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { GRAPH_NAMES, type GraphName, type PackManifest } from './pack/manifest.ts';

const FIXTURES = new URL('../../../models/training/fixtures/', import.meta.url);
/** Of kind `window`. */
export const TOY_PACK = fileURLToPath(new URL('toy-pack', FIXTURES));
/** The same decoder in the form that gives single pixels. */
const PIXEL_DECODER = new URL('toy-pixels/decoder.onnx', FIXTURES);
/** Of kind `frame`, with what PyTorch makes of it (`reference.i16`); written by `python3 -m loki fixture`. */
const FRAME_PACK = new URL('frame-pack.zip', FIXTURES);

export interface PackCopy {
  readonly folder: string;
  /** Rewrites pack.json. */
  edit(change: (manifest: Editable<PackManifest>) => void): Promise<void>;
  /** Rewrites a graph and, unless told otherwise, its hash in pack.json. */
  editGraph(name: GraphName, change: (bytes: Buffer) => Buffer, rehash?: boolean): Promise<void>;
  remove(): Promise<void>;
}

type Editable<T> = T extends object ? { -readonly [K in keyof T]: Editable<T[K]> } : T;

/** A copy of the toy pack that may be spoilt. */
export async function copyToyPack(): Promise<PackCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'loki-pack-'));
  await cp(TOY_PACK, folder, { recursive: true });
  return copyIn(folder);
}

/** The toy pack with the decoder that gives `delta` and `mask` pixel by pixel. */
export async function copyPixelPack(): Promise<PackCopy> {
  const copy = await copyToyPack();
  const bytes = await readFile(PIXEL_DECODER);
  await copy.editGraph('decoder', () => bytes);
  await copy.edit((manifest) => {
    delete manifest.patch;
    manifest.graphs.decoder.outputs = {
      delta: { shape: [-1, 3, 256, 256], type: 'float32' },
      mask: { shape: [-1, 1, 256, 256], type: 'float32' },
    };
  });
  return copy;
}

/** The same of the toy pack that makes whole pictures: 128 px, and otherwise the paper's architecture layer by layer. */
export async function copyFramePack(): Promise<PackCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'loki-pack-'));
  for (const [name, bytes] of Object.entries(unzipSync(await readFile(FRAME_PACK))))
    await writeFile(join(folder, name), bytes);
  return copyIn(folder);
}

function copyIn(folder: string): PackCopy {
  const path = join(folder, 'pack.json');
  const edit: PackCopy['edit'] = async (change) => {
    const manifest = JSON.parse(await readFile(path, 'utf8')) as Editable<PackManifest>;
    change(manifest);
    await writeFile(path, JSON.stringify(manifest));
  };
  return {
    folder,
    edit,
    editGraph: async (name, change, rehash = true) => {
      const file = join(folder, `${name}.onnx`);
      const bytes = change(await readFile(file));
      await writeFile(file, bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (rehash)
        await edit(({ graphs }) => {
          graphs[GRAPH_NAMES.find((known) => known === name)!].sha256 = sha256;
        });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

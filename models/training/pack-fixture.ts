import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ort from 'onnxruntime-node';

/** What the tests read of a manifest; −1 is a length that may vary. */
export interface TensorEntry {
  readonly shape: readonly number[];
  readonly type: 'float32' | 'int64';
}

export interface GraphEntry {
  readonly file: string;
  readonly inputs: Readonly<Record<string, TensorEntry>>;
  readonly outputs: Readonly<Record<string, TensorEntry>>;
}

type GraphName = 'identity' | 'denoiser' | 'decoder';

/** A pack as the trainer exports it, open in onnxruntime: without the checks that the product's loader makes. */
export interface ExportedPack extends Readonly<Record<GraphName, ort.InferenceSession>> {
  readonly manifest: {
    readonly graphs: Readonly<Record<GraphName, GraphEntry>>;
    readonly int8?: Readonly<Partial<Record<GraphName, GraphEntry>>>;
  };
}

/** @param int8 the integer graphs where there are any */
export async function openPack(folder: string, int8 = false): Promise<ExportedPack> {
  const manifest = JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8')) as ExportedPack['manifest'];
  const open = (graph: GraphName): Promise<ort.InferenceSession> => {
    const { file } = (int8 ? manifest.int8?.[graph] : undefined) ?? manifest.graphs[graph];
    return ort.InferenceSession.create(join(folder, file), { intraOpNumThreads: 1 });
  };
  const [identity, denoiser, decoder] = await Promise.all([
    open('identity'),
    open('denoiser'),
    open('decoder'),
  ]);
  return { manifest, identity, denoiser, decoder };
}

/** Tensors of standard normals for every input of a graph; ages are 0 everywhere. */
export function randomFeeds(
  inputs: GraphEntry['inputs'],
  { batch, frames, slots }: { batch: number; frames: number; slots: number },
  seed: number,
): Record<string, ort.Tensor> {
  const normals = seededNormals(seed);
  const length = (name: string, axis: number): number => {
    if (name === 'age') return axis === 0 ? frames : slots + frames;
    if (name.startsWith('cache_')) return axis === 0 ? batch : slots;
    return name.startsWith('ref_') ? batch : batch * frames;
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, type }]) => {
      const dims = shape.map((given, axis) => (given >= 0 ? given : length(name, axis)));
      const count = dims.reduce((a, b) => a * b, 1);
      return [
        name,
        type === 'int64'
          ? new ort.Tensor('int64', new BigInt64Array(count), dims)
          : new ort.Tensor('float32', Float32Array.from({ length: count }, normals), dims),
      ];
    }),
  );
}

/** Standard normals (Box and Muller) over a linear congruential generator: enough for test input. */
function seededNormals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

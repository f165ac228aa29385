import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { withNormsInOne } from '../../../onnx/norm-in-one.ts';
import { type OnnxGraph, writeOnnxModel } from '../../../onnx/onnx-model.ts';
import { readStoredGraph, type StoredGraph } from '../../../onnx/stored-graph.ts';
import { graphOf, type ModelPack } from '../../pack/load-pack.ts';
import type { GraphName, Precision } from '../../pack/manifest.ts';
import { gpuProblem, sessionOptions } from '../graph-sessions.ts';
import { type DenoisingStep, denoisingGraph } from './denoising-graph.ts';
import { pictureGraph } from './picture-graph.ts';

/** A pack's networks in graphs of our own, each opened when it is first asked for: sizes and times are constants in them. */
export class PackGraphs {
  readonly #pack: ModelPack;
  readonly #denoiser: StoredGraph;
  readonly #decoder: StoredGraph;
  readonly #sessions = new Map<string, InferenceSession>();

  private constructor(pack: ModelPack, denoiser: StoredGraph, decoder: StoredGraph) {
    this.#pack = pack;
    this.#denoiser = denoiser;
    this.#decoder = decoder;
  }

  /** @returns null where the pack's weights lie beside its graphs @throws LokiError PROVIDER_FAILED */
  static async read(pack: ModelPack, precision: Precision): Promise<PackGraphs | null> {
    const read = async (name: GraphName): Promise<StoredGraph | null> => {
      const { entry } = graphOf(pack, name, precision === 'int8');
      try {
        const stored = readStoredGraph(await readFile(join(pack.folder, entry.file)));
        return stored && withNormsInOne(stored);
      } catch (cause) {
        throw gpuProblem(entry.file, cause);
      }
    };
    const denoiser = await read('denoiser');
    const decoder = await read('decoder');
    return denoiser === null || decoder === null ? null : new PackGraphs(pack, denoiser, decoder);
  }

  /** @throws LokiError PROVIDER_FAILED */
  denoising(step: DenoisingStep): Promise<InferenceSession> {
    const { layout, manifest } = this.#pack;
    return this.#session('denoiser', JSON.stringify(step), () =>
      denoisingGraph(layout, manifest.latent, this.#denoiser, step),
    );
  }

  /** @throws LokiError PROVIDER_FAILED */
  picture(streams: number): Promise<InferenceSession> {
    return this.#session('decoder', `${streams}`, () =>
      pictureGraph(this.#pack.layout, this.#decoder, streams),
    );
  }

  /** Idempotent. */
  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release();
    this.#sessions.clear();
  }

  async #session(name: GraphName, which: string, graph: () => OnnxGraph): Promise<InferenceSession> {
    const key = `${name} ${which}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    try {
      const session = await InferenceSession.create(
        writeOnnxModel(graph()),
        sessionOptions('webgpu', name, 1),
      );
      this.#sessions.set(key, session);
      return session;
    } catch (cause) {
      throw gpuProblem(`the ${name} and what lies around it`, cause);
    }
  }
}

import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { type OnnxGraph, type OnnxValue, writeOnnxModel } from '../../../onnx/onnx-model.ts';
import { gpuProblem } from '../graph-sessions.ts';
import { blankGraph, copyGraph } from './memory-graphs.ts';
import { withoutMade } from './tensor-names.ts';

export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Hands out memory on the GPU, which ONNX Runtime gives only as an output of a graph, and which must not outlive it. What is not
 * freed before is freed when this is closed.
 */
export class GpuMemory {
  readonly #makers = new Map<string, InferenceSession>();
  readonly #given = new Set<Tensor>();

  /** New tensors of zeros on the GPU. @throws LokiError PROVIDER_FAILED */
  async blank(values: readonly OnnxValue[]): Promise<Tensors> {
    return this.#make(`blank ${JSON.stringify(values)}`, blankGraph(values), {});
  }

  /** New tensors on the GPU that hold the same as those in the processor's memory. @throws LokiError PROVIDER_FAILED */
  async copies(tensors: Tensors): Promise<Tensors> {
    const values = Object.entries(tensors).map(([name, { dims }]) => ({ name, shape: dims }));
    return withoutMade(await this.#make(`copies ${JSON.stringify(values)}`, copyGraph(values), tensors));
  }

  free(...sets: readonly Tensors[]): void {
    for (const tensors of sets)
      for (const tensor of Object.values(tensors)) if (this.#given.delete(tensor)) tensor.dispose();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    for (const tensor of this.#given) tensor.dispose();
    this.#given.clear();
    for (const session of this.#makers.values()) await session.release();
    this.#makers.clear();
  }

  /** What a graph gives, which stays on the GPU and is new each time. */
  async #make(key: string, graph: OnnxGraph, feeds: Tensors): Promise<Tensors> {
    try {
      let session = this.#makers.get(key);
      if (session === undefined) {
        session = await InferenceSession.create(writeOnnxModel(graph), {
          executionProviders: ['webgpu'],
          graphOptimizationLevel: 'disabled',
          intraOpNumThreads: 1,
          logSeverityLevel: 4,
          preferredOutputLocation: 'gpu-buffer',
        });
        this.#makers.set(key, session);
      }
      const tensors = (await session.run(feeds)) as Tensors;
      for (const tensor of Object.values(tensors)) this.#given.add(tensor);
      return tensors;
    } catch (cause) {
      throw gpuProblem('memory', cause);
    }
  }
}

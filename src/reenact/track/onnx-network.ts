import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type OnnxValue, writeOnnxModel } from '../onnx/onnx-model.ts';
import { invalidModel } from './flatbuffer.ts';
import { withoutPRelu } from './onnx-prelu.ts';
import type { TfliteGraph } from './tflite-graph.ts';
import { tfliteToOnnx } from './tflite-to-onnx.ts';

/** A network ready to run. Not reentrant. Pictures and feature maps are `[channels, height, width]`. */
export interface Network {
  /** Values of the inputs, in the order of the graph, to be filled in place before each run. */
  readonly inputs: readonly Float32Array[];
  /** Runs on the inputs. The outputs, in the order of the graph, are overwritten by the next run. */
  run(): Promise<readonly Float32Array[]>;
}

/**
 * A TFLite network in ONNX Runtime, on the CPU, in the calling thread.
 *
 * @throws LokiError `MODEL_INVALID`: an operator that is not among the known, or the runtime refuses the model.
 */
export async function openNetwork(graph: TfliteGraph, numThreads: number): Promise<Network> {
  const converted = withoutPRelu(tfliteToOnnx(graph));
  return new OnnxNetwork(
    await openSession(writeOnnxModel(converted), numThreads),
    converted.inputs,
    converted.outputs,
  );
}

async function openSession(model: Uint8Array, numThreads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, {
      intraOpNumThreads: numThreads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // A thread that waits for work must not burn the core that the rest of the pipeline needs.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw invalidModel(`ONNX Runtime refuses it (${error instanceof Error ? error.message : String(error)})`);
  }
}

class OnnxNetwork implements Network {
  readonly inputs: readonly Float32Array[];
  readonly #session: InferenceSession;
  /** The runtime reads and writes these tensors' own memory. */
  readonly #feeds: Record<string, Tensor>;
  readonly #fetches: Record<string, Tensor>;
  readonly #outputs: readonly Float32Array[];

  constructor(session: InferenceSession, inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]) {
    this.#session = session;
    this.#feeds = tensorsFor(inputs);
    this.#fetches = tensorsFor(outputs);
    this.inputs = valuesOf(this.#feeds);
    this.#outputs = valuesOf(this.#fetches);
  }

  async run(): Promise<readonly Float32Array[]> {
    await this.#session.run(this.#feeds, this.#fetches);
    return this.#outputs;
  }
}

function tensorsFor(values: readonly OnnxValue[]): Record<string, Tensor> {
  return Object.fromEntries(
    values.map(({ name, shape }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      return [name, new Tensor('float32', new Float32Array(count), shape)];
    }),
  );
}

function valuesOf(tensors: Record<string, Tensor>): Float32Array[] {
  return Object.values(tensors).map((tensor) => tensor.data as Float32Array);
}

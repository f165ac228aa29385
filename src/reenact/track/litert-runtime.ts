import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compileFunction } from 'node:vm';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { LokiError } from '../../errors.ts';
import { tfliteShapes } from './tflite-model.ts';

/** A compiled network. Not reentrant; belongs to one thread. */
export interface Network {
  /**
   * Fills input number `index` (default 0) in place: `write` gets a view of the network's own memory, valid during
   * the call only (WebAssembly memory moves when it grows).
   */
  setInput(write: (input: Float32Array) => void, index?: number): void;
  /** Runs on the inputs; copies of the outputs, in the order of the graph. */
  run(): Promise<Float32Array[]>;
}

export interface LiteRt {
  /** @throws LokiError `MODEL_INVALID`: the runtime refuses the model. */
  compile(model: Uint8Array): Promise<Network>;
}

/**
 * LiteRT.js outside a browser. The package's own loader injects a script tag; here its Emscripten glue is
 * evaluated as the CommonJS file that it is (the package says `"type": "module"`, so `require` would refuse it)
 * and its bindings are used directly, CPU only (XNNPACK).
 *
 * @param numThreads 1: the plain SIMD build. More: the threaded build, which needs relaxed SIMD; Node 20 has that
 *   behind a V8 flag, which is then set for the process.
 */
export async function loadLiteRt(numThreads: number): Promise<LiteRt> {
  const wasm = await loadWasm(numThreads);
  const environment = wasm.module.LiteRtEnvironment.create(null);
  return { compile: (model) => compileNetwork(wasm, environment, model, numThreads) };
}

// The part of the package's bindings that is used; see its dist/index.d.ts (not exported there).
interface TensorType {
  bytes(): number;
}
interface TensorBuffer {
  lock(mode: unknown): number;
  unlock(): void;
  packedSize(): number;
  delete(): void;
}
interface CompiledModel {
  run(signature: number, inputs: readonly TensorBuffer[]): TensorBuffer[] | Promise<TensorBuffer[]>;
}
interface ModelHandle {
  getInputTensorType(signature: number, index: number): TensorType;
}
interface WasmModule {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  LiteRtEnvironment: { create(device: null): unknown };
  loadModel(environment: unknown, pointer: number, bytes: number): ModelHandle;
  compileModel(
    environment: unknown,
    model: ModelHandle,
    options: unknown,
  ): CompiledModel | Promise<CompiledModel>;
  LiteRtTensorBuffer: {
    createManaged(environment: unknown, kind: unknown, type: TensorType, bytes: number): TensorBuffer;
  };
  LiteRtTensorBufferType: { HOST_MEMORY: unknown };
  LiteRtTensorBufferLockMode: { READ: unknown; WRITE: unknown };
}
type WasmFactory = (overrides: Record<string, unknown>) => Promise<WasmModule>;

interface LoadedWasm {
  readonly module: WasmModule;
  /** The last lines that the runtime printed: the only place where it says why it refuses a model. */
  readonly log: string[];
}

const MAX_LOG_LINES = 8;

// A module of one i8x16.relaxed_swizzle: validates only where relaxed SIMD is there.
const RELAXED_SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2,
  253, 15, 253, 128, 2, 11,
]);

async function loadWasm(numThreads: number): Promise<LoadedWasm> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@litertjs/core/package.json')), 'wasm');
  const threaded = numThreads > 1;
  if (threaded && !hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const file = join(folder, threaded ? 'litert_wasm_threaded_internal.js' : 'litert_wasm_compat_internal.js');
  const code = await readFile(file, 'utf8');
  const log: string[] = [];
  const print = (line: string): void => {
    log.push(line);
    if (log.length > MAX_LOG_LINES) log.shift();
  };
  const factory = evaluateGlue(code, file, threaded ? requireForThreads(require, file) : require, numThreads);
  return { module: await factory({ print, printErr: print }), log };
}

function hasRelaxedSimd(): boolean {
  // Node's types don't declare the global's functions.
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } };
  return WebAssembly.validate(RELAXED_SIMD_PROBE);
}

/** The glue as CommonJS; `navigator.hardwareConcurrency` is the size of its thread pool. */
function evaluateGlue(code: string, file: string, require: unknown, numThreads: number): WasmFactory {
  const module = { exports: {} as unknown };
  const names = ['require', 'module', 'exports', '__filename', '__dirname', 'navigator'];
  const run = compileFunction(code, names, { filename: file }) as (...values: unknown[]) => void;
  run(require, module, module.exports, file, dirname(file), {
    hardwareConcurrency: numThreads,
    userAgent: 'Node.js',
  });
  return module.exports as WasmFactory;
}

/**
 * `require` that gives the glue a `Worker` whose threads load the glue as CommonJS too, and start without this
 * thread's TypeScript loader.
 */
function requireForThreads(require: NodeJS.Require, file: string): (id: string) => unknown {
  const code = `
    const { readFileSync } = require('node:fs');
    const { dirname } = require('node:path');
    const file = ${JSON.stringify(file)};
    const module_ = { exports: {} };
    require('node:vm').compileFunction(
      readFileSync(file, 'utf8'), ['require', 'module', 'exports', '__filename', '__dirname'], { filename: file },
    )(require, module_, module_.exports, file, dirname(file));`;
  class GlueThread extends Worker {
    constructor(_script: string, options: WorkerOptions) {
      super(code, { ...options, eval: true, execArgv: [] });
    }
  }
  return (id) => {
    const found: unknown = require(id);
    return id === 'node:worker_threads' ? { ...(found as object), Worker: GlueThread } : found;
  };
}

async function compileNetwork(
  wasm: LoadedWasm,
  environment: unknown,
  model: Uint8Array,
  numThreads: number,
): Promise<Network> {
  const { module, log } = wasm;
  const pointer = module._malloc(model.byteLength);
  module.HEAPU8.set(model, pointer);
  try {
    const handle = module.loadModel(environment, pointer, model.byteLength);
    const compiled = await module.compileModel(environment, handle, {
      accelerator: 'wasm',
      cpuOptions: { numThreads },
      gpuOptions: {},
      webNNOptions: {},
    });
    const inputs = tfliteShapes(model).inputs.map((_, index) => {
      const type = handle.getInputTensorType(0, index);
      const { HOST_MEMORY } = module.LiteRtTensorBufferType;
      return module.LiteRtTensorBuffer.createManaged(environment, HOST_MEMORY, type, type.bytes());
    });
    return new LiteRtNetwork(module, compiled, inputs);
  } catch (error) {
    throw new LokiError('MODEL_INVALID', `LiteRT.js refuses the network: ${log.at(-1) ?? String(error)}.`, {
      cause: error,
    });
  }
}

class LiteRtNetwork implements Network {
  readonly #wasm: WasmModule;
  readonly #compiled: CompiledModel;
  readonly #inputs: readonly TensorBuffer[];

  constructor(wasm: WasmModule, compiled: CompiledModel, inputs: readonly TensorBuffer[]) {
    this.#wasm = wasm;
    this.#compiled = compiled;
    this.#inputs = inputs;
  }

  setInput(write: (input: Float32Array) => void, index = 0): void {
    const input = this.#inputs[index];
    const pointer = input.lock(this.#wasm.LiteRtTensorBufferLockMode.WRITE);
    try {
      write(this.#view(pointer, input));
    } finally {
      input.unlock();
    }
  }

  async run(): Promise<Float32Array[]> {
    const outputs = await this.#compiled.run(0, this.#inputs);
    return outputs.map((output) => {
      const pointer = output.lock(this.#wasm.LiteRtTensorBufferLockMode.READ);
      const copy = this.#view(pointer, output).slice();
      output.unlock();
      output.delete();
      return copy;
    });
  }

  #view(pointer: number, buffer: TensorBuffer): Float32Array {
    return new Float32Array(this.#wasm.HEAPU8.buffer, pointer, buffer.packedSize() / 4);
  }
}

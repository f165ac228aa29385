import { readFileSync } from 'node:fs';

const PAGE_BYTES = 65536;
/** Every array starts at a multiple. */
const ALIGN_BYTES = 16;

/** What is used of the standard's API, which TypeScript declares for browsers only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
const compiled = new Map<string, object>();

/** The memory of one instance of a WebAssembly kernel, handed out array by array. It never grows: views stay valid. */
export class KernelMemory {
  private readonly memory: { readonly buffer: ArrayBuffer };
  private used = 0;

  /** @param arrays how many arrays will be taken, and their bytes together, at most */
  constructor(arrays: number, bytes: number) {
    this.memory = new wasm.Memory({ initial: Math.ceil((bytes + arrays * ALIGN_BYTES) / PAGE_BYTES) });
  }

  doubles(length: number): Float64Array {
    return new Float64Array(this.memory.buffer, this.take(length * 8), length);
  }

  floats(length: number): Float32Array {
    return new Float32Array(this.memory.buffer, this.take(length * 4), length);
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.take(length), length);
  }

  ints(length: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.take(length * 4), length);
  }

  /** What the module at `url` exports, instantiated over this memory; it is compiled once a process. */
  instantiate(url: URL): unknown {
    let module = compiled.get(url.href);
    if (module === undefined) compiled.set(url.href, (module = new wasm.Module(readFileSync(url))));
    return new wasm.Instance(module, { kernel: { memory: this.memory } }).exports;
  }

  private take(bytes: number): number {
    const at = this.used;
    this.used += Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
    return at;
  }
}

/**
 * Keeps what `make` made for so much room, and makes it anew where more is asked for of anything: twice as much of that at
 * least, and no less of the rest.
 */
export function keepKernel<K, R extends number[]>(make: (...room: R) => K): (...room: R) => K {
  let kept: { readonly kernel: K; readonly has: R } | null = null;
  return (...room) => {
    if (kept !== null && room.every((size, i) => size <= (kept?.has[i] ?? 0))) return kept.kernel;
    const has = room.map((size, i) => {
      const before = kept?.has[i] ?? 0;
      return size > before ? Math.max(size, 2 * before) : before;
    }) as R;
    kept = { kernel: make(...has), has };
    return kept.kernel;
  };
}

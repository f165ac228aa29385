import { LokiError } from '../../errors.ts';
import type { PackLayout } from './pack/contract.ts';
import type { PortraitInput } from './portrait-input.ts';
import type { EngineSource } from './runtime/engine-keeper.ts';
import type { InferenceEngine, InferenceStream } from './runtime/inference-engine.ts';
import type { IdentityTensors } from './runtime/inference-messages.ts';

/** Where an avatar's keys and values are kept, so that they are computed once. */
export interface IdentityShelf {
  /** Null where there are none of this pack, or damaged ones. */
  read(layout: PackLayout, packId: string): Promise<IdentityTensors | null>;
  write(tensors: IdentityTensors, layout: PackLayout, packId: string): Promise<void>;
}

export interface StreamSeatParts {
  readonly engines: EngineSource;
  readonly shelf: IdentityShelf | null;
  readonly seed: number;
  /** Frames at once. */
  readonly frames: number;
  portrait(layout: PackLayout): PortraitInput;
  /** It could not be taken. */
  onFailed(error: LokiError): void;
}

export interface TakenSeat {
  readonly engine: InferenceEngine;
  readonly stream: InferenceStream;
}

/** One avatar's place at whatever engine runs now; taken anew when another does. */
export class StreamSeat {
  readonly #parts: StreamSeatParts;
  #taken: TakenSeat | null = null;
  /** The engine that a place is being taken at. */
  #asked: InferenceEngine | null = null;
  #closed = false;

  constructor(parts: StreamSeatParts) {
    this.#parts = parts;
  }

  /** Never waits: null until a place is there. */
  get current(): TakenSeat | null {
    const { engines } = this.#parts;
    engines.want();
    const engine = engines.current;
    if (this.#taken !== null && this.#taken.engine !== engine) this.#taken = null;
    if (engine === null || this.#closed) return null;
    if (this.#taken === null && this.#asked !== engine) {
      this.take(engine).catch((error: unknown) => {
        if (!(error instanceof LokiError)) throw error;
        // Asked again when the control lets it.
        this.#asked = null;
        if (!this.#closed) this.#parts.onFailed(error);
      });
    }
    return this.#taken;
  }

  /** @throws LokiError of the engine */
  async take(engine: InferenceEngine): Promise<TakenSeat> {
    this.#asked = engine;
    const identity = await this.#identityAt(engine);
    const { seed, frames } = this.#parts;
    const taken = { engine, stream: engine.openStream(identity, seed, frames) };
    if (this.#closed) taken.stream.close();
    else this.#taken = taken;
    return taken;
  }

  close(): void {
    this.#closed = true;
    this.#taken?.stream.close();
    this.#taken = null;
  }

  async #identityAt(engine: InferenceEngine): Promise<IdentityTensors> {
    const { shelf } = this.#parts;
    const { layout, id } = engine.pack;
    const kept = await shelf?.read(layout, id);
    if (kept !== null && kept !== undefined) return kept;
    const { portrait, map } = this.#parts.portrait(layout);
    const made = await engine.identify(portrait, map);
    // An avatar works without it: it is computed again next time.
    await shelf?.write(made, layout, id).catch(() => undefined);
    return made;
  }
}

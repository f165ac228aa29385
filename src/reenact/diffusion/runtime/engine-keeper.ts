import { LokiError } from '../../../errors.ts';
import type { InferenceEngine } from './inference-engine.ts';
import type { ProviderChoice } from './providers.ts';

/** Where a generator finds the networks. */
export interface EngineSource {
  /** Name of the pack, for people. */
  readonly packName: string;
  /** Null while there is none that runs. */
  readonly current: InferenceEngine | null;
  /** Why there is none, one sentence; null while there is one, or it is being opened. */
  readonly problem: string | null;
  /** Somebody would use it: opens it, or opens it again after it ended. Cheap; called every frame. */
  want(): void;
  /** A frame did not come. */
  failed(engine: InferenceEngine, error: LokiError): void;
  /** A frame came. */
  worked(engine: InferenceEngine): void;
}

export interface EngineKeeperOptions {
  readonly packName: string;
  readonly provider: ProviderChoice;
  /** @throws LokiError */
  readonly open: (provider: ProviderChoice) => Promise<InferenceEngine>;
  readonly onNews: (news: EngineNews) => void;
  /** Steady clock, ms. */
  readonly now?: () => number;
}

/** What the log says of it. */
export interface EngineNews {
  readonly kind: 'opened' | 'failed' | 'lost';
  readonly detail: string;
}

/** A frame that takes longer stands still in a stream, and so does everything behind it. */
const MOST_FRAME_MS = 1_000;
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** Frames in a row after which a GPU is given up: one that is gone gives no more. */
const MAX_FAILURES = 3;

/**
 * Keeps a pack's networks running for the sessions of a process: opened when somebody wants them, opened again after
 * their thread died, on the processor after a GPU was lost. A pack that is refused, or that this machine takes seconds a
 * frame for, is not asked again.
 */
export class EngineKeeper implements EngineSource {
  readonly packName: string;
  readonly #options: EngineKeeperOptions;
  readonly #now: () => number;
  #provider: ProviderChoice;
  #engine: InferenceEngine | null = null;
  #opening: Promise<void> | null = null;
  #problem: string | null = null;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #retryMs = RETRY_MS;
  #failures = 0;
  #closed = false;

  constructor(options: EngineKeeperOptions) {
    this.packName = options.packName;
    this.#options = options;
    this.#provider = options.provider;
    this.#now = options.now ?? (() => performance.now());
  }

  get current(): InferenceEngine | null {
    const engine = this.#engine;
    if (engine !== null && !engine.alive) this.#lose('its thread ended');
    return this.#engine;
  }

  get problem(): string | null {
    return this.#problem;
  }

  want(): void {
    if (this.current !== null || this.#opening !== null || this.#closed) return;
    if (this.#now() < this.#retryAtMs) return;
    this.#opening = this.#open().finally(() => {
      this.#opening = null;
    });
  }

  failed(engine: InferenceEngine, error: LokiError): void {
    if (engine !== this.#engine) return;
    if (++this.#failures >= MAX_FAILURES) this.#lose(error.message);
  }

  worked(engine: InferenceEngine): void {
    if (engine !== this.#engine) return;
    this.#failures = 0;
    this.#retryMs = RETRY_MS;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening;
    await this.#engine?.close();
    this.#engine = null;
  }

  async #open(): Promise<void> {
    try {
      const engine = await this.#options.open(this.#provider);
      if (this.#closed) {
        await engine.close();
        return;
      }
      const { provider, precision, note, frameMs } = engine.info;
      if (frameMs > MOST_FRAME_MS) {
        await engine.close();
        this.#giveUp(
          `A frame of ${this.packName} takes ${(frameMs / 1000).toFixed(1)} s on ${provider}, which is too long for a stream.` +
            (note === null ? '' : ` ${note}`),
        );
        return;
      }
      this.#engine = engine;
      this.#failures = 0;
      this.#problem = null;
      this.#options.onNews({
        kind: 'opened',
        detail: `${provider} ${precision}${note === null ? '' : `: ${note}`}`,
      });
    } catch (error) {
      if (!(error instanceof LokiError)) throw error;
      this.#giveUp(error.message, error.code.startsWith('PACK_') ? Number.POSITIVE_INFINITY : this.#retryMs);
    }
  }

  #giveUp(why: string, forMs = Number.POSITIVE_INFINITY): void {
    this.#problem = why;
    this.#waitBeforeNext(forMs);
    this.#options.onNews({ kind: 'failed', detail: why });
  }

  #lose(why: string): void {
    const engine = this.#engine!;
    this.#engine = null;
    this.#problem = `The networks were lost: ${why}`;
    // A device that is gone does not come back by itself.
    if (engine.info.provider !== 'cpu') this.#provider = 'cpu';
    this.#waitBeforeNext(this.#retryMs);
    this.#options.onNews({ kind: 'lost', detail: why });
    void engine.close();
  }

  #waitBeforeNext(forMs: number): void {
    this.#retryAtMs = this.#now() + forMs;
    this.#retryMs = Math.min(MAX_RETRY_MS, 2 * this.#retryMs);
  }
}

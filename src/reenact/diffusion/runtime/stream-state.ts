import { Tensor } from 'onnxruntime-node';
import { CoherentNoise } from '../noise.ts';
import type { PackLayout } from '../pack/contract.ts';
import type { FrameExchange, IdentityTensors } from './inference-messages.ts';
import { KeyValueRing } from './key-value-ring.ts';

/** A ring at one denoising time, and the same memory as tensors for the denoiser. */
interface Memory {
  readonly ring: KeyValueRing;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** What the thread keeps of one stream: who its avatar is, its noise, and what its frames before looked like. */
export class StreamState {
  readonly noise: CoherentNoise;
  /** Keys and values of the portrait, for a call of this stream alone. */
  readonly references: Readonly<Record<string, Tensor>>;
  /** Number of the next frame. */
  nextFrame = 0;
  readonly #layout: PackLayout;
  readonly #exchanges: readonly FrameExchange[];
  #exchange: FrameExchange;
  /** By denoising time: runs of 1, 2 and 4 steps share the times that they have in common. */
  readonly #memories = new Map<number, Memory>();

  constructor(
    layout: PackLayout,
    identity: IdentityTensors,
    exchanges: readonly FrameExchange[],
    seed: number,
    noiseCoherence: number,
  ) {
    this.#layout = layout;
    this.#exchanges = exchanges;
    this.#exchange = exchanges[0];
    this.noise = new CoherentNoise(
      seed,
      noiseCoherence,
      layout.latentChannels * layout.latentSize * layout.latentSize,
    );
    const tensors: Record<string, Tensor> = {};
    for (const { key, value, heads, tokens, dim } of layout.references)
      for (const name of [key, value])
        tensors[name] = new Tensor('float32', identity[name], [1, heads, tokens, dim]);
    this.references = tensors;
  }

  /** Where the next frames come from, and what is made of them goes. */
  get exchange(): FrameExchange {
    return this.#exchange;
  }

  turnTo(exchange: number): void {
    this.#exchange = this.#exchanges[exchange];
  }

  memoryAt(time: number): Memory {
    const known = this.#memories.get(time);
    if (known !== undefined) return known;
    const { temporal, slots } = this.#layout;
    const ring = new KeyValueRing(temporal, slots);
    const feeds: Record<string, Tensor> = {};
    for (const [i, { cacheKey, cacheValue, positions, heads, dim }] of temporal.entries()) {
      const shape = [1, positions, heads, slots, dim];
      feeds[cacheKey] = new Tensor('float32', ring.keys[i], shape);
      feeds[cacheValue] = new Tensor('float32', ring.values[i], shape);
    }
    const memory = { ring, feeds };
    this.#memories.set(time, memory);
    return memory;
  }

  /** Forgets what frames before looked like. */
  forget(): void {
    for (const { ring } of this.#memories.values()) ring.clear();
  }
}

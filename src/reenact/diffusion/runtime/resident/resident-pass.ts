import type { Tensor } from 'onnxruntime-node';
import { pixelsKernel } from '../../kernel/decoder-kernel.ts';
import type { ModelPack } from '../../pack/load-pack.ts';
import type { Precision } from '../../pack/manifest.ts';
import { stepTimes } from '../../schedule.ts';
import { MOST_MEAN } from '../change-picture.ts';
import { takeFrames } from '../frame-tensors.ts';
import { runGraph } from '../graph-sessions.ts';
import { HeadShare } from '../head-share.ts';
import type { StreamState } from '../stream-state.ts';
import { GpuMemory, type Tensors } from './gpu-memory.ts';
import { type Lanes, openLanes } from './lanes.ts';
import { PackGraphs } from './pack-graphs.ts';
import { cacheValues, made, own, withMade } from './tensor-names.ts';

/** What a stream has on the GPU. */
interface Resident {
  readonly references: Tensors;
  /** By denoising time. */
  readonly memories: Map<number, Memory>;
}

/** The caches of the frames before, the newest last, and room for those of one more; they change places. */
interface Memory {
  caches: Tensors;
  spare: Tensors;
  /** How many of the slots hold a frame, from the last backwards. */
  frames: number;
}

/**
 * A pack's networks on a GPU with everything that they have in common staying there: keys and values of portraits and of frames
 * before, latents, warps. A frame sends there its warp, driver map, visibility and noise, and brings back the finished change of
 * the picture: what goes to and fro costs more time than the networks do.
 */
export class ResidentPass {
  readonly #pack: ModelPack;
  readonly #graphs: PackGraphs;
  readonly #gpu = new GpuMemory();
  readonly #head: HeadShare;
  readonly #residents = new Map<StreamState, Resident>();
  /** By number of streams. */
  readonly #lanes = new Map<number, Lanes>();

  private constructor(pack: ModelPack, graphs: PackGraphs) {
    this.#pack = pack;
    this.#graphs = graphs;
    this.#head = new HeadShare(pack.layout.mapSize);
  }

  /** @returns null where the frames of such a pack can't be made so */
  static async open(pack: ModelPack, precision: Precision): Promise<ResidentPass | null> {
    const { kind, slots } = pack.layout;
    if (kind !== 'window' || slots < 2) return null;
    const graphs = await PackGraphs.read(pack, precision);
    return graphs === null ? null : new ResidentPass(pack, graphs);
  }

  /** Whether the streams' next frames can go side by side: one table of ages has to fit them all. */
  canJoin(streams: readonly StreamState[], steps: number): boolean {
    return stepTimes(steps).every((time) => {
      const counts = streams.map((stream) => this.#residents.get(stream)?.memories.get(time)?.frames ?? 0);
      return counts.every((count) => count === counts[0]);
    });
  }

  /**
   * The next frame of each stream, from and into its exchange.
   *
   * @returns when the last step was asked for, ms, and for each stream whether every value that came out is a number
   * @throws LokiError INFERENCE_FAILED, PROVIDER_FAILED
   */
  async run(
    streams: readonly StreamState[],
    steps: number,
  ): Promise<{ denoisedMs: number; sound: boolean[] }> {
    const { layout } = this.#pack;
    const lanes = await this.#lanesFor(streams.length);
    const residents: Resident[] = [];
    for (const stream of streams) residents.push(await this.#residentOf(stream));
    this.#take(streams, lanes);

    const times = stepTimes(steps);
    const moved: Memory[] = [];
    for (const [step, time] of times.entries()) {
      const memories: Memory[] = [];
      for (const { memories: known } of residents) memories.push(await this.#memoryAt(known, time));
      writeAges(layout.slots, memories[0].frames, lanes.age);
      const next = times[step + 1] ?? 0;
      const graph = await this.#graphs.denoising({ streams: streams.length, time, next });
      const feeds: Tensors = {
        ...(step === 0 ? { frame: lanes.frame } : { latent: latentOf(lanes, step), ...withoutShare(lanes) }),
        ...(layout.temporal.length > 0 && { age: lanes.ageTensor }),
        ...named(residents.map(({ references }, at) => ({ ...references, ...memories[at].caches }))),
      };
      await runGraph(graph, feeds, {
        [made('latent')]: latentOf(lanes, step + 1),
        ...(step === 0 && lanes.entered),
        ...(step === 0 && next !== 0 && lanes.again),
        ...withMade(named(memories.map(({ spare }) => spare))),
      });
      moved.push(...memories);
    }
    const denoisedMs = performance.now();
    // The GPU has enough to do meanwhile.
    for (const stream of streams) stream.noise.prepare(stream.nextFrame + 1);
    const drawn = { latent: latentOf(lanes, steps), ...lanes.entered };
    await runGraph(lanes.picture, drawn, { change: lanes.changeTensor });
    // Not before: a frame that failed is asked for again.
    for (const memory of moved) {
      [memory.caches, memory.spare] = [memory.spare, memory.caches];
      memory.frames = Math.min(layout.slots, memory.frames + 1);
    }
    const sound = streams.map((stream, at) => giveChange(lanes.change, at, stream));
    for (const [at, stream] of streams.entries()) {
      stream.nextFrame++;
      // A frame that is no number would spoil every one that remembers it.
      if (!sound[at]) this.forget(stream);
    }
    return { denoisedMs, sound };
  }

  /** Forgets what a stream's frames before looked like. */
  forget(stream: StreamState): void {
    const memories = this.#residents.get(stream)?.memories;
    for (const { caches, spare } of memories?.values() ?? []) this.#gpu.free(caches, spare);
    memories?.clear();
  }

  /** The stream has ended. Idempotent. */
  leave(stream: StreamState): void {
    this.forget(stream);
    this.#gpu.free(this.#residents.get(stream)?.references ?? {});
    this.#residents.delete(stream);
  }

  async close(): Promise<void> {
    this.#residents.clear();
    this.#lanes.clear();
    await this.#graphs.close();
    await this.#gpu.close();
  }

  async #lanesFor(streams: number): Promise<Lanes> {
    let lanes = this.#lanes.get(streams);
    if (lanes === undefined) {
      lanes = await openLanes(this.#gpu, this.#graphs, this.#pack.layout, streams);
      this.#lanes.set(streams, lanes);
    }
    return lanes;
  }

  async #residentOf(stream: StreamState): Promise<Resident> {
    let resident = this.#residents.get(stream);
    if (resident === undefined) {
      const references = await this.#gpu.copies(stream.references);
      resident = { references, memories: new Map() };
      this.#residents.set(stream, resident);
    }
    return resident;
  }

  async #memoryAt(memories: Map<number, Memory>, time: number): Promise<Memory> {
    let memory = memories.get(time);
    if (memory === undefined) {
      const values = cacheValues(this.#pack.layout);
      memory = { caches: await this.#gpu.blank(values), spare: await this.#gpu.blank(values), frames: 0 };
      memories.set(time, memory);
    }
    return memory;
  }

  #take(streams: readonly StreamState[], lanes: Lanes): void {
    const { layout } = this.#pack;
    for (const [at, stream] of streams.entries()) {
      const parts = lanes.parts[at];
      takeFrames(layout, stream, 1, parts, 0);
      pixelsKernel().pack(stream.exchange.windows, parts.window);
      this.#head.read(stream.exchange.changeables, 0);
      parts.share.set(this.#head.share);
    }
  }
}

/** Two latents take turns: one is read while the other is written. */
function latentOf({ latents }: Lanes, step: number): Tensor {
  return latents[step % 2];
}

/** What further steps take of the frame. */
function withoutShare({ entered, again }: Lanes): Tensors {
  return { warp: entered['warp'], ...again };
}

/** Each stream's tensors under the names that graphs of so many streams have for them. */
function named(parts: readonly Tensors[]): Tensors {
  return Object.fromEntries(
    parts.flatMap((tensors, stream) =>
      Object.entries(tensors).map(([name, tensor]) => [own(name, stream, parts.length), tensor]),
    ),
  );
}

/** Ages of the slots, the newest last, of which the last `frames` hold a frame, and of the new frame itself. */
function writeAges(slots: number, frames: number, out: BigInt64Array): void {
  for (let slot = 0; slot < slots; slot++) {
    const age = slots - slot;
    out[slot] = BigInt(age <= frames ? age : slots + 1);
  }
  out[slots] = 0n;
}

/** @returns whether every value is a number, and not all of them huge */
function giveChange(change: Float32Array, at: number, { exchange }: StreamState): boolean {
  const length = exchange.changes.length;
  const own = change.subarray(at * length, (at + 1) * length);
  exchange.changes.set(own);
  return pixelsKernel().magnitudes(own) < MOST_MEAN * length;
}

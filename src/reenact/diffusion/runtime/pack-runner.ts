import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { LokiError } from '../../../errors.ts';
import type { ModelPack } from '../pack/load-pack.ts';
import type { Precision } from '../pack/manifest.ts';
import { ddimStep, stepTimes } from '../schedule.ts';
import { BatchBuffers } from './batch-buffers.ts';
import { edgeFade, writeChange, writePicture, writePlanes } from './change-picture.ts';
import { takeFrames } from './frame-tensors.ts';
import { openGraph, runGraph } from './graph-sessions.ts';
import { HeadShare } from './head-share.ts';
import type { FrameExchange, IdentityTensors, InferenceTimes } from './inference-messages.ts';
import { orderedAges } from './key-value-ring.ts';
import { writePatches } from './patch-picture.ts';
import type { Provider } from './providers.ts';
import { ResidentPass } from './resident/resident-pass.ts';
import type { StreamState } from './stream-state.ts';

/**
 * The networks of one pack on one device. Tensors stay in here and in {@link StreamState}: pictures and maps come in, changes of the
 * picture go out. Calls follow one another; each blocks the thread.
 */
export class PackRunner {
  readonly pack: ModelPack;
  readonly provider: Provider;
  readonly precision: Precision;
  readonly #threads: number;
  readonly #denoiser: InferenceSession;
  readonly #decoder: InferenceSession;
  /** Null where tensors lie in the processor's memory between the networks. */
  readonly #resident: ResidentPass | null;
  readonly #fade: Float32Array;
  readonly #head: HeadShare;
  /** By sessions and frames a call. */
  readonly #buffers = new Map<string, BatchBuffers>();

  private constructor(
    pack: ModelPack,
    provider: Provider,
    precision: Precision,
    threads: number,
    denoiser: InferenceSession,
    decoder: InferenceSession,
    resident: ResidentPass | null,
  ) {
    this.pack = pack;
    this.provider = provider;
    this.precision = precision;
    this.#threads = threads;
    this.#denoiser = denoiser;
    this.#decoder = decoder;
    this.#resident = resident;
    this.#fade = edgeFade(pack.layout.resolution);
    this.#head = new HeadShare(pack.layout.mapSize);
  }

  /** @throws LokiError PACK_INVALID, PROVIDER_FAILED */
  static async open(
    pack: ModelPack,
    provider: Provider,
    precision: Precision,
    threads: number,
  ): Promise<PackRunner> {
    const denoiser = await openGraph(pack, 'denoiser', provider, precision, threads);
    try {
      const decoder = await openGraph(pack, 'decoder', provider, precision, threads);
      const resident = provider === 'webgpu' ? await ResidentPass.open(pack, precision) : null;
      return new PackRunner(pack, provider, precision, threads, denoiser, decoder, resident);
    } catch (error) {
      await denoiser.release();
      throw error;
    }
  }

  /**
   * Keys and values of a portrait. The graph is loaded for it and let go of again: it is needed once an avatar.
   *
   * @param portrait `[R, R, 3]` RGB
   * @param map `[C, S, S]`
   * @throws LokiError PACK_INVALID, PROVIDER_FAILED, INFERENCE_FAILED
   */
  async identify(portrait: Uint8Array, map: Float32Array): Promise<IdentityTensors> {
    const { resolution, mapChannels, mapSize, references } = this.pack.layout;
    const planes = new Float32Array(3 * resolution * resolution);
    writePlanes(portrait, 0, resolution, planes, 0);
    const graph = await openGraph(this.pack, 'identity', this.provider, this.precision, this.#threads);
    try {
      const found = await runGraph(graph, {
        portrait: new Tensor('float32', planes, [1, 3, resolution, resolution]),
        portrait_map: new Tensor('float32', map, [1, mapChannels, mapSize, mapSize]),
      });
      const tensors: Record<string, Float32Array> = {};
      for (const { key, value, heads, tokens, dim } of references)
        for (const name of [key, value]) {
          const data = found[name].data as Float32Array;
          if (data.length !== heads * tokens * dim || !allFinite(data)) throw badOutput(name);
          tensors[name] = Float32Array.from(data);
        }
      return tensors;
    } finally {
      await graph.release();
    }
  }

  /** Whether the streams' next frames can go through the networks together. */
  canJoin(streams: readonly StreamState[], steps: number): boolean {
    const [first, ...others] = streams.map((stream) => this.#residentPassOf(stream));
    if (others.some((pass) => pass !== first)) return false;
    if (first !== null) return first.canJoin(streams, steps);
    return streams.every((stream) =>
      stepTimes(steps).every((time) => stream.memoryAt(time).ring.isFull(stream.nextFrame)),
    );
  }

  /**
   * Makes the next `frames` frames of each stream from its exchange: noise, `steps` denoising steps, decoder. Several
   * streams must be able to join.
   *
   * @returns times, and for each stream whether every value that came out is a number
   * @throws LokiError INFERENCE_FAILED
   */
  async run(
    streams: readonly StreamState[],
    frames: number,
    steps: number,
  ): Promise<{ times: InferenceTimes; sound: boolean[] }> {
    const beganMs = performance.now();
    const resident = this.#residentPassOf(streams[0]);
    if (resident !== null) {
      const { denoisedMs, sound } = await resident.run(streams, steps);
      return { times: timesOf(beganMs, denoisedMs, streams.length), sound };
    }
    const { manifest, layout } = this.pack;
    const buffers = this.#buffersFor(streams.length, frames);
    const code = layout.latentChannels * layout.latentSize ** 2;
    for (const [at, stream] of streams.entries()) this.#takeInputs(stream, frames, buffers, at);

    const times = stepTimes(steps);
    for (const [step, time] of times.entries()) {
      buffers.timestep.fill(time);
      const memories = streams.map((stream) => stream.memoryAt(time));
      const [alone] = memories;
      let feeds = buffers.denoiserFeeds;
      if (streams.length === 1) {
        alone.ring.ages(streams[0].nextFrame, frames, buffers.age);
        feeds = { ...feeds, ...streams[0].references, ...alone.feeds };
      } else {
        orderedAges(layout.slots, frames, buffers.age);
        for (const [at, { ring }] of memories.entries())
          ring.copyInOrder(streams[at].nextFrame, buffers.cacheKeys, buffers.cacheValues, at);
      }
      await runGraph(this.#denoiser, feeds, buffers.denoiserFetches);
      ddimStep(buffers.latent, 0, buffers.v, 0, buffers.latent.length, time, times[step + 1] ?? 0);
      for (const [at, { ring }] of memories.entries())
        ring.write(streams[at].nextFrame, frames, buffers.newKeys, buffers.newValues, at);
    }
    unnormalise(buffers.latent, code, manifest.latent.mean, manifest.latent.std);
    const denoisedMs = performance.now();
    for (const { feeds, fetches } of buffers.decoderCalls) await runGraph(this.#decoder, feeds, fetches);
    const sound = streams.map((stream, at) => this.#giveOutputs(stream, frames, buffers, at));
    for (const [at, stream] of streams.entries()) {
      stream.nextFrame += frames;
      // A frame that is no number would spoil every one that remembers it.
      if (!sound[at]) stream.forget();
    }
    return { times: timesOf(beganMs, denoisedMs, streams.length), sound };
  }

  /** Forgets what a stream's frames before looked like. */
  forget(stream: StreamState): void {
    stream.forget();
    this.#resident?.forget(stream);
  }

  /** The stream has ended. Idempotent. */
  leave(stream: StreamState): void {
    this.#resident?.leave(stream);
  }

  async close(): Promise<void> {
    await this.#resident?.close();
    await this.#denoiser.release();
    await this.#decoder.release();
  }

  /** Several frames at once are a file's: what moves to and fro hardly counts there. */
  #residentPassOf({ exchange }: StreamState): ResidentPass | null {
    return exchange.frames === 1 ? this.#resident : null;
  }

  #buffersFor(streams: number, frames: number): BatchBuffers {
    const name = `${streams}x${frames}`;
    const known = this.#buffers.get(name);
    if (known !== undefined) return known;
    const made = new BatchBuffers(this.pack.layout, streams, frames);
    this.#buffers.set(name, made);
    return made;
  }

  #takeInputs(stream: StreamState, frames: number, buffers: BatchBuffers, at: number): void {
    const { layout } = this.pack;
    takeFrames(layout, stream, frames, buffers, at);
    const pixels = layout.resolution ** 2 * 3;
    if (layout.kind === 'window')
      for (let frame = 0; frame < frames; frame++) {
        const to = (at * frames + frame) * pixels;
        writePlanes(stream.exchange.windows, frame * pixels, layout.resolution, buffers.warp, to);
      }
    for (const [name, joined] of Object.entries(buffers.references)) {
      const own = stream.references[name].data as Float32Array;
      joined.set(own, at * own.length);
    }
  }

  #giveOutputs(stream: StreamState, frames: number, buffers: BatchBuffers, at: number): boolean {
    const { resolution, kind } = this.pack.layout;
    const pixels = resolution ** 2;
    const { changes } = stream.exchange;
    const { picture } = buffers.decoded;
    let sound = true;
    for (let frame = 0; frame < frames; frame++) {
      const place = at * frames + frame;
      const to = frame * pixels * 3;
      const written =
        kind === 'frame'
          ? writePicture(picture, place * pixels * 3, resolution, changes, to)
          : this.#writeChange(buffers, place, stream.exchange, frame);
      sound &&= written;
    }
    return sound;
  }

  #writeChange(
    buffers: BatchBuffers,
    place: number,
    { windows, changeables, changes }: FrameExchange,
    frame: number,
  ): boolean {
    const { resolution, patch } = this.pack.layout;
    const pixels = resolution ** 2;
    const to = frame * pixels * 3;
    const { delta, mask, residual, weights } = buffers.decoded;
    this.#head.read(changeables, frame);
    if (patch !== null) {
      const patches = { residual, weights, side: patch };
      return writePatches(patches, place, windows, this.#fade, this.#head, changes, to);
    }
    return writeChange(delta, place * pixels * 3, mask, place * pixels, this.#fade, this.#head, changes, to);
  }
}

function timesOf(beganMs: number, denoisedMs: number, batch: number): InferenceTimes {
  return { denoiseMs: denoisedMs - beganMs, decodeMs: performance.now() - denoisedMs, batch };
}

/** What the decoder is given: `normalised · std + mean`, channel by channel. */
function unnormalise(
  latent: Float32Array,
  code: number,
  mean: readonly number[],
  std: readonly number[],
): void {
  if (mean.every((value) => value === 0) && std.every((value) => value === 1)) return;
  const plane = code / mean.length;
  for (let i = 0; i < latent.length; i++) {
    const channel = Math.floor((i % code) / plane);
    latent[i] = latent[i] * std[channel] + mean[channel];
  }
}

function allFinite(data: Float32Array): boolean {
  return data.every(Number.isFinite);
}

export function badOutput(what: string): LokiError {
  return new LokiError('INFERENCE_FAILED', `The networks gave what is no number (${what}).`);
}

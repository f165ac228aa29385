import { Tensor } from 'onnxruntime-node';
import { decoderOutputs, type PackLayout } from '../pack/contract.ts';
import { dataOf, floats } from './host-tensor.ts';

type Tensors = Record<string, Tensor>;

/**
 * Every tensor that one size of call needs, `streams` sessions with `frames` new frames each, made once: no large buffer
 * is allocated for a frame. Batch first, then frame: `[streams · frames, …]`.
 */
export class BatchBuffers {
  readonly latent: Float32Array;
  readonly timestep: Float32Array;
  readonly age: BigInt64Array;
  readonly maps: Float32Array;
  /** Empty for packs without a warp. */
  readonly warp: Float32Array;
  readonly visibility: Float32Array;
  readonly v: Float32Array;
  /** By temporal layer, `[streams, positions, heads, frames, dim]`. */
  readonly newKeys: readonly Float32Array[];
  readonly newValues: readonly Float32Array[];
  /** Joined caches and references, where several sessions go together; a single session feeds its own. */
  readonly cacheKeys: readonly Float32Array[];
  readonly cacheValues: readonly Float32Array[];
  readonly references: Readonly<Record<string, Float32Array>>;
  /** What the decoder gives: `delta` and `mask`, or `residual` and `weights`, or `picture`. */
  readonly decoded: Readonly<Record<string, Float32Array>>;

  /** Inputs of the denoiser; those of a single session's own memory are added by whoever runs it. */
  readonly denoiserFeeds: Tensors;
  readonly denoiserFetches: Tensors;
  /** What the decoder is run on, call by call: all frames at once, or whole pictures one after another. */
  readonly decoderCalls: readonly { readonly feeds: Tensors; readonly fetches: Tensors }[];

  constructor(layout: PackLayout, streams: number, frames: number) {
    const { resolution, mapChannels, mapSize, latentChannels, latentSize, temporal, references, slots } =
      layout;
    const n = streams * frames;
    const code = [n, latentChannels, latentSize, latentSize];
    const picture = [n, 3, resolution, resolution];
    const latent = floats(code);
    const v = floats(code);
    const warped = layout.kind === 'window';
    const warp = floats(warped ? picture : [0]);
    const visibility = floats(warped ? [n, 1, mapSize, mapSize] : [0]);
    const maps = floats([n, mapChannels, mapSize, mapSize]);
    const timestep = floats([n]);
    this.age = new BigInt64Array(frames * (slots + frames));
    const age = new Tensor('int64', this.age, [frames, slots + frames]);

    const joined = streams > 1;
    const caches = temporal.map(({ positions, heads, dim }) => [streams, positions, heads, slots, dim]);
    const cacheKeys = joined ? caches.map(floats) : [];
    const cacheValues = joined ? caches.map(floats) : [];
    const referenceTensors: Tensors = {};
    if (joined)
      for (const { key, value, heads, tokens, dim } of references)
        for (const name of [key, value]) referenceTensors[name] = floats([streams, heads, tokens, dim]);
    const news = temporal.map(({ positions, heads, dim }) => [streams, positions, heads, frames, dim]);
    const newKeys = news.map(floats);
    const newValues = news.map(floats);

    this.denoiserFeeds = {
      latent,
      timestep,
      driver_map: maps,
      ...(warped && { warp, visibility }),
      ...(temporal.length > 0 && { age }),
      ...referenceTensors,
    };
    this.denoiserFetches = { v };
    for (const [i, { cacheKey, cacheValue, newKey, newValue }] of temporal.entries()) {
      if (joined) {
        this.denoiserFeeds[cacheKey] = cacheKeys[i];
        this.denoiserFeeds[cacheValue] = cacheValues[i];
      }
      this.denoiserFetches[newKey] = newKeys[i];
      this.denoiserFetches[newValue] = newValues[i];
    }
    const decoded = mapValues(decoderOutputs(layout, n), floats);
    // The first layers of whole pictures take hundreds of megabytes each: sixteen together would not fit.
    this.decoderCalls = warped
      ? [{ feeds: { latent, warp }, fetches: decoded }]
      : Array.from({ length: n }, (_, frame) => ({
          feeds: { latent: entryOf(latent, frame) },
          fetches: mapValues(decoded, (tensor) => entryOf(tensor, frame)),
        }));

    this.latent = dataOf(latent);
    this.v = dataOf(v);
    this.timestep = dataOf(timestep);
    this.maps = dataOf(maps);
    this.warp = dataOf(warp);
    this.visibility = dataOf(visibility);
    this.newKeys = newKeys.map(dataOf);
    this.newValues = newValues.map(dataOf);
    this.cacheKeys = cacheKeys.map(dataOf);
    this.cacheValues = cacheValues.map(dataOf);
    this.references = mapValues(referenceTensors, dataOf);
    this.decoded = mapValues(decoded, dataOf);
  }
}

/** One entry of the first axis, over the same memory. */
function entryOf(tensor: Tensor, index: number): Tensor {
  const [, ...rest] = tensor.dims;
  const length = rest.reduce((all, size) => all * size, 1);
  const data = dataOf(tensor).subarray(index * length, (index + 1) * length);
  return new Tensor('float32', data, [1, ...rest]);
}

function mapValues<A, B>(record: Record<string, A>, of: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));
}

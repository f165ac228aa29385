import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { OnnxValue } from '../../../onnx/onnx-model.ts';
import { decoderOutputs, type PackLayout } from '../../pack/contract.ts';
import type { FrameTensors } from '../frame-tensors.ts';
import { dataOf, floats } from '../host-tensor.ts';
import { changeGraph, entryGraph, framePartsOf, joinGraph, made, stepGraph } from './glue-graphs.ts';
import type { GpuMemory, Tensors } from './gpu-memory.ts';

/** Everything that so many streams need to go through the networks side by side, one frame each; made once. */
export interface Lanes {
  /** Each stream's part of `frame`, written before every frame. */
  readonly parts: readonly LaneParts[];
  readonly frame: Tensor;
  readonly age: BigInt64Array;
  readonly ageTensor: Tensor;
  /** `[streams, R, R, 3]`, what comes back. */
  readonly change: Float32Array;
  readonly changeTensor: Tensor;

  readonly entry: InferenceSession;
  /** Null for one stream. */
  readonly join: InferenceSession | null;
  readonly step: InferenceSession;
  readonly finish: InferenceSession;

  /** On the GPU: what `entry` makes of the frame, the latent twice, what the networks give, and what streams have joined. */
  readonly entered: Tensors;
  readonly latents: readonly [Tensor, Tensor];
  readonly denoised: Tensors;
  readonly joined: Tensors;
  readonly decoded: Tensors;
}

/** One stream's frame, the same memory as `frame`. */
export interface LaneParts extends FrameTensors {
  readonly share: Float32Array;
  readonly window: Float32Array;
}

/** @throws LokiError PROVIDER_FAILED */
export async function openLanes(gpu: GpuMemory, layout: PackLayout, streams: number): Promise<Lanes> {
  const { resolution, temporal, slots } = layout;
  const values = framePartsOf(layout);
  const length = Object.values(values).reduce((all, count) => all + count, 0);
  const frame = floats([streams, length]);
  const age = new BigInt64Array(slots + 1);
  const change = floats([streams, resolution, resolution, 3]);
  const remembered = [...referenceValues(layout), ...cacheValues(layout)];
  const joinedValues = remembered.map(({ name, shape }) => ({
    name: made(name),
    shape: [streams, ...shape.slice(1)],
  }));
  const entryOf = entryGraph(layout, streams);
  const latent = entryOf.outputs.find(({ name }) => name === made('latent'))!;
  const entered = await gpu.blank(entryOf.outputs);
  const [otherLatent] = Object.values(await gpu.blank([latent]));
  return {
    parts: Array.from({ length: streams }, (_, at) => {
      let from = at * length;
      const next = (count: number) => dataOf(frame).subarray(from, (from += count));
      return {
        latent: next(values.latent),
        maps: next(values.driver_map),
        visibility: next(values.visibility),
        share: next(values.share),
        window: next(values.window),
      };
    }),
    frame,
    age,
    ageTensor: new Tensor('int64', age, [1, slots + 1]),
    change: dataOf(change),
    changeTensor: change,
    entry: await gpu.open(entryOf),
    join: streams === 1 ? null : await gpu.open(joinGraph(remembered, streams)),
    step: await gpu.open(stepGraph(layout, streams)),
    finish: await gpu.open(changeGraph(layout, streams)),
    entered,
    latents: [entered[latent.name], otherLatent],
    denoised: await gpu.blank([
      { name: 'v', shape: latent.shape },
      ...temporal.flatMap(({ newKey, newValue, positions, heads, dim }) =>
        [newKey, newValue].map((name) => ({ name, shape: [streams, positions, heads, 1, dim] })),
      ),
    ]),
    joined: streams === 1 ? {} : await gpu.blank(joinedValues),
    decoded: await gpu.blank(
      Object.entries(decoderOutputs(layout, streams)).map(([name, shape]) => ({ name, shape })),
    ),
  };
}

/** Keys and values of one portrait. */
function referenceValues({ references }: PackLayout): OnnxValue[] {
  return references.flatMap(({ key, value, heads, tokens, dim }) =>
    [key, value].map((name) => ({ name, shape: [1, heads, tokens, dim] })),
  );
}

/** What one stream remembers at one denoising time. */
export function cacheValues({ temporal, slots }: PackLayout): OnnxValue[] {
  return temporal.flatMap(({ cacheKey, cacheValue, positions, heads, dim }) =>
    [cacheKey, cacheValue].map((name) => ({ name, shape: [1, positions, heads, slots, dim] })),
  );
}

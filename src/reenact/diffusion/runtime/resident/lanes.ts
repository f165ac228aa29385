import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { PackLayout } from '../../pack/contract.ts';
import type { FrameTensors } from '../frame-tensors.ts';
import { dataOf, floats } from '../host-tensor.ts';
import { frameLengthOf, framePartsOf } from './frame-parts.ts';
import type { GpuMemory, Tensors } from './gpu-memory.ts';
import type { PackGraphs } from './pack-graphs.ts';
import { made } from './tensor-names.ts';

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
  readonly picture: InferenceSession;

  /** On the GPU: what every graph needs of the frame, what further denoising steps need besides, and the latent twice. */
  readonly entered: Tensors;
  readonly again: Tensors;
  readonly latents: readonly [Tensor, Tensor];
}

/** One stream's frame, the same memory as `frame`. */
export interface LaneParts extends FrameTensors {
  readonly share: Float32Array;
  readonly window: Float32Array;
}

/** @throws LokiError PROVIDER_FAILED */
export async function openLanes(
  gpu: GpuMemory,
  graphs: PackGraphs,
  layout: PackLayout,
  streams: number,
): Promise<Lanes> {
  const { resolution, slots, latentChannels, latentSize } = layout;
  const values = framePartsOf(layout);
  const length = frameLengthOf(layout);
  const frame = floats([streams, length]);
  const age = new BigInt64Array(slots + 1);
  const change = floats([streams, resolution, resolution, 3]);
  const flat = (name: 'driver_map' | 'visibility' | 'share') => ({
    name: made(name),
    shape: [streams, values[name]],
  });
  const latent = { name: 'latent', shape: [streams, latentChannels, latentSize, latentSize] };
  const latents = [await gpu.blank([latent]), await gpu.blank([latent])];
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
    picture: await graphs.picture(streams),
    entered: await gpu.blank([{ name: 'warp', shape: [streams, 3, resolution, resolution] }, flat('share')]),
    again: await gpu.blank([flat('driver_map'), flat('visibility')]),
    latents: [latents[0]['latent'], latents[1]['latent']],
  };
}

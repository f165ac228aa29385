import type { PackLayout } from '../pack/contract.ts';
import type { StreamState } from './stream-state.ts';

/** Inputs of some streams' new frames, one after another, in the processor's memory. */
export interface FrameTensors {
  readonly latent: Float32Array;
  readonly maps: Float32Array;
  /** Empty for packs without a warp. */
  readonly visibility: Float32Array;
}

/**
 * Takes a stream's next `frames` frames but for their windows out of its exchange, and their noise; they are the `at`th of
 * as many.
 */
export function takeFrames(
  layout: PackLayout,
  stream: StreamState,
  frames: number,
  tensors: FrameTensors,
  at: number,
): void {
  const { maps, visibilities } = stream.exchange;
  const map = layout.mapChannels * layout.mapSize ** 2;
  const code = layout.latentChannels * layout.latentSize ** 2;
  tensors.maps.set(maps.subarray(0, frames * map), at * frames * map);
  if (layout.kind === 'window') {
    const plane = layout.mapSize ** 2;
    tensors.visibility.set(visibilities.subarray(0, frames * plane), at * frames * plane);
  }
  for (let frame = 0; frame < frames; frame++)
    stream.noise.write(stream.nextFrame + frame, tensors.latent, (at * frames + frame) * code);
}

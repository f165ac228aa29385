import type { PackLayout } from '../../pack/contract.ts';

/** What a stream's frame is on its way to the GPU, in this order and with so many values. */
export interface FrameParts {
  readonly latent: number;
  readonly driver_map: number;
  readonly visibility: number;
  readonly share: number;
  /**
   * RGB bytes as a number a pixel, red + 256 · green + 65536 · blue, which a float holds exactly: a third of what the networks'
   * planes would be to send.
   */
  readonly window: number;
}

export function framePartsOf({
  latentChannels,
  latentSize,
  mapChannels,
  mapSize,
  resolution,
}: PackLayout): FrameParts {
  return {
    latent: latentChannels * latentSize ** 2,
    driver_map: mapChannels * mapSize ** 2,
    visibility: mapSize ** 2,
    share: mapSize ** 2,
    window: resolution ** 2,
  };
}

/** Values of a stream's frame, all parts together. */
export function frameLengthOf(layout: PackLayout): number {
  return Object.values(framePartsOf(layout)).reduce((all, values) => all + values, 0);
}

import type { WarpRig } from '../geometric/rig.ts';
import { warp } from '../geometric/warp.ts';
import { cutWindow, windowAt, windowSide } from './face-window.ts';
import type { PackLayout } from './pack/contract.ts';
import type { WindowRaster } from './window-raster.ts';

/** What the identity network sees of a portrait. */
export interface PortraitInput {
  /** `[R, R, 3]` RGB. */
  readonly portrait: Uint8Array;
  /** `[C, S, S]`. */
  readonly map: Float32Array;
}

/**
 * The window on the portrait itself, at the portrait's own coefficients. For packs that make whole pictures the window
 * is the whole portrait.
 */
export function portraitInput(rig: WarpRig, raster: WindowRaster, layout: PackLayout): PortraitInput {
  const { image, landmarks, coefficients } = rig.reference;
  const size = image.width;
  // For where its landmarks come to lie.
  warp(rig, coefficients);
  const window =
    layout.kind === 'window'
      ? windowAt(rig.landmarks, windowSide(landmarks, size), size)
      : { x: 0, y: 0, side: size };
  const map = new Float32Array(layout.mapChannels * layout.mapSize ** 2);
  raster.render(coefficients, window, map, { visibility: new Float32Array(layout.mapSize ** 2) });
  const { resolution } = layout;
  const portrait = cutWindow(image, window, new Uint8Array(resolution ** 2 * 3), resolution);
  return { portrait, map };
}

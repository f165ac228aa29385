import type { VideoFrame } from '../frame.ts';
import type { WarpRig } from '../geometric/rig.ts';
import type { HeadCoefficients, HeadModel } from '../head/head-model.ts';
import { type LipOpening, lipOpening } from './behind-lips.ts';
import { cutWindow, type FaceWindow, WindowFollower, windowSide } from './face-window.ts';
import type { PackLayout } from './pack/contract.ts';
import type { FrameExchange } from './runtime/inference-messages.ts';
import { WindowRaster } from './window-raster.ts';

/** Where the networks' change of a frame belongs. */
export interface FramePlace {
  readonly window: FaceWindow;
  /** Null where the lips are closed, and for packs that make whole pictures. */
  readonly opening: LipOpening | null;
}

/** Writes what the networks see of a frame. */
export class FrameInputs {
  readonly raster: WindowRaster;
  readonly #rig: WarpRig;
  readonly #follower: WindowFollower;

  constructor(model: HeadModel, rig: WarpRig) {
    const { reference, size } = rig;
    this.#rig = rig;
    this.raster = new WindowRaster(model, reference, rig.hairOnFace);
    this.#follower = new WindowFollower(windowSide(reference.landmarks, size), size);
  }

  /** Right behind the warp of the same frame, whose landmarks and lips are still the rig's. */
  place({ image }: VideoFrame, { kind }: PackLayout): FramePlace {
    if (kind === 'frame') return { window: { x: 0, y: 0, side: image.width }, opening: null };
    const { landmarks, mouth } = this.#rig;
    return { window: this.#follower.follow(landmarks), opening: lipOpening(mouth.mask) };
  }

  /** At any time. @param index place in the exchange */
  write(
    coefficients: HeadCoefficients,
    { image }: VideoFrame,
    { window }: FramePlace,
    { kind, resolution, mapChannels, mapSize }: PackLayout,
    { windows, maps, visibilities, changeables }: FrameExchange,
    index: number,
  ): void {
    const plane = mapSize ** 2;
    const map = maps.subarray(index * mapChannels * plane, (index + 1) * mapChannels * plane);
    if (kind === 'frame') {
      this.raster.render(coefficients, window, map, { visibility: new Float32Array(plane) });
      return;
    }
    const bytes = resolution ** 2 * 3;
    cutWindow(image, window, windows.subarray(index * bytes, (index + 1) * bytes));
    const planeOf = (planes: Float32Array) => planes.subarray(index * plane, (index + 1) * plane);
    this.raster.render(coefficients, window, map, {
      visibility: planeOf(visibilities),
      changeable: planeOf(changeables),
    });
  }
}

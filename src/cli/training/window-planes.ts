import { type FaceWindow, windowCamera } from '../../reenact/diffusion/face-window.ts';
import { portraitVisibility } from '../../reenact/diffusion/visibility.ts';
import { turnedAsWarped } from '../../reenact/diffusion/window-raster.ts';
import { encodeHalfFloats } from '../../reenact/head/half-float.ts';
import type { HeadCoefficients, HeadModel } from '../../reenact/head/head-model.ts';
import { shapeHead } from '../../reenact/head/shape-head.ts';
import type { ReferenceIdentity } from '../../reenact/identity/reference.ts';
import { DRIVER_MAP_SIZE } from '../../reenact/raster/driver-map.ts';
import { SurfaceSampler } from '../../reenact/raster/surface-sampler.ts';
import { RASTER_CHANNELS } from './person-folder.ts';

const PLANE = DRIVER_MAP_SIZE * DRIVER_MAP_SIZE;

/**
 * What the network's raster is made of, before the encoding, which takes 42 channels and can be had from the places at
 * any time: deformation (x, y, z; metres), place on the neutral surface (x, y, z; metres), visibility, coverage.
 */
export class WindowPlanes {
  readonly #reference: ReferenceIdentity;
  readonly #sampler: SurfaceSampler;
  readonly #visibility: Float32Array;
  readonly #planes = new Float32Array(RASTER_CHANNELS * PLANE);

  constructor(model: HeadModel, reference: ReferenceIdentity) {
    const { calibration, coefficients, image } = reference;
    const shaped = shapeHead(model, calibration.beta);
    this.#reference = reference;
    this.#sampler = new SurfaceSampler(shaped, DRIVER_MAP_SIZE);
    this.#visibility = portraitVisibility(shaped, coefficients, calibration.camera, image.width);
  }

  /** @returns `[8, 64, 64]` halves */
  draw(coefficients: HeadCoefficients, window: FaceWindow): Uint16Array {
    const { calibration, coefficients: own } = this.#reference;
    const { count, pixels, places, deformations } = this.#sampler.sample(
      turnedAsWarped(coefficients, own),
      windowCamera(calibration.camera, window, DRIVER_MAP_SIZE),
    );
    const planes = this.#planes.fill(0);
    this.#sampler.paint(this.#visibility, planes.subarray(6 * PLANE, 7 * PLANE));
    for (let i = 0; i < count; i++) {
      const pixel = pixels[i];
      for (let axis = 0; axis < 3; axis++) {
        planes[axis * PLANE + pixel] = deformations[i * 3 + axis];
        planes[(3 + axis) * PLANE + pixel] = places[i * 3 + axis];
      }
      planes[7 * PLANE + pixel] = 1;
    }
    return encodeHalfFloats(planes);
  }
}

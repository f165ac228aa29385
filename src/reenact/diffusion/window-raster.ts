import { limitTurn } from '../geometric/rigid-motion.ts';
import type { HeadCoefficients, HeadModel } from '../head/head-model.ts';
import { shapeHead } from '../head/shape-head.ts';
import type { ReferenceIdentity } from '../identity/reference.ts';
import { DRIVER_MAP_SIZE, DriverMapper } from '../raster/driver-map.ts';
import { type FaceWindow, windowCamera } from './face-window.ts';
import { portraitVisibility } from './visibility.ts';

/**
 * What a window's network sees of the head: the driver map of the window, and how well the portrait shows what is
 * seen there. One rasterisation for both.
 */
export class WindowRaster {
  readonly #reference: ReferenceIdentity;
  readonly #mapper: DriverMapper;
  /** `[V]`. */
  readonly #visibility: Float32Array;

  constructor(model: HeadModel, reference: ReferenceIdentity) {
    const { calibration, coefficients, image } = reference;
    const shaped = shapeHead(model, calibration.beta);
    this.#reference = reference;
    this.#mapper = new DriverMapper(shaped, calibration.camera, image.width, DRIVER_MAP_SIZE);
    this.#visibility = portraitVisibility(shaped, coefficients, calibration.camera, image.width);
  }

  /**
   * @param coefficients as told to the warp
   * @param map `[45, 64, 64]`, written
   * @param visibility `[64, 64]`, written
   */
  render(
    coefficients: HeadCoefficients,
    window: FaceWindow,
    map: Float32Array,
    visibility: Float32Array,
  ): void {
    this.#mapper.render(turnedAsWarped(coefficients, this.#reference.coefficients), map, {
      camera: windowCamera(this.#reference.calibration.camera, window, DRIVER_MAP_SIZE),
      plane: { field: this.#visibility, out: visibility },
    });
  }
}

/** The same motion with the turn of the head held back as the warp holds it. */
export function turnedAsWarped(coefficients: HeadCoefficients, portrait: HeadCoefficients): HeadCoefficients {
  const theta = Float32Array.from(coefficients.theta);
  limitTurn(theta, portrait);
  return { ...coefficients, theta };
}

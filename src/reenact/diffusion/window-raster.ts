import { limitTurn } from '../geometric/rigid-motion.ts';
import type { HeadCoefficients, HeadModel } from '../head/head-model.ts';
import { shapeHead } from '../head/shape-head.ts';
import type { ReferenceIdentity } from '../identity/reference.ts';
import { DRIVER_MAP_SIZE, DriverMapper } from '../raster/driver-map.ts';
import { bareHead } from './bare-head.ts';
import { besideEyes } from './beside-eyes.ts';
import { type FaceWindow, windowCamera } from './face-window.ts';
import { portraitVisibility } from './visibility.ts';

/** Planes of a window, `[64, 64]`, zero outside the head. */
export interface RasterPlanes {
  /** How well the portrait shows what is seen there. */
  readonly visibility: Float32Array;
  /** How much of it the networks may change: no hair lies over it in the portrait, and it is no part of the eyes. */
  readonly changeable?: Float32Array;
}

/** What a window's network sees of the head: the driver map of the window, and planes beside it. One rasterisation for all. */
export class WindowRaster {
  readonly #reference: ReferenceIdentity;
  readonly #mapper: DriverMapper;
  /** `[V]`. */
  readonly #visibility: Float32Array;
  /** `[V]`. */
  readonly #changeable: Float32Array;

  /** @param hair `[size, size]` of the portrait, as {@link bareHead}'s; none by default */
  constructor(model: HeadModel, reference: ReferenceIdentity, hair: Uint8Array | null = null) {
    const { calibration, coefficients, image } = reference;
    const shaped = shapeHead(model, calibration.beta);
    this.#reference = reference;
    this.#mapper = new DriverMapper(shaped, calibration.camera, image.width, DRIVER_MAP_SIZE);
    const size = image.width;
    const visibility = portraitVisibility(shaped, coefficients, calibration.camera, size);
    this.#visibility = visibility;
    const beside = besideEyes(model);
    this.#changeable =
      hair === null
        ? beside
        : bareHead(shaped, coefficients, calibration.camera, visibility, hair, size).map(
            (bare, v) => bare * beside[v],
          );
  }

  /**
   * @param coefficients as told to the warp
   * @param map `[45, 64, 64]`, written
   * @param planes written
   */
  render(
    coefficients: HeadCoefficients,
    window: FaceWindow,
    map: Float32Array,
    { visibility, changeable }: RasterPlanes,
  ): void {
    this.#mapper.render(turnedAsWarped(coefficients, this.#reference.coefficients), map, {
      camera: windowCamera(this.#reference.calibration.camera, window, DRIVER_MAP_SIZE),
      planes: [
        { field: this.#visibility, out: visibility },
        ...(changeable === undefined ? [] : [{ field: this.#changeable, out: changeable }]),
      ],
    });
  }
}

/** The same motion with the turn of the head held back as the warp holds it. */
export function turnedAsWarped(coefficients: HeadCoefficients, portrait: HeadCoefficients): HeadCoefficients {
  const theta = Float32Array.from(coefficients.theta);
  limitTurn(theta, portrait);
  return { ...coefficients, theta };
}

import sharp from 'sharp';
import type { HeadCoefficients, HeadModel } from '../head/head-model.ts';
import { shapeHead } from '../head/shape-head.ts';
import type { ReferenceIdentity } from '../identity/reference.ts';
import { DriverMapper } from '../raster/driver-map.ts';
import { driverMapPicture } from '../raster/driver-map-picture.ts';

const SIDE_PX = 64;
const INTERVAL_MS = 125;

/** Pictures of the driver map for the driver's page: at most 8 a second, one at a time. */
export class MapPreview {
  readonly #model: HeadModel;
  readonly #onPicture: (png: Uint8Array) => void;
  #mapper: { readonly reference: ReferenceIdentity; readonly mapper: DriverMapper } | null = null;
  #lastMs = Number.NEGATIVE_INFINITY;
  #busy = false;

  constructor(model: HeadModel, onPicture: (png: Uint8Array) => void) {
    this.#model = model;
    this.#onPicture = onPicture;
  }

  /** @param nowMs steady clock */
  show(reference: ReferenceIdentity, commanded: HeadCoefficients, nowMs: number): void {
    if (this.#busy || nowMs - this.#lastMs < INTERVAL_MS) return;
    this.#lastMs = nowMs;
    if (this.#mapper?.reference !== reference) {
      const { calibration, image } = reference;
      const shaped = shapeHead(this.#model, calibration.beta);
      this.#mapper = {
        reference,
        mapper: new DriverMapper(shaped, calibration.camera, image.width, SIDE_PX),
      };
    }
    const { width, height, data } = driverMapPicture(this.#mapper.mapper.render(commanded), SIDE_PX);
    this.#busy = true;
    sharp(data, { raw: { width, height, channels: 4 } })
      .removeAlpha()
      .png()
      .toBuffer()
      .then(
        (png) => this.#onPicture(png),
        () => {},
      )
      .finally(() => {
        this.#busy = false;
      });
  }
}

import type { FaceWindow } from '../../reenact/diffusion/face-window.ts';
import type { RgbaImage } from '../../reenact/frame.ts';
import { cropCamera } from '../../reenact/head/camera.ts';
import type { Camera, HeadCoefficients } from '../../reenact/head/head-model.ts';
import { type Canvas, paintOver, weaveCanvas } from '../../render/painted.ts';
import { renderHead } from '../../render/render-head.ts';
import type { Subject } from '../../render/subject.ts';
import type { TrainingPerson } from '../../render/training/training-person.ts';

/** Width of a brush stroke's disc in painted pictures, pixels of the portrait. */
const BRUSH_PX = 2;
const SHADOW_SIZE = 384;

/** A square of the picture, whole pixels. */
export type Square = FaceWindow;

/** Draws one person in one camera: the whole picture, or a square of it with the very same pixels. */
export class Truth {
  readonly #canvas: Canvas | null;

  constructor(
    readonly person: TrainingPerson,
    readonly subject: Subject,
    readonly camera: Camera,
    readonly size: number,
  ) {
    this.#canvas = person.style === 'painted' ? weaveCanvas(size, size, person.look.seed) : null;
  }

  /** @param square the whole picture by default */
  draw(coefficients: HeadCoefficients, square: Square = { x: 0, y: 0, side: this.size }): RgbaImage {
    const { person, subject, size } = this;
    const { image } = renderHead({
      subject,
      coefficients,
      camera: cropCamera(this.camera, square.x, square.y, 1),
      width: square.side,
      height: square.side,
      samples: 2,
      lights: person.lights,
      background: person.background,
      style: person.style,
      exposure: person.exposure,
      partOf: { x: square.x, y: square.y, width: size, height: size },
      shadowSize: SHADOW_SIZE,
      coarseHair: true,
    });
    return this.#canvas === null ? image : paintOver(image, BRUSH_PX, person.look.seed, this.#canvas, square);
  }
}

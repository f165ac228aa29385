import type { Calibration } from '../fit/types.ts';
import type { RgbaImage } from '../frame.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import type { TrackedFace } from '../track/types.ts';
import type { PictureAnswer } from './picture-answer.ts';

/** A portrait, read once: who it shows, how that person looks at the viewer, and where. */
export interface ReferenceIdentity {
  /** Square crop of the portrait; every pixel coordinate below is in it. */
  readonly image: RgbaImage;
  /** Shape, camera and bias of the person in the picture. */
  readonly calibration: Calibration;
  /** The portrait's own pose and expression. */
  readonly coefficients: HeadCoefficients;
  readonly landmarks: TrackedFace;
  /** Of `learnAnswer`; absent where nobody looked: the picture is then taken to read as it is told. */
  readonly answer?: PictureAnswer;
}

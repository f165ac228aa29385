import type { RgbaImage } from '../frame.ts';
import { cropCamera } from '../head/camera.ts';
import type { Camera } from '../head/head-model.ts';
import { landmarkBounds } from '../identity/portrait.ts';
import type { TrackedFace } from '../track/types.ts';
import { cutKernel } from './kernel/cut-kernel.ts';

/** Width and height of a window as the networks see it. */
export const WINDOW_PX = 256;
/** Side of the window, in heights of the portrait's face (forehead to chin). */
export const WINDOW_FACE_HEIGHTS = 1.3;
/** A side this close to half of the picture becomes exactly that: at 512² window and picture share their pixels. */
const SNAP_SHARE = 0.08;
/** The centre lies on a grid of this many window pixels, a latent pixel's width: what is remembered mostly stays put. */
const GRID_PX = 8;
/** It moves when the face's middle is further off than this, in window pixels. */
const HYSTERESIS_PX = 6;
/** Between the eyes and under the nose: what lies halfway is the middle of the face, whatever the jaw does. */
const MIDDLE = [168, 2] as const;

/** A square of the avatar's picture, in whole pixels of it. */
export interface FaceWindow {
  /** Left edge. */
  readonly x: number;
  /** Top edge. */
  readonly y: number;
  readonly side: number;
}

/**
 * Side of an avatar's window in pixels of its picture: 1.3 heights of the portrait's face, never more than the picture.
 *
 * @param face the portrait's landmarks, in a square picture of `pictureSize`
 */
export function windowSide(face: TrackedFace, pictureSize: number): number {
  const { top, bottom } = landmarkBounds(face);
  return windowSideOf(bottom - top, pictureSize);
}

/** The same from the height of the portrait's face, forehead to chin, pixels. */
export function windowSideOf(faceHeightPx: number, pictureSize: number): number {
  const wanted = WINDOW_FACE_HEIGHTS * faceHeightPx;
  const half = pictureSize / 2;
  if (Math.abs(wanted - half) <= SNAP_SHARE * half) return half;
  return Math.min(pictureSize, Math.max(1, Math.round(wanted)));
}

/**
 * Keeps a window on the face from frame to frame. Its centre goes from place to place of a coarse grid, with
 * hysteresis, and never so far that the window would leave the picture. The only state is that centre.
 */
export class WindowFollower {
  /** In steps of the grid; NaN before the first frame. */
  #column = Number.NaN;
  #row = Number.NaN;

  /**
   * @param side of {@link windowSide}
   * @param pictureSize width and height of the picture
   */
  constructor(
    readonly side: number,
    readonly pictureSize: number,
  ) {}

  /** @param landmarks `[478, 3]` x and y in pixels of the picture, of this frame's warped face (`WarpRig.landmarks`) */
  follow(landmarks: ArrayLike<number>): FaceWindow {
    const { side, pictureSize } = this;
    const scale = WINDOW_PX / side;
    const middle = (axis: number): number =>
      (landmarks[MIDDLE[0] * 3 + axis] + landmarks[MIDDLE[1] * 3 + axis]) / 2;
    this.#column = settle(this.#column, middle(0) * scale);
    this.#row = settle(this.#row, middle(1) * scale);
    const corner = (step: number): number =>
      Math.min(pictureSize - side, Math.max(0, Math.round((step * GRID_PX) / scale - side / 2)));
    return { x: corner(this.#column), y: corner(this.#row), side };
  }

  /** Forget the frame before: the next window is the one nearest to its face. */
  reset(): void {
    this.#column = this.#row = Number.NaN;
  }
}

/** The place on the grid for a face's middle at `wantedPx` window pixels. */
function settle(step: number, wantedPx: number): number {
  // NaN, before the first frame, is near nothing; a face that is nowhere leaves the window where it is.
  if (Math.abs(wantedPx - step * GRID_PX) <= HYSTERESIS_PX || !Number.isFinite(wantedPx))
    return Number.isNaN(step) && !Number.isFinite(wantedPx) ? 0 : step;
  return Math.round(wantedPx / GRID_PX);
}

/** The window of one picture by itself. */
export function windowAt(landmarks: ArrayLike<number>, side: number, pictureSize: number): FaceWindow {
  return new WindowFollower(side, pictureSize).follow(landmarks);
}

/** Camera of a window that is shown at `sizePx` by `sizePx`, from the picture's. */
export function windowCamera(camera: Camera, window: FaceWindow, sizePx: number): Camera {
  return cropCamera(camera, window.x, window.y, sizePx / window.side);
}

/**
 * The window cut out of a picture and brought to `sizePx`, normally 256; where it is as wide already its pixels are
 * copied, else each is the bilinear mean of the four around its place, to within a level.
 *
 * @param out `[sizePx, sizePx, 3]` RGB, written and returned
 */
export function cutWindow(
  image: RgbaImage,
  { x, y, side }: FaceWindow,
  out: Uint8Array = new Uint8Array(WINDOW_PX * WINDOW_PX * 3),
  sizePx: number = WINDOW_PX,
): Uint8Array {
  cutKernel(image.data.length, sizePx).cut(image, x, y, side, sizePx, out);
  return out;
}

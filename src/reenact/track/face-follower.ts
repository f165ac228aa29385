import type { RgbaImage } from '../frame.ts';
import type { FaceDetector, Tile } from './face-detector.ts';
import { findCandidates, findFaces, MIN_FACE_PX } from './face-finder.ts';
import type { FaceMesh, MeshResult } from './face-mesh.ts';
import { type Roi, roiFromBox, roiFromLandmarks } from './roi.ts';
import { followRoi, isFace, type Settled, settleOnFace } from './settle.ts';
import { planTiles, wholePicture } from './tiles.ts';
import type { FaceBox } from './types.ts';

/** While a face is lost, so many tiles of the fine scan are looked at each frame: bounds the time of a frame. */
const TILES_PER_LOST_FRAME = 8;
/** Side of the square searched around the place where the face was lost, of the last region's side. */
const NEARBY_SCALE = 3;

/**
 * Regions around the settled one whose landmarks are averaged in a still: shift as a fraction of the side, scale,
 * turn in radians. Nine of them bring the repeatability of the landmarks under small shifts, turns and scales of
 * the picture from 0.26 to 0.10 % of the inter-ocular distance (five: 0.14).
 */
const STILL_JITTER: readonly (readonly [x: number, y: number, scale: number, turnRad: number])[] = [
  [0, 0, 1, 0],
  [0.02, 0, 1.03, 0.03],
  [-0.02, 0, 0.97, -0.03],
  [0, 0.02, 0.97, 0.03],
  [0, -0.02, 1.03, -0.03],
  [0.03, 0.03, 1.05, -0.06],
  [-0.03, -0.03, 0.95, 0.06],
  [0.03, -0.03, 1.05, 0.06],
  [-0.03, 0.03, 0.95, -0.06],
];

/**
 * Follows one face through a stream: the region of interest of a frame comes from the landmarks of the frame
 * before, and the detector runs only while there is no face. State is one region and the position of the scan.
 */
export class FaceFollower {
  readonly #detector: FaceDetector;
  readonly #mesh: FaceMesh;
  /** Where the face is expected; null while it is lost. */
  #roi: Roi | null = null;
  /** Where the face was last seen. */
  #lastSeen: Roi | null = null;
  /** Next tile of the fine scan; -1 until a first frame has been scanned whole. */
  #scanAt = -1;

  constructor(detector: FaceDetector, mesh: FaceMesh) {
    this.#detector = detector;
    this.#mesh = mesh;
  }

  reset(): void {
    this.#roi = null;
    this.#lastSeen = null;
    this.#scanAt = -1;
  }

  /** The face in the next frame of the stream, looked for again at once when it is lost. */
  async track(image: RgbaImage): Promise<MeshResult | null> {
    if (this.#roi !== null) {
      const result = await this.#mesh.locate(image, this.#roi);
      if (isFace(result, image)) {
        this.#roi = this.#lastSeen = followRoi(this.#roi, roiFromLandmarks(result.landmarks));
        return result;
      }
    }
    this.#roi = null;
    const found = await this.#acquire(image);
    if (found === null) return null;
    this.#roi = this.#lastSeen = found.nextRoi;
    this.#scanAt = 0;
    return found.result;
  }

  /** Every face of a picture, largest first. Leaves the followed face alone. */
  detect(image: RgbaImage): Promise<FaceBox[]> {
    return findFaces(image, this.#detector, this.#mesh);
  }

  /** Landmarks of one picture: region refined until it settles, then averaged over jittered regions. */
  async still(image: RgbaImage, box?: FaceBox): Promise<MeshResult | null> {
    const face = box ?? (await this.detect(image))[0];
    if (face === undefined) return null;
    const settled = await settleOnFace(image, this.#mesh, roiFromBox(face, face.rotationRad));
    if (settled === null) return null;
    const mean = new Float32Array(settled.result.landmarks.length);
    for (const [x, y, scale, turnRad] of STILL_JITTER) {
      const { centreX, centreY, sizePx, rotationRad } = settled.nextRoi;
      const { landmarks } = await this.#mesh.locate(image, {
        centreX: centreX + x * sizePx,
        centreY: centreY + y * sizePx,
        sizePx: sizePx * scale,
        rotationRad: rotationRad + turnRad,
      });
      for (let i = 0; i < mean.length; i++) mean[i] += landmarks[i] / STILL_JITTER.length;
    }
    return { landmarks: mean, confidence: settled.result.confidence };
  }

  async #acquire(image: RgbaImage): Promise<Settled | null> {
    for (const tiles of this.#searches(image)) {
      const candidates = await findCandidates(image, this.#detector, tiles);
      candidates.sort((a, b) => b.width * b.height - a.width * a.height);
      for (const candidate of candidates) {
        const settled = await settleOnFace(image, this.#mesh, roiFromBox(candidate, candidate.rotationRad));
        if (settled !== null) return settled;
      }
    }
    return null;
  }

  /** Where to look, cheapest and likeliest first: near the last place, in the whole picture, in a few tiles. */
  #searches(image: RgbaImage): Tile[][] {
    const whole = wholePicture(image.width, image.height);
    const fine = planTiles(image.width, image.height, MIN_FACE_PX).slice(1);
    const first = this.#scanAt < 0;
    const start = first ? 0 : this.#scanAt % fine.length;
    const count = Math.min(first ? fine.length : TILES_PER_LOST_FRAME, fine.length);
    this.#scanAt = start + (first ? 0 : count);
    const scan = Array.from({ length: count }, (_, i) => fine[(start + i) % fine.length]);
    return [...(this.#lastSeen === null ? [] : [[nearby(this.#lastSeen)]]), [whole], scan];
  }
}

function nearby(roi: Roi): Tile {
  const sizePx = NEARBY_SCALE * roi.sizePx;
  return { x: roi.centreX - sizePx / 2, y: roi.centreY - sizePx / 2, sizePx };
}

import type { RgbaImage } from '../frame.ts';
import { type CropOptions, cropToTensor } from './crop.ts';
import type { Network } from './onnx-network.ts';
import { type BoxLike, DETECTOR_SIZE, decodeDetections, mergeOverlapping, ssdAnchors } from './ssd.ts';

/** A square of a picture, pixels; may reach beyond its edges. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly sizePx: number;
}

/** A face as the detector alone sees it, pixels of the picture. */
export interface FaceCandidate extends BoxLike {
  readonly score: number;
  /** Roll of the line between the pupils, clockwise on the screen. */
  readonly rotationRad: number;
}

/** Input in -1..1, black outside the picture (face_detection_short_range). */
const DETECTOR_CROP: CropOptions = { gain: 2 / 255, offset: -1, border: 'black', maxSamples: 8 };

/** BlazeFace on one square of a picture at a time. */
export class FaceDetector {
  readonly #network: Network;
  readonly #anchors = ssdAnchors();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Faces in `tile` whose score reaches `minScore`, without duplicates, best first. */
  async find(image: RgbaImage, tile: Tile, minScore: number): Promise<FaceCandidate[]> {
    const half = tile.sizePx / 2;
    const roi = { centreX: tile.x + half, centreY: tile.y + half, sizePx: tile.sizePx, rotationRad: 0 };
    cropToTensor(image, roi, DETECTOR_SIZE, this.#network.inputs[0], DETECTOR_CROP);
    const [regressors, logits] = await this.#network.run();
    const detections = decodeDetections(regressors, logits, this.#anchors, minScore);
    return mergeOverlapping(detections).map((detection) => ({
      x: tile.x + detection.x * tile.sizePx,
      y: tile.y + detection.y * tile.sizePx,
      width: detection.width * tile.sizePx,
      height: detection.height * tile.sizePx,
      score: detection.score,
      rotationRad: Math.atan2(
        detection.keypoints[3] - detection.keypoints[1],
        detection.keypoints[2] - detection.keypoints[0],
      ),
    }));
  }
}

import type { RgbaImage } from '../frame.ts';
import { type CropOptions, cropToTensor } from './crop.ts';
import type { Network } from './litert-runtime.ts';
import { projectToFrame, type Roi } from './roi.ts';

/** Landmarks of the face in one region. */
export interface MeshResult {
  /** `[points, 3]`, pixels of the picture. */
  readonly landmarks: Float32Array;
  /** 0..1. */
  readonly confidence: number;
}

/** Input in 0..1, the picture's edge replicated outside (face_landmark). */
const MESH_CROP: CropOptions = { gain: 1 / 255, offset: 0, border: 'replicate', maxSamples: 4 };

/** MediaPipe's face mesh on one region at a time (Kartynnik et al., arXiv 1907.06724; Grishchenko et al., arXiv 2006.10962). */
export class FaceMesh {
  readonly points: number;
  readonly #network: Network;
  readonly #inputSize: number;

  constructor(network: Network, inputSize: number, points: number) {
    this.#network = network;
    this.#inputSize = inputSize;
    this.points = points;
  }

  async locate(image: RgbaImage, roi: Roi): Promise<MeshResult> {
    this.#network.setInput((input) => cropToTensor(image, roi, this.#inputSize, input, MESH_CROP));
    const [raw, presence] = await this.#network.run();
    const landmarks = new Float32Array(3 * this.points);
    projectToFrame(raw, this.#inputSize, roi, landmarks);
    return { landmarks, confidence: 1 / (1 + Math.exp(-presence[0])) };
  }
}

import type { RgbaImage } from '../frame.ts';
import { type CropOptions, cropToTensor } from './crop.ts';
import type { Network } from './onnx-network.ts';
import { projectToFrame, type Roi } from './roi.ts';
import type { LandmarkCount } from './types.ts';

/** Landmarks of the face in one region. */
export interface MeshResult {
  /** `[points, 3]`, pixels of the picture. */
  readonly landmarks: Float32Array;
  /** 0..1. */
  readonly confidence: number;
}

/** Finds the landmarks of the face in one region of a picture at a time. */
export interface FaceMesh {
  readonly points: LandmarkCount;
  locate(image: RgbaImage, roi: Roi): Promise<MeshResult>;
}

/** Input in 0..1, the picture's edge replicated outside (face_landmark). */
export const MESH_CROP: CropOptions = { gain: 1 / 255, offset: 0, border: 'replicate', maxSamples: 4 };

/** A mesh of a single network (Kartynnik et al., arXiv 1907.06724). */
export class PlainFaceMesh implements FaceMesh {
  readonly points: LandmarkCount;
  readonly #network: Network;
  readonly #inputSize: number;

  constructor(network: Network, inputSize: number, points: LandmarkCount) {
    this.#network = network;
    this.#inputSize = inputSize;
    this.points = points;
  }

  async locate(image: RgbaImage, roi: Roi): Promise<MeshResult> {
    cropToTensor(image, roi, this.#inputSize, this.#network.inputs[0], MESH_CROP);
    const [raw, presence] = await this.#network.run();
    return meshResult(raw, presence[0], this.#inputSize, roi, this.points);
  }
}

/** @param raw `[points, 3]` in pixels of the network's picture. */
export function meshResult(
  raw: Float32Array,
  presenceLogit: number,
  inputSize: number,
  roi: Roi,
  points: LandmarkCount,
): MeshResult {
  const landmarks = new Float32Array(3 * points);
  projectToFrame(raw, inputSize, roi, landmarks);
  return { landmarks, confidence: 1 / (1 + Math.exp(-presenceLogit)) };
}

import type { RgbaImage } from '../frame.ts';
import {
  type CropTransform,
  cropFeatures,
  cropTransform,
  FEATURE_SIZE,
  placeLandmarks,
} from './attention-crop.ts';
import { LEFT_EYE, LID_EDGE_COUNT, LIPS, RIGHT_EYE } from './attention-regions.ts';
import { cropToTensor } from './crop.ts';
import { type FaceMesh, MESH_CROP, type MeshResult, meshResult } from './face-mesh.ts';
import type { Network } from './onnx-network.ts';
import type { Roi } from './roi.ts';

const REGIONS = [LIPS, RIGHT_EYE, LEFT_EYE];
const RIGHT_IRIS = [468, 469, 470, 471, 472];
const LEFT_IRIS = [473, 474, 475, 476, 477];
/** Which crop each output of the heads belongs to, and the landmarks that it holds. */
const HEADS: readonly (readonly [crop: number, landmarks: readonly number[]])[] = [
  [0, LIPS.landmarks],
  [1, RIGHT_EYE.landmarks],
  [1, RIGHT_IRIS],
  [2, LEFT_EYE.landmarks],
  [2, LEFT_IRIS],
];
const POINTS = 478;

/**
 * The attention mesh (Grishchenko et al., "Attention Mesh: high-fidelity face mesh prediction in real-time", arXiv
 * 2006.10962): a coarse mesh and a feature map from one network, then lips, eyes and irises from three crops of the
 * feature map by another. The cropping in between is three operators of MediaPipe's own, done here.
 */
export class AttentionFaceMesh implements FaceMesh {
  readonly points = POINTS;
  readonly #backbone: Network;
  readonly #heads: Network;
  readonly #inputSize: number;
  readonly #raw = new Float32Array(3 * POINTS);

  /**
   * @param backbone `[1, 3, size, size]` → mesh `[1, 1404, 1, 1]`, presence logit, features `[1, 32, 48, 48]`.
   * @param heads three crops `[1, 32, 16, 16]` → lips, right eye, right iris, left eye, left iris.
   */
  constructor(backbone: Network, heads: Network, inputSize: number) {
    this.#backbone = backbone;
    this.#heads = heads;
    this.#inputSize = inputSize;
  }

  async locate(image: RgbaImage, roi: Roi): Promise<MeshResult> {
    cropToTensor(image, roi, this.#inputSize, this.#backbone.inputs[0], MESH_CROP);
    const [mesh, presence, features] = await this.#backbone.run();
    const cellsPerPixel = FEATURE_SIZE / this.#inputSize;
    const crops = REGIONS.map((region) => cropTransform(region, mesh, cellsPerPixel));
    for (const [i, crop] of crops.entries()) cropFeatures(features, crop, this.#heads.inputs[i]);
    const raw = this.#raw;
    raw.set(mesh);
    this.#refine(await this.#heads.run(), crops, cellsPerPixel);
    return meshResult(raw, presence[0], this.#inputSize, roi, POINTS);
  }

  #refine(found: readonly Float32Array[], crops: readonly CropTransform[], cellsPerPixel: number): void {
    for (const [i, [crop, landmarks]] of HEADS.entries()) {
      placeLandmarks(found[i], landmarks, crops[crop], cellsPerPixel, this.#raw);
    }
    levelIris(this.#raw, RIGHT_IRIS, RIGHT_EYE.landmarks);
    levelIris(this.#raw, LEFT_IRIS, LEFT_EYE.landmarks);
  }
}

/** An iris has no depth of its own: it gets the mean of its lids' edges. */
function levelIris(mesh: Float32Array, iris: readonly number[], eye: readonly number[]): void {
  let depth = 0;
  for (let i = 0; i < LID_EDGE_COUNT; i++) depth += mesh[3 * eye[i] + 2] / LID_EDGE_COUNT;
  for (const index of iris) mesh[3 * index + 2] = depth;
}

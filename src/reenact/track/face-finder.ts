import type { RgbaImage } from '../frame.ts';
import type { FaceCandidate, FaceDetector, Tile } from './face-detector.ts';
import type { FaceMesh } from './face-mesh.ts';
import { landmarkBounds, landmarkRoll, roiFromBox, roiFromLandmarks } from './roi.ts';
import { type BoxLike, containment, overlap } from './ssd.ts';
import { planTiles } from './tiles.ts';
import type { FaceBox } from './types.ts';

/** Smallest face that is looked for, pixels. */
export const MIN_FACE_PX = 80;
/** Least score of the detector and least confidence of the mesh for a face to be one. */
export const MIN_SCORE = 0.5;
export const MIN_CONFIDENCE = 0.5;

const MAX_CANDIDATES = 64;
const SAME_FACE_OVERLAP = 0.3;
const SAME_FACE_CONTAINMENT = 0.6;

/**
 * Every face of a picture, largest first. What the detector proposes in some tile counts only if the mesh, looking
 * at it twice, finds a face there: that removes false alarms, faces cut by a tile's edge, and duplicates.
 */
export async function findFaces(
  image: RgbaImage,
  detector: FaceDetector,
  mesh: FaceMesh,
): Promise<FaceBox[]> {
  const tiles = planTiles(image.width, image.height, MIN_FACE_PX);
  const candidates = await findCandidates(image, detector, tiles);
  const faces: FaceBox[] = [];
  for (const candidate of candidates.slice(0, MAX_CANDIDATES)) {
    if (faces.some((face) => isSameFace(face, candidate))) continue;
    const face = await verify(image, mesh, candidate);
    if (face !== null && !faces.some((other) => isSameFace(other, face))) faces.push(face);
  }
  return faces.sort((a, b) => b.width * b.height - a.width * a.height);
}

/** What the detector proposes in `tiles`, highest score first, duplicates of neighbouring tiles left out. */
export async function findCandidates(
  image: RgbaImage,
  detector: FaceDetector,
  tiles: readonly Tile[],
): Promise<FaceCandidate[]> {
  const found: FaceCandidate[] = [];
  for (const tile of tiles) found.push(...(await detector.find(image, tile, MIN_SCORE)));
  const kept: FaceCandidate[] = [];
  for (const candidate of found.sort((a, b) => b.score - a.score)) {
    if (!kept.some((other) => overlap(other, candidate) > SAME_FACE_OVERLAP)) kept.push(candidate);
  }
  return kept;
}

async function verify(image: RgbaImage, mesh: FaceMesh, candidate: FaceCandidate): Promise<FaceBox | null> {
  const first = await mesh.locate(image, roiFromBox(candidate, candidate.rotationRad));
  if (!(first.confidence >= MIN_CONFIDENCE)) return null;
  const second = await mesh.locate(image, roiFromLandmarks(first.landmarks));
  if (!(second.confidence >= MIN_CONFIDENCE)) return null;
  return {
    ...landmarkBounds(second.landmarks),
    score: candidate.score,
    rotationRad: landmarkRoll(second.landmarks),
  };
}

function isSameFace(a: BoxLike, b: BoxLike): boolean {
  return overlap(a, b) > SAME_FACE_OVERLAP || containment(a, b) > SAME_FACE_CONTAINMENT;
}

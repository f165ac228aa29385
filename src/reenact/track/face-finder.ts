import type { RgbaImage } from '../frame.ts';
import type { FaceCandidate, FaceDetector, Tile } from './face-detector.ts';
import type { FaceMesh } from './face-mesh.ts';
import { landmarkBounds, landmarkRoll, roiFromBox } from './roi.ts';
import { settleOnFace } from './settle.ts';
import { type BoxLike, containment, overlap } from './ssd.ts';
import { planTiles } from './tiles.ts';
import type { FaceBox } from './types.ts';

/** Smallest face that is looked for, pixels. */
export const MIN_FACE_PX = 80;
const MIN_SCORE = 0.5;

const MAX_CANDIDATES = 64;
const SAME_FACE_OVERLAP = 0.3;
const SAME_FACE_CONTAINMENT = 0.6;

/**
 * Every face of a picture, largest first. What the detector proposes in some tile counts only if the mesh settles on
 * a face there: that removes false alarms, faces cut by a tile's edge, and duplicates.
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
  const settled = await settleOnFace(image, mesh, roiFromBox(candidate, candidate.rotationRad));
  if (settled === null) return null;
  const { landmarks } = settled.result;
  return { ...landmarkBounds(landmarks), score: candidate.score, rotationRad: landmarkRoll(landmarks) };
}

function isSameFace(a: BoxLike, b: BoxLike): boolean {
  return overlap(a, b) > SAME_FACE_OVERLAP || containment(a, b) > SAME_FACE_CONTAINMENT;
}

import type { RgbaImage } from '../frame.ts';
import type { FaceMesh, MeshResult } from './face-mesh.ts';
import { blendRoi, type Roi, roiDistance, roiFromLandmarks } from './roi.ts';

/** Least confidence of the mesh for a face to be one. */
const MIN_CONFIDENCE = 0.5;
/** Regions below this side hold no face that the mesh could know. */
const MIN_ROI_PX = 8;

// The region follows the landmarks at once when the face moves, and lazily when it hardly does: the landmarks
// shift by a quarter of what the region shifts, so feeding their noise back in full can keep them from settling.
const FOLLOW_AT_REST = 0.3;
const FULL_FOLLOW_DISTANCE = 0.1;

const MAX_SETTLE_ROUNDS = 5;
const SETTLED_DISTANCE = 0.002;

/** Landmarks, and the region in which to look next. */
export interface Settled {
  readonly result: MeshResult;
  readonly nextRoi: Roi;
}

/**
 * Mesh → region → mesh until the region settles, five rounds at most. Null where a round sees no face: what
 * merely resembles one seldom survives all of them.
 */
export async function settleOnFace(image: RgbaImage, mesh: FaceMesh, start: Roi): Promise<Settled | null> {
  let roi = start;
  for (let round = 1; ; round++) {
    const result = await mesh.locate(image, roi);
    if (!isFace(result, image)) return null;
    const wanted = roiFromLandmarks(result.landmarks);
    // The first regions come from a box and are replaced, not followed.
    const nextRoi = round <= 2 ? wanted : followRoi(roi, wanted);
    if (round === MAX_SETTLE_ROUNDS || roiDistance(wanted, roi) < SETTLED_DISTANCE)
      return { result, nextRoi };
    roi = nextRoi;
  }
}

/** Region of the next frame, from this frame's and the one that this frame's landmarks ask for. */
export function followRoi(current: Roi, wanted: Roi): Roi {
  const distance = roiDistance(wanted, current);
  const amount = FOLLOW_AT_REST + (1 - FOLLOW_AT_REST) * Math.min(1, distance / FULL_FOLLOW_DISTANCE);
  return blendRoi(current, wanted, amount);
}

/** Whether the mesh saw a face; one whose middle has left the picture would be a guess. */
export function isFace(result: MeshResult, image: RgbaImage): boolean {
  // Comparisons are written so that NaN is not a face.
  if (!(result.confidence >= MIN_CONFIDENCE)) return false;
  const { centreX, centreY, sizePx } = roiFromLandmarks(result.landmarks);
  const inside = centreX >= 0 && centreY >= 0 && centreX <= image.width && centreY <= image.height;
  return inside && sizePx >= MIN_ROI_PX;
}

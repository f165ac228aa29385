/**
 * Decoding of BlazeFace (short range), after MediaPipe's SsdAnchorsCalculator, TensorsToDetectionsCalculator and
 * NonMaxSuppressionCalculator with the options of face_detection_short_range.
 * Source: Bazarevsky et al., "BlazeFace: Sub-millisecond neural face detection on mobile GPUs", 2019.
 */

/** Side of the detector's picture, pixels. */
export const DETECTOR_SIZE = 128;
export const ANCHOR_COUNT = 896;
const VALUES_PER_ANCHOR = 16;
/** Strides and anchors a cell: 16 × 16 × 2, then 8 × 8 × 6. All anchors have the size of the whole picture. */
const ANCHOR_GRIDS: readonly (readonly [cells: number, anchorsPerCell: number])[] = [
  [16, 2],
  [8, 6],
];
const KEYPOINTS = 6;
const OVERLAP_OF_SAME_FACE = 0.3;

/** One detected face in units of the detector's picture (0..1 inside). */
export interface Detection {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly score: number;
  /** `[6, 2]`: right eye, left eye, nose tip, mouth, right ear, left ear (the subject's own sides). */
  readonly keypoints: Float32Array;
}

/** `[896, 2]` anchor centres in units of the picture. */
export function ssdAnchors(): Float32Array {
  const anchors = new Float32Array(2 * ANCHOR_COUNT);
  let at = 0;
  for (const [cells, perCell] of ANCHOR_GRIDS) {
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        for (let k = 0; k < perCell; k++) {
          anchors[at++] = (x + 0.5) / cells;
          anchors[at++] = (y + 0.5) / cells;
        }
      }
    }
  }
  return anchors;
}

/**
 * Detections whose score reaches `minScore`, unsorted and with duplicates.
 *
 * @param regressors `[896, 16]`: box centre and size, then six keypoints, in pixels from the anchor.
 * @param logits `[896]`.
 */
export function decodeDetections(
  regressors: Float32Array,
  logits: Float32Array,
  anchors: Float32Array,
  minScore: number,
): Detection[] {
  const minLogit = Math.log(minScore / (1 - minScore));
  const detections: Detection[] = [];
  for (let i = 0; i < ANCHOR_COUNT; i++) {
    // Written so that a NaN is not a face.
    if (!(logits[i] >= minLogit)) continue;
    const at = i * VALUES_PER_ANCHOR;
    const anchorX = anchors[2 * i];
    const anchorY = anchors[2 * i + 1];
    const width = regressors[at + 2] / DETECTOR_SIZE;
    const height = regressors[at + 3] / DETECTOR_SIZE;
    if (!(width > 0 && height > 0)) continue;
    const keypoints = new Float32Array(2 * KEYPOINTS);
    for (let k = 0; k < KEYPOINTS; k++) {
      keypoints[2 * k] = anchorX + regressors[at + 4 + 2 * k] / DETECTOR_SIZE;
      keypoints[2 * k + 1] = anchorY + regressors[at + 5 + 2 * k] / DETECTOR_SIZE;
    }
    detections.push({
      x: anchorX + regressors[at] / DETECTOR_SIZE - width / 2,
      y: anchorY + regressors[at + 1] / DETECTOR_SIZE - height / 2,
      width,
      height,
      score: 1 / (1 + Math.exp(-logits[i])),
      keypoints,
    });
  }
  return detections;
}

/**
 * Weighted non-maximum suppression: detections that overlap the best one by more than 0.3 are averaged with it,
 * weighted by score; the best one's score stays. Best first.
 */
export function mergeOverlapping(detections: readonly Detection[]): Detection[] {
  let rest = [...detections].sort((a, b) => b.score - a.score);
  const merged: Detection[] = [];
  while (rest.length > 0) {
    const best = rest[0];
    const same = rest.filter((other) => other === best || overlap(best, other) > OVERLAP_OF_SAME_FACE);
    merged.push(weightedMean(same, best.score));
    rest = rest.filter((other) => !same.includes(other));
  }
  return merged;
}

/** Intersection over union of two boxes. */
export function overlap(a: BoxLike, b: BoxLike): number {
  const shared = sharedArea(a, b);
  return shared / (a.width * a.height + b.width * b.height - shared);
}

/** Intersection of two boxes over the smaller one: 1 where one lies inside the other. */
export function containment(a: BoxLike, b: BoxLike): number {
  return sharedArea(a, b) / Math.min(a.width * a.height, b.width * b.height);
}

export interface BoxLike {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function sharedArea(a: BoxLike, b: BoxLike): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

function weightedMean(detections: readonly Detection[], score: number): Detection {
  let total = 0;
  const mean = { x: 0, y: 0, width: 0, height: 0 };
  const keypoints = new Float32Array(2 * KEYPOINTS);
  for (const detection of detections) total += detection.score;
  for (const detection of detections) {
    const weight = detection.score / total;
    mean.x += weight * detection.x;
    mean.y += weight * detection.y;
    mean.width += weight * detection.width;
    mean.height += weight * detection.height;
    for (let i = 0; i < keypoints.length; i++) keypoints[i] += weight * detection.keypoints[i];
  }
  return { ...mean, score, keypoints };
}

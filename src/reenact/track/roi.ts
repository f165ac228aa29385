/** Rotated square of a frame, in pixels from its top left corner; `rotationRad` is clockwise on the screen. */
export interface Roi {
  readonly centreX: number;
  readonly centreY: number;
  readonly sizePx: number;
  readonly rotationRad: number;
}

/** Outer corners of the subject's right and left eye: the line between them gives the roll. */
const RIGHT_EYE_CORNER = 33;
const LEFT_EYE_CORNER = 263;

/** How much larger than the face the network's picture is (face_landmark_landmarks_to_roi, FaceDetectionToRoi). */
const ROI_SCALE = 1.5;

/** Region around a box, as MediaPipe's RectTransformationCalculator makes it (square_long, scale 1.5). */
export function roiFromBox(
  box: { x: number; y: number; width: number; height: number },
  rotationRad: number,
): Roi {
  return {
    centreX: box.x + box.width / 2,
    centreY: box.y + box.height / 2,
    sizePx: ROI_SCALE * Math.max(box.width, box.height),
    rotationRad,
  };
}

/** Axis-aligned box of landmarks `[points, 3]`, pixels. */
export function landmarkBounds(landmarks: Float32Array): {
  x: number;
  y: number;
  width: number;
  height: number;
} {
  let minX = Number.POSITIVE_INFINITY;
  let minY = Number.POSITIVE_INFINITY;
  let maxX = Number.NEGATIVE_INFINITY;
  let maxY = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < landmarks.length; i += 3) {
    minX = Math.min(minX, landmarks[i]);
    maxX = Math.max(maxX, landmarks[i]);
    minY = Math.min(minY, landmarks[i + 1]);
    maxY = Math.max(maxY, landmarks[i + 1]);
  }
  return { x: minX, y: minY, width: maxX - minX, height: maxY - minY };
}

/** Roll of the face, clockwise on the screen: the direction from the right eye's outer corner to the left one's. */
export function landmarkRoll(landmarks: Float32Array): number {
  const right = 3 * RIGHT_EYE_CORNER;
  const left = 3 * LEFT_EYE_CORNER;
  return Math.atan2(landmarks[left + 1] - landmarks[right + 1], landmarks[left] - landmarks[right]);
}

/** Region of the next frame from the landmarks of this one. */
export function roiFromLandmarks(landmarks: Float32Array): Roi {
  return roiFromBox(landmarkBounds(landmarks), landmarkRoll(landmarks));
}

/**
 * Points of the network's picture to the frame, in place of `out`: x, y from units of the picture's side (0..1
 * inside) to pixels of the frame, z scaled alike (LandmarkProjectionCalculator).
 *
 * @param raw `[points, 3]` in pixels of a picture of side `inputSize`.
 */
export function projectToFrame(raw: Float32Array, inputSize: number, roi: Roi, out: Float32Array): void {
  const scale = roi.sizePx / inputSize;
  const cos = Math.cos(roi.rotationRad) * scale;
  const sin = Math.sin(roi.rotationRad) * scale;
  const half = inputSize / 2;
  for (let i = 0; i < out.length; i += 3) {
    const dx = raw[i] - half;
    const dy = raw[i + 1] - half;
    out[i] = roi.centreX + dx * cos - dy * sin;
    out[i + 1] = roi.centreY + dx * sin + dy * cos;
    out[i + 2] = raw[i + 2] * scale;
  }
}

/** Largest difference of two regions: shift and growth as fractions of the size, turn in radians. */
export function roiDistance(a: Roi, b: Roi): number {
  return Math.max(
    Math.hypot(a.centreX - b.centreX, a.centreY - b.centreY) / b.sizePx,
    Math.abs(a.sizePx / b.sizePx - 1),
    Math.abs(wrapAngle(a.rotationRad - b.rotationRad)),
  );
}

/** `amount` (0..1) of the way from one region to another, the shorter way round. */
export function blendRoi(from: Roi, to: Roi, amount: number): Roi {
  return {
    centreX: from.centreX + amount * (to.centreX - from.centreX),
    centreY: from.centreY + amount * (to.centreY - from.centreY),
    sizePx: from.sizePx + amount * (to.sizePx - from.sizePx),
    rotationRad: wrapAngle(from.rotationRad + amount * wrapAngle(to.rotationRad - from.rotationRad)),
  };
}

function wrapAngle(rad: number): number {
  return Math.atan2(Math.sin(rad), Math.cos(rad));
}

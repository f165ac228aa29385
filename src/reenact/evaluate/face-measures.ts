import { interocularDistancePx } from '../fit/observation.ts';
import type { TrackedFace } from '../track/types.ts';

/** Ratios read straight off the landmarks of one face; none depends on the head model or the fit. */
export interface FaceMeasures {
  /** Inner-lip distance (13-14) over the inter-ocular distance. */
  readonly mouthGap: number;
  /** Lid distance over eye width, mean of both eyes: about 0.3 open, under 0.1 closed. */
  readonly lidOpening: number;
  /**
   * Offset of the irises from the middle of the eye corners along the eye axis, over eye width, mean of both
   * eyes, positive to the image's right; null without irises.
   */
  readonly gaze: number | null;
}

const RIGHT_EYE = { outer: 33, inner: 133, upper: [159, 158, 160], lower: [145, 153, 144], iris: 468 };
const LEFT_EYE = { outer: 263, inner: 362, upper: [386, 385, 387], lower: [374, 380, 373], iris: 473 };
const INNER_LIP_TOP = 13;
const INNER_LIP_BOTTOM = 14;

export function measureFace(face: TrackedFace): FaceMeasures {
  const { landmarks } = face;
  const gazes = face.points === 478 ? [gazeOf(landmarks, RIGHT_EYE), gazeOf(landmarks, LEFT_EYE)] : null;
  return {
    mouthGap: distancePx(landmarks, INNER_LIP_TOP, INNER_LIP_BOTTOM) / interocularDistancePx(landmarks),
    lidOpening: (lidOpening(landmarks, RIGHT_EYE) + lidOpening(landmarks, LEFT_EYE)) / 2,
    gaze: gazes === null ? null : (gazes[0] + gazes[1]) / 2,
  };
}

type EyePoints = typeof RIGHT_EYE;

function lidOpening(landmarks: Float32Array, eye: EyePoints): number {
  let sum = 0;
  for (let i = 0; i < eye.upper.length; i++) sum += distancePx(landmarks, eye.upper[i], eye.lower[i]);
  return sum / eye.upper.length / distancePx(landmarks, eye.outer, eye.inner);
}

function gazeOf(landmarks: Float32Array, eye: EyePoints): number {
  const [a, b] =
    landmarks[eye.outer * 3] < landmarks[eye.inner * 3] ? [eye.outer, eye.inner] : [eye.inner, eye.outer];
  const dx = landmarks[b * 3] - landmarks[a * 3];
  const dy = landmarks[b * 3 + 1] - landmarks[a * 3 + 1];
  const px = landmarks[eye.iris * 3] - landmarks[a * 3];
  const py = landmarks[eye.iris * 3 + 1] - landmarks[a * 3 + 1];
  return (px * dx + py * dy) / (dx * dx + dy * dy) - 0.5;
}

function distancePx(landmarks: Float32Array, a: number, b: number): number {
  return Math.hypot(landmarks[a * 3] - landmarks[b * 3], landmarks[a * 3 + 1] - landmarks[b * 3 + 1]);
}

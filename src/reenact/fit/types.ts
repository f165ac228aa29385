import type { FrameStamp } from '../frame.ts';
import type { Camera, HeadCoefficients } from '../head/head-model.ts';

/** MediaPipe's face mesh with irises. */
export const LANDMARK_COUNT = 478;

/** Where on a head's surface each tracker landmark lies; found once a head by `npm run calibrate`. */
export interface LandmarkEmbedding {
  /** Hex SHA-256 of the head file that the triangles belong to. */
  readonly headSha256: string;
  /** `[478]` index of a head triangle. */
  readonly triangles: Uint32Array;
  /** `[478, 3]` weights of the triangle's corners, each row sums to 1. */
  readonly barycentric: Float32Array;
  /** `[478]` typical 2-D error of the landmark on held-out faces, fraction of the inter-ocular distance. */
  readonly sigma: Float32Array;
  /**
   * `[478, RESPONSE_FEATURES.length, 3]` metres in the rest frame a unit of each feature: how the tracker's point
   * slides over the surface as head and jaw move, since it under-reports both. Zero where unknown.
   */
  readonly response: Float32Array;
}

/** What a tracked point's place on the surface depends on: sines of the head's pitch and yaw, jaw opening in radians. */
export const RESPONSE_FEATURES = ['pitch', 'yaw', 'jaw'] as const;

/** What stays fixed about one person in front of one camera (or in one picture). */
export interface Calibration {
  /** `[shapeCount]` identity; all zero where nothing was calibrated. */
  readonly beta: Float32Array;
  readonly camera: Camera;
  /** `[478, 3]` metres in the rest frame, moves with the surface; what beta cannot say of this person. */
  readonly bias: Float32Array;
  /** The person's rest: neutral expression and habitual pose. */
  readonly neutral: HeadCoefficients;
  /** Distance between the eye joints of the shaped head, metres. */
  readonly interocularM: number;
}

/** Coefficients of one frame, and how well they explain its landmarks. */
export interface FittedFrame extends FrameStamp {
  readonly coefficients: HeadCoefficients;
  /** 0..1, the tracker's confidence. */
  readonly confidence: number;
  /** Median residual of the landmarks, face oval and jaw line aside, fraction of the inter-ocular distance. */
  readonly reprojectionIod: number;
  /** Root mean square residual of the worst landmark group, oval and jaw line aside, fraction of the same. */
  readonly worstGroupIod: number;
  /** Levenberg-Marquardt steps taken. */
  readonly iterations: number;
}

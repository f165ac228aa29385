import type { FrameStamp, RgbaImage, VideoFrame } from '../frame.ts';

/**
 * Number of landmarks: 468 is the face mesh, 478 adds five for each iris (468..472 the subject's right eye,
 * 473..477 the left; the first of five is the pupil's centre).
 */
export type LandmarkCount = 468 | 478;

/** Landmarks of one face in one frame, in MediaPipe's canonical order. */
export interface TrackedFace extends FrameStamp {
  /** `[points, 3]`: x right and y down in pixels from the top left corner of the frame; z in pixels, smaller is nearer. */
  readonly landmarks: Float32Array;
  readonly points: LandmarkCount;
  /** 0..1, sigmoid of the mesh network's presence logit. */
  readonly confidence: number;
  readonly imageWidth: number;
  readonly imageHeight: number;
}

/** What the tracker says of one frame; `face` is null while the face is lost. */
export interface TrackResult extends FrameStamp {
  readonly face: TrackedFace | null;
}

/** One detected face: an axis-aligned box in pixels of the picture, which may reach beyond its edges. */
export interface FaceBox {
  /** Left edge. */
  readonly x: number;
  /** Top edge. */
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Detector's score, 0..1. */
  readonly score: number;
  /** Roll of the eye line, clockwise on the screen; 0 is upright. */
  readonly rotationRad: number;
}

/**
 * Finds and follows one face. All inference runs in a worker thread, which gets a copy of the pixels: they must
 * not change until the promise settles. Calls are answered in order; up to three are under way, more wait.
 *
 * Every promise rejects with `LokiError` `WORKER_DIED` when the thread dies, and with `CANCELLED` when the
 * tracker is closed before it is settled.
 */
export interface FaceTracker {
  readonly points: LandmarkCount;
  /** Where the networks came from, for logs and reports. */
  readonly source: string;
  /** One frame of a stream: the region of interest goes from frame to frame. */
  track(frame: VideoFrame): Promise<TrackResult>;
  /** Every face of a picture, largest first, down to about 80 px in a 4K picture. */
  detect(image: RgbaImage): Promise<FaceBox[]>;
  /** Landmarks of one picture (of its largest face, or of `box`), refined until they settle; stamp zero. */
  trackStill(image: RgbaImage, box?: FaceBox): Promise<TrackedFace | null>;
  /** Forget the face that `track` follows: the next frame starts with the detector. */
  reset(): void;
  /** Ends the thread; idempotent. */
  close(): Promise<void>;
}

import { LokiError } from '../../errors.ts';
import { median } from '../evaluate/statistics.ts';
import type { TrackedFace } from '../track/types.ts';
import { sameAspect } from './canonical-face.ts';
import type { LearnedDriver } from './saved-calibration.ts';
import type { Calibrator } from './types.ts';

/** Faces that a driver is learned from at most; see `CALIBRATION_FRAMES`. */
const MAX_FACES = 16;
/** Times since the first face at which what was gathered is learned, milliseconds. */
const REFINE_AFTER_MS = [1500, 4000, 9000, 18_000];
/** No use in learning again for fewer new faces. */
const LEAST_NEW_FACES = 2;
const LEAST_CONFIDENCE = 0.9;
/** Faces differ where a feature differs by this, inter-ocular distances. */
const NEW_POSE = 0.1;
/**
 * Another person in front of a calibration: its fit misses their landmarks by 1.0 to 2.3 % of the inter-ocular distance
 * (median over frames), its own person's by 0.4 to 0.8 % (measured, 5 people, 16 faces each).
 */
const STRANGER_IOD = 0.0095;
const PROBATION_FRAMES = 12;
/** How long the driver rests for an explicit neutral, and how long they are waited for. */
const NEUTRAL_MS = 500;
const NEUTRAL_PATIENCE_MS = 3000;
const LEAST_NEUTRAL_FACES = 4;

export interface DriverLearnerOptions {
  readonly calibrator: Pick<Calibrator, 'calibrate'>;
  readonly onLearned: (learned: LearnedDriver) => void;
  /** The calibrator has died; without it no driver can be learned. */
  readonly onFailed: (error: LokiError) => void;
}

interface NeutralCapture {
  readonly faces: TrackedFace[];
  firstMs: number | null;
  resolve(): void;
  reject(error: LokiError): void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Learns who drives while they drive: from the first face at once, so that the avatar moves within a second; then,
 * better and better, from faces in different poses. Takes canonical faces; learns beside the frames.
 */
export class DriverLearner {
  readonly #options: DriverLearnerOptions;
  #gallery: TrackedFace[] = [];
  /** A face that is known to be at rest. */
  #neutral: TrackedFace | null = null;
  #firstMs: number | null = null;
  #refinements = 0;
  #learnedFrom = 0;
  #busy = false;
  /** Counts restarts: what was begun before one is not wanted any more. */
  #generation = 0;
  #known: Pick<LearnedDriver, 'imageWidth' | 'imageHeight'> | null = null;
  #capture: NeutralCapture | null = null;
  /** Misses of the fit since the camera changed; null while nobody is in doubt. */
  #misses: number[] | null = null;
  #closed = false;

  constructor(options: DriverLearnerOptions) {
    this.#options = options;
  }

  /** Whether somebody is being learned for the first time, or rests for it. */
  get calibrating(): boolean {
    return (this.#busy && this.#known === null) || this.#capture !== null;
  }

  /** Takes a driver as learned already. */
  adopt(learned: LearnedDriver): void {
    this.restart();
    this.#known = learned;
  }

  /** The camera has changed hands, perhaps: whoever does not fit what is known is learned anew. */
  doubt(): void {
    this.#misses = this.#known === null ? null : [];
  }

  /** How well the driver fits what is known. @param reprojectionIod of a frame's fit */
  fitted(reprojectionIod: number): void {
    if (this.#misses === null || this.#misses.push(reprojectionIod) < PROBATION_FRAMES) return;
    const isStranger = median(this.#misses) > STRANGER_IOD;
    this.#misses = null;
    if (isStranger) this.restart();
  }

  /** Somebody else drives from now on. */
  restart(): void {
    this.#generation++;
    this.#gallery = [];
    this.#neutral = null;
    this.#firstMs = null;
    this.#refinements = 0;
    this.#learnedFrom = 0;
    this.#known = null;
    this.#misses = null;
  }

  /** @param nowMs of any steady clock */
  see(face: TrackedFace, nowMs: number): void {
    const [first] = this.#gallery;
    const size = first ?? this.#known;
    if (size != null && !sameAspect(size, face)) this.restart();
    this.#captureFace(face, nowMs);
    if (face.confidence < LEAST_CONFIDENCE) return;
    if (this.#gallery.length < MAX_FACES && this.#isNew(face)) this.#gallery.push(face);
    this.#firstMs ??= nowMs;
    if (this.#busy || this.#gallery.length === 0) return;
    if (this.#known === null) void this.#learn();
    else if (
      this.#refinements < REFINE_AFTER_MS.length &&
      nowMs - this.#firstMs >= REFINE_AFTER_MS[this.#refinements]
    ) {
      this.#refinements++;
      if (this.#gallery.length >= this.#learnedFrom + LEAST_NEW_FACES) void this.#learn();
    }
  }

  /** Takes the next half second as the driver's rest. @throws LokiError `NO_FACE`, `CANCELLED` */
  captureNeutral(): Promise<void> {
    this.#endCapture(new LokiError('CANCELLED', 'Another calibration took its place.'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          this.#endCapture(new LokiError('NO_FACE', 'No face was seen: look into the camera and try again.')),
        NEUTRAL_PATIENCE_MS,
      );
      this.#capture = { faces: [], firstMs: null, resolve, reject, timer };
    });
  }

  close(): void {
    this.#closed = true;
    this.#generation++;
    this.#endCapture(new LokiError('CANCELLED', 'The session was closed.'));
  }

  #captureFace(face: TrackedFace, nowMs: number): void {
    const capture = this.#capture;
    if (capture === null) return;
    if (capture.faces.some((other) => other.points !== face.points)) capture.faces.length = 0;
    capture.faces.push(face);
    capture.firstMs ??= nowMs;
    if (nowMs - capture.firstMs < NEUTRAL_MS || capture.faces.length < LEAST_NEUTRAL_FACES) return;
    this.#neutral = meanFace(capture.faces);
    this.#capture = null;
    clearTimeout(capture.timer);
    void this.#learn().then((error) => (error === null ? capture.resolve() : capture.reject(error)));
  }

  #endCapture(error: LokiError): void {
    if (this.#capture === null) return;
    clearTimeout(this.#capture.timer);
    this.#capture.reject(error);
    this.#capture = null;
  }

  /** @returns why nothing was learned; null where something was, or nobody wants to know any more */
  async #learn(): Promise<LokiError | null> {
    const generation = this.#generation;
    const neutral = this.#neutral;
    const faces = alike(neutral === null ? this.#gallery : [neutral, ...this.#gallery]);
    this.#learnedFrom = this.#gallery.length;
    this.#busy = true;
    try {
      const options = { neutralFace: neutral === null ? null : 0 };
      const calibration = await this.#options.calibrator.calibrate(faces, options);
      if (generation !== this.#generation || this.#closed) return null;
      const { imageWidth, imageHeight } = faces[0];
      const learned = { calibration, imageWidth, imageHeight, explicitNeutral: neutral !== null };
      this.#known = learned;
      this.#options.onLearned(learned);
      return null;
    } catch (error) {
      const reason =
        error instanceof LokiError
          ? error
          : new LokiError('INTERNAL', 'The driver could not be learned.', { cause: error });
      // Anything else may go better with the next faces.
      if (reason.code === 'WORKER_DIED' && !this.#closed) this.#options.onFailed(reason);
      return reason;
    } finally {
      this.#busy = false;
    }
  }

  #isNew(face: TrackedFace): boolean {
    const features = poseFeatures(face);
    return this.#gallery.every((other) =>
      poseFeatures(other).some((value, i) => Math.abs(value - features[i]) > NEW_POSE),
    );
  }
}

const RIGHT_EYE = [33, 133];
const LEFT_EYE = [263, 362];
const NOSE = 1;
const CHIN = 152;
const INNER_LIPS = [13, 14];

/** How the head is turned and the mouth is held, roughly: in inter-ocular distances. */
function poseFeatures({ landmarks }: TrackedFace): readonly number[] {
  const at = (point: number, axis: number): number => landmarks[point * 3 + axis];
  const eye = ([a, b]: readonly number[], axis: number): number => (at(a, axis) + at(b, axis)) / 2;
  const across = [eye(LEFT_EYE, 0) - eye(RIGHT_EYE, 0), eye(LEFT_EYE, 1) - eye(RIGHT_EYE, 1)];
  const iod = Math.hypot(across[0], across[1]) || 1;
  const [ux, uy] = [across[0] / iod, across[1] / iod];
  const middle = [0, 1].map((axis) => (eye(LEFT_EYE, axis) + eye(RIGHT_EYE, axis)) / 2);
  const along = (point: number): number =>
    ((at(point, 0) - middle[0]) * ux + (at(point, 1) - middle[1]) * uy) / iod;
  const down = (point: number): number =>
    ((at(point, 1) - middle[1]) * ux - (at(point, 0) - middle[0]) * uy) / iod;
  return [
    along(NOSE),
    down(NOSE),
    down(CHIN) - down(NOSE),
    2 * (down(INNER_LIPS[1]) - down(INNER_LIPS[0])),
    Math.atan2(across[1], across[0]),
  ];
}

/** Faces of one picture size, up to rounding, as faces of exactly one. */
function alike(faces: readonly TrackedFace[]): TrackedFace[] {
  const [{ imageWidth, imageHeight }] = faces;
  return faces.map((face) => ({ ...face, imageWidth, imageHeight }));
}

function meanFace(faces: readonly TrackedFace[]): TrackedFace {
  const landmarks = new Float32Array(faces[0].landmarks.length);
  for (const face of faces)
    for (let i = 0; i < landmarks.length; i++) landmarks[i] += face.landmarks[i] / faces.length;
  return { ...faces[faces.length - 1], landmarks };
}

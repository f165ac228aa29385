import type {
  DriverStreams,
  LiveOptions,
  RtpAddress,
  SessionSpec,
  SessionState,
  SessionStats,
  TrackingMode,
} from '../../contract/live-session.ts';
import type { LokiError } from '../../errors.ts';
import type { CalibrateOptions } from '../fit/calibrate.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { Calibration } from '../fit/types.ts';
import type { Generator } from '../generator.ts';
import type { ReferenceIdentity } from '../identity/reference.ts';
import type { FaceTracker, TrackedFace } from '../track/types.ts';

/** An avatar, ready to be moved. Its owner is the session that loaded it, which closes its generator. */
export interface LiveAvatar {
  readonly reference: ReferenceIdentity;
  readonly generator: Generator;
}

/** Learns drivers away from the thread that makes frames. Shared by the sessions of a process; answers in order. */
export interface Calibrator {
  /** @throws LokiError `NO_FACE` for an empty list, `WORKER_DIED`, `CANCELLED` once closed */
  calibrate(faces: readonly TrackedFace[], options?: CalibrateOptions): Promise<Calibration>;
  /** Idempotent; rejects what is pending. */
  close(): Promise<void>;
}

/** What a session takes from its process. Rig and calibrator are shared; trackers and avatars are the session's own. */
export interface LiveSessionParts {
  readonly rig: LandmarkRig;
  readonly calibrator: Calibrator;
  /** A tracker follows one face, so each session has its own; called once the server is to find the face. */
  createTracker(): Promise<FaceTracker>;
  /** @throws LokiError of the portrait */
  loadAvatar(avatarPath: string, sizePx: number): Promise<LiveAvatar>;
}

/** A calibration as plain numbers: survives JSON and process borders. */
export interface SavedCalibration {
  readonly headSha256: string;
  /** Of the pictures that it was learned from; it serves no others. */
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** Whether the driver rested for it when asked to. */
  readonly explicitNeutral: boolean;
  readonly beta: readonly number[];
  readonly bias: readonly number[];
  readonly camera: { readonly focalPx: number; readonly centreX: number; readonly centreY: number };
  readonly neutral: {
    readonly psi: readonly number[];
    readonly theta: readonly number[];
    readonly translation: readonly number[];
  };
  readonly interocularM: number;
}

/**
 * Numbers that this worker may use up; one that takes over after a crash starts at these, so that no packet's number
 * is ever used twice. RTP timestamps follow the wall clock and need no reservation.
 */
export interface EgressReservation {
  readonly videoSequence: number;
  readonly audioSequence: number;
  readonly pictureId: number;
}

/** `SessionSpec`, and what a session that takes over from a crashed worker is given besides. */
export type LiveSessionSpec = SessionSpec & {
  /** UDP port to take; any free one where absent. */
  readonly localPort?: number;
  /** Address to bind; 127.0.0.1 where absent. */
  readonly localIp?: string;
  readonly calibration?: SavedCalibration;
  readonly egress?: EgressReservation;
};

/** Event names and what listeners get. */
export interface LiveSessionEvents {
  /** Once a second. */
  stats: [stats: SessionStats];
  state: [state: SessionState];
  /** `[64, 64, 3]` sRGB of the driver map as PNG, at most 8 a second, only while `options.preview`. */
  preview: [png: Uint8Array];
  /** A driver was learned or learned better: keep it for a restart. */
  calibration: [calibration: SavedCalibration];
  /** Keep it for a restart; every few seconds. */
  egress: [egress: EgressReservation];
  /** The session can't go on; close it. */
  failed: [error: LokiError];
}

/** One driver, one avatar: RTP or landmark packets in, the avatar's video and the driver's delayed audio out. */
export interface LiveSession {
  /** Where it listens; RTP and RTCP share the port. */
  readonly address: RtpAddress;
  readonly state: SessionState;
  /** Where packets go, and what the driver sends. Called again whenever either changes; absent streams have ended. */
  attach(sfu: RtpAddress, streams: DriverStreams): void;
  setOptions(options: LiveOptions): void;
  setTracking(mode: TrackingMode): void;
  /** @throws LokiError of the portrait; the session goes on with the avatar that it had */
  setAvatar(avatarPath: string): Promise<void>;
  /** How much of all cores is in use, 0..1 and above. */
  pressed(utilisation: number): void;
  /** Takes the driver's next half second as their rest. @throws LokiError `NO_FACE`, `CANCELLED` */
  calibrate(): Promise<void>;
  /** One landmark packet as it came; ignored unless tracking is private. */
  landmarks(packet: Uint8Array): void;
  on<E extends keyof LiveSessionEvents>(event: E, listener: (...args: LiveSessionEvents[E]) => void): this;
  off<E extends keyof LiveSessionEvents>(event: E, listener: (...args: LiveSessionEvents[E]) => void): this;
  /** Idempotent: pipeline, codecs, socket, tracker, avatar; rejects what is pending. */
  close(): Promise<void>;
}

/**
 * What the gateway, the SFU and the reenactment workers say to each other about one live session: types alone, plain
 * data that survives a process boundary. Neither side imports the other; `main.ts` joins them.
 */

/** Which process finds the driver's face: the server in the video, or the driver's own browser (private mode). */
export type TrackingMode = 'server' | 'private';

export type VideoCodec = 'VP8' | 'H264';

/** UDP address; RTP and RTCP share the port (RFC 5761). */
export interface RtpAddress {
  readonly ip: string;
  readonly port: number;
}

/** One RTP stream as its receiver has to read it (RFC 3550). */
export interface RtpStream {
  readonly kind: 'video' | 'audio';
  readonly codec: VideoCodec | 'opus';
  readonly payloadType: number;
  readonly ssrc: number;
  readonly clockRateHz: number;
  /** Header extension ids (RFC 8285) in use, where negotiated. */
  readonly extensions: {
    readonly absCaptureTime?: number;
    readonly videoOrientation?: number;
    readonly playoutDelay?: number;
  };
}

/** The streams that the worker sends: fixed for the life of the session, whatever happens to the process. */
export interface AvatarStreams {
  readonly video: RtpStream;
  readonly audio: RtpStream;
  /** RTCP canonical name of both, so that receivers play them in step. */
  readonly cname: string;
}

/** The driver's streams as the SFU passes them on to the worker; absent where the driver sends none. */
export interface DriverStreams {
  readonly video?: RtpStream;
  readonly audio?: RtpStream;
}

/** Where the synthetic-media label stands in the avatar's picture, and how. It can be styled, not removed. */
export interface LabelStyle {
  readonly text: string;
  readonly corner: 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right';
  /** Height of the label, fraction of the picture's, 0.03 to 0.12. */
  readonly size: number;
  /** 0.4 to 1. */
  readonly opacity: number;
}

/** What draws the avatar: `geometric` moves the picture's own pixels, `diffusion` has networks repair what that can't know. */
export type GeneratorTier = 'geometric' | 'diffusion';

/** What the networks of a session run on, and what they do now. */
export interface InferenceReport {
  /** Name of the model pack. */
  readonly pack: string;
  /** Execution provider that runs it; null while it is being loaded, or can't be. */
  readonly provider: string | null;
  /** `float32` or `int8`; empty while there is no provider. */
  readonly precision: string;
  /** Denoising steps a frame; 0 while the geometric generator draws. */
  readonly steps: number;
  /** Why it is not what was asked for, one sentence; null where it is. */
  readonly note: string | null;
}

/** What a driver may change while the stream runs. */
export interface LiveOptions {
  readonly mirror: boolean;
  /** Factor on the driver's motion by region; 1 where absent. Names: `GAIN_REGIONS` of the identity swap. */
  readonly gain: Readonly<Record<string, number>>;
  /** 0 passes tracking jitter through, 1 is the default, 2 is calm and late. */
  readonly smoothing: number;
  readonly pose: 'relative' | 'absolute';
  readonly expression: 'absolute' | 'relative';
  /** Name of an expression preset that is held on top of the driver's own, or null. */
  readonly hotkey: string | null;
  /** While true the avatar eases to rest and ignores the driver. */
  readonly paused: boolean;
  /** `picture` is the portrait's own; `key` a flat colour that the OBS page makes transparent. */
  readonly background: { readonly kind: 'picture' } | { readonly kind: 'key'; readonly rgb: string };
  readonly label: LabelStyle;
  /** What may draw the avatar. `diffusion` falls back to `geometric` where there is no model pack, or no time. */
  readonly generator: GeneratorTier;
  /** Also send the driver map's picture to the driver's page, a few times a second. */
  readonly preview: boolean;
  /** Repeat the driver frame's time marks in the avatar's picture, for glass-to-glass tests. */
  readonly probe: boolean;
}

/** Everything that a worker needs to begin, or to begin again after a crash. */
export interface SessionSpec {
  readonly sessionId: string;
  /** File of the avatar's picture, already checked. */
  readonly avatarPath: string;
  readonly sizePx: 256 | 512;
  /** Upper bound of the avatar's frame rate. */
  readonly maxFps: number;
  readonly videoBitrateBps: number;
  readonly tracking: TrackingMode;
  readonly streams: AvatarStreams;
  readonly options: LiveOptions;
}

/** Median and 95th percentile over the last seconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

/** Stages of the live pipeline, in order. `total` runs from the last packet in to the first packet out. */
export const LIVE_STAGES = ['receive', 'decode', 'track', 'fit', 'generate', 'encode', 'total'] as const;
export type LiveStage = (typeof LIVE_STAGES)[number];

/** What a worker says of one session once a second. */
export interface SessionStats {
  readonly sessionId: string;
  readonly state: SessionState;
  readonly fpsIn: number;
  readonly fpsOut: number;
  /** Frames dropped since the session began, by the queue that dropped them. */
  readonly drops: Readonly<Record<string, number>>;
  /** 0..1, of the latest frame; 0 while the face is lost. */
  readonly confidence: number;
  readonly latencyMs: Readonly<Record<LiveStage, Quantiles>>;
  /** Capture at the driver to the packet leaving the worker; null where the capture time is not known. */
  readonly captureToSendMs: Quantiles | null;
  /** By how much the driver's sound is held back. */
  readonly audioDelayMs: number;
  /** What draws the avatar now: `geometric`, or the name of a model pack. */
  readonly generator: string;
  /** Null where the server has no model pack. */
  readonly inference: InferenceReport | null;
}

/**
 * `waiting` for a driver, `calibrating` to one, `live`, `lost` (face not found; avatar at rest), `paused`,
 * `restarting` (the worker died; viewers see the last frame).
 */
export type SessionState = 'waiting' | 'calibrating' | 'live' | 'lost' | 'paused' | 'restarting';

/** Result of looking at a portrait before it becomes an avatar. */
export type PortraitCheck =
  | { readonly ok: true; readonly widthPx: number; readonly heightPx: number }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** What the SFU needs of whoever reenacts. Every promise rejects with a LokiError. */
export interface Reenactment {
  /**
   * Begins a session and resolves with the worker's UDP address once it can take frames. The address stays the same
   * when the worker is restarted.
   *
   * @throws LokiError SERVER_BUSY where one more session would break those running; its message says what to do
   */
  open(spec: SessionSpec): Promise<RtpAddress>;
  /** Where the SFU's end of the session is, and what comes from it. Called again whenever the driver's streams change. */
  attach(sessionId: string, sfu: RtpAddress, streams: DriverStreams): void;
  setOptions(sessionId: string, options: LiveOptions): void;
  setTracking(sessionId: string, mode: TrackingMode): void;
  /** @throws LokiError of the portrait; the session goes on with the avatar that it had */
  setAvatar(sessionId: string, avatarPath: string): Promise<void>;
  /** Takes the driver's next half second as their rest. @throws LokiError NO_FACE where none is seen */
  calibrate(sessionId: string): Promise<void>;
  /** One landmark packet of private mode (`landmark-packet.ts`), as it came. Latest wins. */
  landmarks(sessionId: string, packet: Uint8Array): void;
  checkPortrait(path: string): Promise<PortraitCheck>;
  /** Ends a session; idempotent. */
  close(sessionId: string): Promise<void>;
  on(event: 'stats', listener: (stats: SessionStats) => void): void;
  on(event: 'state', listener: (sessionId: string, state: SessionState) => void): void;
  /** `[64, 64, 3]` sRGB of the driver map, PNG. Only while `options.preview`. */
  on(event: 'preview', listener: (sessionId: string, png: Uint8Array) => void): void;
  /** The session can't go on (its avatar can't be loaded again, the worker keeps dying). */
  on(event: 'failed', listener: (sessionId: string, code: string, message: string) => void): void;
}

/**
 * The SFU's public face: what `main.ts` and the gateway see of it. Everything here is plain data and functions; nothing
 * of mediasoup or ws shows.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type {
  GeneratorTier,
  LabelStyle,
  LiveOptions,
  Quantiles,
  Reenactment,
  RtpAddress,
  SessionState,
  SessionStats,
  TrackingMode,
  VideoCodec,
} from '../contract/live-session.ts';
import type { ErrorCode, LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { OptionsPatch, Role } from './signaling/messages.ts';

/** Everything that can be set; `SFU_DEFAULTS` has the values for one machine. */
export interface SfuOptions {
  /** mediasoup worker processes; one a core is the rule. */
  readonly workers: number;
  /** Path of mediasoup's worker binary; null leaves it to `MEDIASOUP_WORKER_BIN` and mediasoup's own place. */
  readonly workerBin: string | null;
  /** Addresses on which WebRTC listens, UDP and TCP each; usually one of IPv4 and perhaps one of IPv6. */
  readonly listen: readonly ListenAddress[];
  /** Worker `i` listens on `port + i`; 0 takes any free port (tests). */
  readonly port: number;
  /** UDP ports for the loopback legs to the reenactment workers; null leaves the choice to the system. */
  readonly rtpPorts: { readonly min: number; readonly max: number } | null;
  /** STUN (and credential-less) servers handed to clients. */
  readonly stunUrls: readonly string[];
  /** TURN servers with credentials made from a shared secret; null for none. */
  readonly turn: {
    readonly urls: readonly string[];
    readonly secret: string;
    readonly ttlS: number;
  } | null;
  readonly maxRooms: number;
  /** Default of a room's own limit. */
  readonly maxViewers: number;
  readonly maxConnections: number;
  readonly maxConnectionsAnAddress: number;
  /** Connections that have not joined yet; beyond it the oldest of them is closed, so that newcomers get in. */
  readonly maxSilentConnections: number;
  /** A connection that has not joined by then is closed. */
  readonly joinTimeoutMs: number;
  /** For so long a lost peer can come back, and a session without a driver is kept. */
  readonly graceMs: number;
  /** A ping goes out this often; a connection that misses two is lost. */
  readonly heartbeatMs: number;
  /** Requests a second and connection, sustained; twice as many in a burst. */
  readonly requestsASecond: number;
  /** A connection with more than this unsent is closed: its reader has stopped. */
  readonly maxBufferedBytes: number;
  /** Upper bound of what a driver may send. */
  readonly maxDriverBitrateBps: number;
  /** The avatar's video. */
  readonly video: {
    /** Default of a room's own. */
    readonly codec: VideoCodec;
    readonly sizePx: 256 | 512;
    readonly maxFps: number;
    readonly bitrateBps: number;
  };
  /** Default of a room's label. */
  readonly label: LabelStyle;
  /** What draws a room's avatar until its driver chooses. */
  readonly generator: GeneratorTier;
}

export interface ListenAddress {
  /** Literal IPv4 or IPv6 address. */
  readonly ip: string;
  /** Address or host name given to clients instead of `ip` (NAT, 0.0.0.0). */
  readonly announcedAddress?: string;
}

/** What a valid join token grants. */
export interface TokenGrant {
  readonly room: string;
  readonly role: Role;
  /** Unix epoch. */
  readonly expiresAtMs: number;
  readonly tokenId: string;
}

export interface SfuDependencies {
  readonly reenactment: Reenactment;
  /** @throws LokiError TOKEN_INVALID, TOKEN_EXPIRED */
  readonly verifyToken: (token: string) => Promise<TokenGrant>;
  readonly log: Logger;
  readonly avatars: {
    /** File of an avatar's picture, or null where there is none of that name. */
    pathOf(avatarId: string): string | null;
  };
  /** Whether a page of this `Origin` may open a signalling connection; all may where it is absent. */
  readonly allowOrigin?: (origin: string | undefined, request: IncomingMessage) => boolean;
  /** Whom a connection is counted for; the socket's remote address where absent (set it behind a proxy). */
  readonly addressOf?: (request: IncomingMessage) => string;
}

export interface RoomOptions {
  /** 1 to 64 of `[A-Za-z0-9_-]`; made up where absent. */
  readonly roomId?: string;
  readonly name?: string;
  readonly avatarId: string;
  readonly videoCodec?: VideoCodec;
  readonly maxViewers?: number;
  readonly tracking?: TrackingMode;
  readonly options?: OptionsPatch;
}

/** How a driver's media comes in. `rtp` is a process of this machine, such as the built-in driver. */
export type DriverVia = 'signal' | 'whip' | 'rtp';

export interface RoomSnapshot {
  readonly roomId: string;
  readonly name: string;
  readonly avatarId: string;
  readonly createdAtMs: number;
  readonly driver: { readonly peerId: string; readonly via: DriverVia; readonly connected: boolean } | null;
  /** Viewers of both kinds, WHEP included. */
  readonly viewers: number;
  readonly whepViewers: number;
  readonly maxViewers: number;
  readonly videoCodec: VideoCodec;
  readonly tracking: TrackingMode;
  readonly session: SessionState;
  readonly options: LiveOptions;
  /** Null while no session is open. */
  readonly stats: SessionStats | null;
  /** Capture to screen as the room's viewers report it. */
  readonly captureToScreenMs: Quantiles | null;
}

export interface SfuWorkerSnapshot {
  readonly pid: number;
  readonly port: number;
  readonly rooms: number;
  readonly cpuSeconds: number;
  /** Largest resident set so far. */
  readonly maxRssBytes: number;
}

export interface SfuSnapshot {
  readonly connections: number;
  readonly rooms: readonly RoomSnapshot[];
  readonly workers: readonly SfuWorkerSnapshot[];
  readonly workerRestarts: number;
  /** Requests and connections refused since the start, by error code. */
  readonly refusals: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Signalling connections closed by the server since the start, by the reason of `CLOSE_CODES`. */
  readonly closes: Readonly<Record<string, number>>;
}

/** A driver that is a process of this machine and sends plain RTP to loopback. */
export interface RtpDriver {
  readonly video: { readonly codec: VideoCodec; readonly payloadType: number; readonly ssrc: number } | null;
  readonly audio: { readonly payloadType: number; readonly ssrc: number } | null;
  /** Gives its place to any other driver who comes (the demonstration). */
  readonly yields?: boolean;
  /** The room ended this driver's place: taken over, media worker replaced, session failed, room closed. */
  readonly onEnd?: (code: ErrorCode) => void;
}

export interface RtpDriverHandle {
  /** Send RTP and RTCP (muxed) here; RTCP (PLI) comes back to where the first packet came from. */
  readonly address: RtpAddress;
  /** Idempotent. */
  close(): void;
}

export interface RoomHandle {
  readonly roomId: string;
  snapshot(): RoomSnapshot;
  /** @throws LokiError AVATAR_NOT_FOUND, or of the portrait; the room keeps the avatar that it had */
  setAvatar(avatarId: string): Promise<void>;
  setOptions(patch: OptionsPatch): void;
  setTracking(mode: TrackingMode): Promise<void>;
  calibrate(): Promise<void>;
  /** @throws LokiError DRIVER_PRESENT, SERVER_BUSY */
  driveFromRtp(driver: RtpDriver): Promise<RtpDriverHandle>;
  /** Idempotent. @param reason that peers are told, ROOM_CLOSED by default */
  close(reason?: LokiError): Promise<void>;
}

export interface Rooms {
  /** @throws LokiError AVATAR_NOT_FOUND, SERVER_BUSY (too many rooms), INVALID_OPTION (bad or taken id) */
  create(options: RoomOptions): Promise<RoomHandle>;
  get(roomId: string): RoomHandle | null;
  list(): RoomHandle[];
  /** @returns whether there was such a room */
  close(roomId: string): Promise<boolean>;
}

/** A WHIP or WHEP request, free of any HTTP framework. Header names are lower case. */
export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly params: {
    readonly roomId: string;
    /** Absent at the endpoint, present at the resource that it made. */
    readonly resourceId?: string;
  };
}

export interface HttpAnswer {
  readonly status: number;
  /** `link` may have several values. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

export interface Sfu {
  readonly rooms: Rooms;
  /** Takes over an HTTP upgrade on `/signal`. Never throws: a refused upgrade is answered with an HTTP status. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** `/whip/:roomId` and `/whip/:roomId/:resourceId`; never rejects. */
  whip(request: HttpRequest): Promise<HttpAnswer>;
  /** `/whep/:roomId` and `/whep/:roomId/:resourceId`; never rejects. */
  whep(request: HttpRequest): Promise<HttpAnswer>;
  snapshot(): Promise<SfuSnapshot>;
  /** Takes no new peers, tells those there (SHUTTING_DOWN), and resolves when all left or `ms` are over. */
  drain(ms: number): Promise<void>;
  /** Idempotent; ends everything. */
  close(): Promise<void>;
}

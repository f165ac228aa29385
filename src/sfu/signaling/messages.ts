/**
 * The only wire types of the signalling protocol (WebSocket, one JSON text message each). Validated where they enter;
 * docs/protocol.md documents each of them and every error code.
 *
 * A client sends requests `{ id, type, data }`; the server answers each with `{ id, ok: true, data }` or
 * `{ id, ok: false, error: { code, message } }`, and sends notifications `{ type, data }` on its own.
 */
import { z } from 'zod';
import { PROTOCOL_VERSION } from './constants.ts';

const id = z.string().min(1).max(64);
/** Parameters of mediasoup's, checked by mediasoup itself. */
const opaque = z.record(z.string(), z.unknown());

const label = z.object({
  text: z.string().trim().min(2).max(40),
  corner: z.enum(['top-left', 'top-right', 'bottom-left', 'bottom-right']),
  size: z.number().min(0.03).max(0.12),
  opacity: z.number().min(0.4).max(1),
});

/** Changes to the options of a live session; what is absent stays as it is. */
export const optionsPatch = z.strictObject({
  mirror: z.boolean().optional(),
  gain: z.record(z.string().max(16), z.number().min(0).max(2)).optional(),
  smoothing: z.number().min(0).max(2).optional(),
  pose: z.enum(['relative', 'absolute']).optional(),
  expression: z.enum(['absolute', 'relative']).optional(),
  hotkey: z.string().max(32).nullable().optional(),
  paused: z.boolean().optional(),
  background: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('picture') }),
      z.object({ kind: z.literal('key'), rgb: z.string().regex(/^#[0-9a-f]{6}$/i) }),
    ])
    .optional(),
  label: label.optional(),
  generator: z.enum(['geometric', 'diffusion']).optional(),
  preview: z.boolean().optional(),
  probe: z.boolean().optional(),
});

const request = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.strictObject({ id: z.number().int().nonnegative(), type: z.literal(type), data });
const nothing = z.strictObject({});

/**
 * What a client may ask. The first request of a connection is `join`; ids grow from request to request; there is no way
 * to ask for a producer by its id.
 */
export const clientRequest = z.discriminatedUnion('type', [
  request(
    'join',
    z.strictObject({
      version: z.literal(PROTOCOL_VERSION),
      token: z.string().min(1).max(4096),
      /** From an earlier `join`: takes the session up again within the grace period. */
      resume: id.optional(),
    }),
  ),
  request('createTransport', z.strictObject({ direction: z.enum(['send', 'receive']) })),
  request('connectTransport', z.strictObject({ transportId: id, dtlsParameters: opaque })),
  request('restartIce', z.strictObject({ transportId: id })),
  /** Driver: camera (`video`) or microphone (`audio`). */
  request(
    'produce',
    z.strictObject({ transportId: id, kind: z.enum(['video', 'audio']), rtpParameters: opaque }),
  ),
  /** Driver in private mode: the landmark channel. */
  request('produceLandmarks', z.strictObject({ transportId: id, sctpStreamParameters: opaque })),
  request('closeProducer', z.strictObject({ producerId: id })),
  /**
   * The avatar's streams of the room that the token names; answered with what to consume, paused. They can be had
   * before there is a driver. Consumers of an earlier `watch` end.
   */
  request('watch', z.strictObject({ transportId: id, rtpCapabilities: opaque })),
  /** One of the avatar's streams begins; answered once a key frame was asked for. */
  request('resumeConsumer', z.strictObject({ consumerId: id })),
  request('setAvatar', z.strictObject({ avatarId: id })),
  request('setOptions', z.strictObject({ options: optionsPatch })),
  /** Driver: ends the video (`private`) or the landmark channel (`server`) of the mode before; then produce the other. */
  request('setTracking', z.strictObject({ mode: z.enum(['server', 'private']) })),
  request('calibrate', nothing),
  /** Times of the sender's clock (ms since the Unix epoch); the answer carries the server's. */
  request('clock', z.strictObject({ sentMs: z.number() })),
  /** Viewer: capture to screen of the last seconds, for HUD and metrics. */
  request(
    'reportLatency',
    z.strictObject({ p50Ms: z.number(), p95Ms: z.number(), frames: z.number().int() }),
  ),
  request('leave', nothing),
]);
export type ClientRequest = z.infer<typeof clientRequest>;
export type RequestType = ClientRequest['type'];
export type RequestData<T extends RequestType> = Extract<ClientRequest, { type: T }>['data'];
export type OptionsPatch = z.infer<typeof optionsPatch>;

export type Role = 'driver' | 'viewer' | 'admin';
type Opaque = Record<string, unknown>;

export interface TransportInfo {
  readonly transportId: string;
  readonly iceParameters: Opaque;
  readonly iceCandidates: readonly Opaque[];
  readonly dtlsParameters: Opaque;
  readonly sctpParameters?: Opaque;
  readonly iceServers: readonly { urls: string | string[]; username?: string; credential?: string }[];
}

export interface ConsumerInfo {
  readonly consumerId: string;
  /** The avatar's stream; never the driver's. */
  readonly producerId: string;
  readonly kind: 'video' | 'audio';
  readonly rtpParameters: Opaque;
}

export interface RoomState {
  readonly roomId: string;
  readonly name: string;
  readonly avatarId: string;
  readonly driverPresent: boolean;
  readonly viewers: number;
  readonly tracking: 'server' | 'private';
  readonly session: 'waiting' | 'calibrating' | 'live' | 'lost' | 'paused' | 'restarting';
  /** `LiveOptions` of the contract. */
  readonly options: Opaque;
}

/** What each request is answered with. */
export interface Answers {
  join: {
    peerId: string;
    role: Role;
    /** Give it to `join` after a lost connection. */
    resume: string;
    /** Transports, producers and consumers of before live on, if `mediaEpoch` is the same, too: restart ICE. */
    resumed: boolean;
    graceMs: number;
    /** Grows with every `mediaReset`. */
    mediaEpoch: number;
    routerRtpCapabilities: Opaque;
    room: RoomState;
  };
  createTransport: TransportInfo;
  connectTransport: Record<string, never>;
  restartIce: { iceParameters: Opaque };
  produce: { producerId: string };
  produceLandmarks: { dataProducerId: string };
  closeProducer: Record<string, never>;
  watch: { consumers: ConsumerInfo[] };
  resumeConsumer: Record<string, never>;
  setAvatar: Record<string, never>;
  setOptions: { options: Opaque };
  setTracking: Record<string, never>;
  calibrate: Record<string, never>;
  clock: { sentMs: number; serverMs: number };
  reportLatency: Record<string, never>;
  leave: Record<string, never>;
}

/** What the server says unasked. */
export type Notification =
  | { type: 'room'; data: RoomState }
  /** Driver and admin, once a second: `SessionStats` of the contract, and capture to screen as viewers report it. */
  | { type: 'stats'; data: { session: Opaque; viewers: { p50Ms: number; p95Ms: number } | null } }
  /** Driver: picture of the driver map, PNG in base64. */
  | { type: 'preview'; data: { png: string } }
  /** An SFU worker was replaced and every transport with it: build transports, producers and consumers again. */
  | { type: 'mediaReset'; data: { mediaEpoch: number; routerRtpCapabilities: Opaque } }
  /** The avatar's streams are others now, and consumers of before have ended: `watch` again. */
  | { type: 'streams'; data: Record<string, never> }
  /** A token's time is over, another window took the session, the room was closed. The connection ends. */
  | { type: 'goodbye'; data: { code: string; message: string } }
  | { type: 'warning'; data: { code: string; message: string } };

export type Answer =
  | { id: number; ok: true; data: Answers[RequestType] }
  | { id: number; ok: false; error: { code: string; message: string } };
export type ServerMessage = Answer | Notification;

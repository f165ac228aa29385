/**
 * What the supervisor and its worker processes say to each other: the only messages between them, over Node's IPC
 * channel with advanced serialisation. Validated where they enter. Pixels never cross, but for the small preview of
 * the driver map.
 */
import { z } from 'zod';
import { MAX_LANDMARK_PACKET_BYTES } from '../../contract/landmark-packet.ts';
import {
  type DriverStreams,
  LIVE_STAGES,
  type LiveOptions,
  type PortraitCheck,
  type RtpAddress,
  type RtpStream,
  type SessionState,
  type SessionStats,
} from '../../contract/live-session.ts';
import { ERROR_CODES, type ErrorCode } from '../../errors.ts';
import type { InferenceOptions } from '../diffusion/runtime/inference-messages.ts';
import { PROVIDER_CHOICES, type ProviderChoice } from '../diffusion/runtime/providers.ts';
import type { EgressReservation, LiveSessionSpec, SavedCalibration } from '../live/types.ts';

/** Larger previews are refused: `[64, 64, 3]` as PNG never comes near. */
const MAX_PREVIEW_BYTES = 64 * 1024;

const requestId = z.number().int().nonnegative();
const sessionId = z.string().min(1).max(128);
const path = z.string().min(1).max(4096);
const sizePx = z.union([z.literal(256), z.literal(512)]);
const port = z.number().int().min(1).max(65535);
const address: z.ZodType<RtpAddress> = z.object({ ip: z.string().max(64), port });
const bytes = (max: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= max);
const numbers = z.array(z.number()).max(100_000);

const rtpStream: z.ZodType<RtpStream> = z.object({
  kind: z.enum(['video', 'audio']),
  codec: z.enum(['VP8', 'H264', 'opus']),
  payloadType: z.number().int().min(0).max(127),
  ssrc: z.number().int().min(0).max(0xffffffff),
  clockRateHz: z.number().int().positive(),
  extensions: z.object({
    absCaptureTime: z.number().int().exactOptional(),
    videoOrientation: z.number().int().exactOptional(),
    playoutDelay: z.number().int().exactOptional(),
  }),
});
const driverStreams: z.ZodType<DriverStreams> = z.object({
  video: rtpStream.exactOptional(),
  audio: rtpStream.exactOptional(),
});
const tracking = z.enum(['server', 'private']);

const options: z.ZodType<LiveOptions> = z.object({
  mirror: z.boolean(),
  gain: z.record(z.string(), z.number()),
  smoothing: z.number(),
  pose: z.enum(['relative', 'absolute']),
  expression: z.enum(['absolute', 'relative']),
  hotkey: z.string().nullable(),
  paused: z.boolean(),
  background: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('picture') }),
    z.object({ kind: z.literal('key'), rgb: z.string() }),
  ]),
  label: z.object({
    text: z.string(),
    corner: z.enum(['top-left', 'top-right', 'bottom-left', 'bottom-right']),
    size: z.number(),
    opacity: z.number(),
  }),
  generator: z.enum(['geometric', 'diffusion']),
  preview: z.boolean(),
  probe: z.boolean(),
});

/** How a worker runs its model pack. */
export interface GeneratorSetup extends Pick<InferenceOptions, 'precision' | 'threads'> {
  readonly provider: ProviderChoice;
  /** Folder of the pack, which was looked at already. */
  readonly folder: string;
  readonly packName: string;
  /** Denoising steps a frame that may be chosen, the most first. */
  readonly ladder: readonly number[];
  /** Sessions begin with it: load it ahead. */
  readonly eager: boolean;
}

const generatorSetup: z.ZodType<GeneratorSetup> = z.object({
  folder: path,
  packName: z.string(),
  provider: z.enum(PROVIDER_CHOICES),
  precision: z.enum(['auto', 'float32', 'int8']),
  threads: z.number().int().positive(),
  ladder: z.array(z.number().int().positive()),
  eager: z.boolean(),
});

const calibration: z.ZodType<SavedCalibration> = z.object({
  headSha256: z.string(),
  imageWidth: z.number().int().positive(),
  imageHeight: z.number().int().positive(),
  explicitNeutral: z.boolean(),
  beta: numbers,
  bias: numbers,
  camera: z.object({ focalPx: z.number(), centreX: z.number(), centreY: z.number() }),
  neutral: z.object({ psi: numbers, theta: numbers, translation: numbers }),
  interocularM: z.number(),
});

const egress: z.ZodType<EgressReservation> = z.object({
  videoSequence: z.number().int().nonnegative(),
  audioSequence: z.number().int().nonnegative(),
  pictureId: z.number().int().nonnegative(),
});

const spec: z.ZodType<LiveSessionSpec> = z.object({
  sessionId,
  avatarPath: path,
  sizePx,
  maxFps: z.number().positive(),
  videoBitrateBps: z.number().positive(),
  tracking,
  streams: z.object({ video: rtpStream, audio: rtpStream, cname: z.string() }),
  options,
  localPort: port.exactOptional(),
  localIp: z.string().exactOptional(),
  calibration: calibration.exactOptional(),
  egress: egress.exactOptional(),
});

/** To a worker. What carries an `id` is answered once, with `done`, another kind named here, or `refused`. */
export const toWorker = z.discriminatedUnion('kind', [
  /** First of all, once. Answered with `ready`. */
  z.object({
    kind: z.literal('init'),
    id: requestId,
    headPath: z.string().nullable(),
    avatarFolder: path,
    codeVersion: z.string(),
    faceModels: z.string(),
    /** Null where there is no model pack. */
    generator: generatorSetup.nullable(),
  }),
  /** Answered with `opened`. */
  z.object({ kind: z.literal('open'), id: requestId, spec }),
  z.object({ kind: z.literal('attach'), sessionId, sfu: address, streams: driverStreams }),
  z.object({ kind: z.literal('setOptions'), sessionId, options }),
  z.object({ kind: z.literal('setTracking'), sessionId, tracking }),
  z.object({ kind: z.literal('setAvatar'), id: requestId, sessionId, avatarPath: path }),
  z.object({ kind: z.literal('calibrate'), id: requestId, sessionId }),
  z.object({
    kind: z.literal('landmarks'),
    sessionId,
    packet: bytes(MAX_LANDMARK_PACKET_BYTES),
  }),
  z.object({ kind: z.literal('close'), id: requestId, sessionId }),
  z.object({ kind: z.literal('prepareAvatar'), id: requestId, avatarPath: path, sizePx }),
  /** To the spare: an avatar that it may have to take over at once. */
  z.object({ kind: z.literal('rehearse'), avatarPath: path, sizePx }),
  z.object({ kind: z.literal('forgetPicture'), picture: z.string().length(64) }),
  /** Answered with `checked`. */
  z.object({ kind: z.literal('checkPortrait'), id: requestId, path }),
  /** Once a second: share of all cores in use, 0..1 and above. */
  z.object({ kind: z.literal('load'), utilisation: z.number() }),
  /** Answered with `pong`; the one that is not is taken for a hang. */
  z.object({ kind: z.literal('ping'), sequence: z.number().int() }),
  /** Closes every session and ends the process. */
  z.object({ kind: z.literal('shutdown') }),
]);
export type ToWorker = z.infer<typeof toWorker>;
export type WorkerRequest = Extract<ToWorker, { id: number }>;

const state: z.ZodType<SessionState> = z.enum([
  'waiting',
  'calibrating',
  'live',
  'lost',
  'paused',
  'restarting',
]);
const code = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);
const quantiles = z.object({ p50: z.number(), p95: z.number() });
const stages = z.object(
  Object.fromEntries(LIVE_STAGES.map((stage) => [stage, quantiles])) as Record<
    (typeof LIVE_STAGES)[number],
    typeof quantiles
  >,
);

const stats: z.ZodType<SessionStats> = z.object({
  sessionId,
  state,
  fpsIn: z.number(),
  fpsOut: z.number(),
  drops: z.record(z.string(), z.number()),
  confidence: z.number(),
  latencyMs: stages,
  captureToSendMs: quantiles.nullable(),
  audioDelayMs: z.number(),
  generator: z.string(),
  inference: z
    .object({
      pack: z.string(),
      provider: z.string().nullable(),
      precision: z.string(),
      steps: z.number(),
      note: z.string().nullable(),
    })
    .nullable(),
});

const check: z.ZodType<PortraitCheck> = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), widthPx: z.number(), heightPx: z.number() }),
  z.object({ ok: z.literal(false), code, message: z.string() }),
]);

/** From a worker. The first group answers requests. */
export const fromWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), id: requestId }),
  z.object({ kind: z.literal('ready'), id: requestId }),
  z.object({ kind: z.literal('opened'), id: requestId, address, state }),
  z.object({ kind: z.literal('checked'), id: requestId, check }),
  z.object({ kind: z.literal('refused'), id: requestId, code, message: z.string() }),

  z.object({
    kind: z.literal('pong'),
    sequence: z.number().int(),
    rssBytes: z.number(),
    /** User and system time of the process so far. */
    cpuSeconds: z.number(),
    /** Time that the event loop was not idle so far. */
    loopBusySeconds: z.number(),
  }),
  z.object({ kind: z.literal('stats'), stats }),
  z.object({ kind: z.literal('state'), sessionId, state }),
  z.object({
    kind: z.literal('preview'),
    sessionId,
    png: bytes(MAX_PREVIEW_BYTES),
  }),
  z.object({ kind: z.literal('calibration'), sessionId, calibration }),
  z.object({ kind: z.literal('egress'), sessionId, egress }),
  /** What became of the networks, for the log. */
  z.object({ kind: z.literal('engine'), news: z.enum(['opened', 'failed', 'lost']), detail: z.string() }),
  z.object({ kind: z.literal('failed'), sessionId, code, message: z.string() }),
]);
export type FromWorker = z.infer<typeof fromWorker>;
export type WorkerAnswer = Extract<FromWorker, { id: number }>;

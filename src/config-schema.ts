import { z } from 'zod';
import { DEFAULT_LIVE_OPTIONS } from './contract/live-options.ts';

/**
 * Every option of the live server, its default and its bounds. loki-live.sample.yaml says what each is for; a test
 * holds the two together. A section that is absent or empty takes its defaults; an option nobody knows is refused.
 */
const section = <S extends z.ZodRawShape>(shape: S) =>
  z.preprocess((value) => value ?? {}, z.strictObject(shape));

const host = z.string().min(1).max(255);
const port = z.number().int().min(0).max(65_535);
const seconds = z.number().int().positive();
const file = z.string().min(1).nullable().default(null);
/** scheme://host[:port], as browsers send it, or `*`. */
const origin = z
  .string()
  .regex(/^(\*|https?:\/\/[^/\s]+)$/, 'must be like https://example.org, without a path, or *');
const secret = z
  .string()
  .min(32, 'must have at least 32 characters: `openssl rand -hex 32` makes one')
  .nullable()
  .default(null);

const certificateGiven = (https: { certificateFile: string | null; keyFile: string | null }): boolean =>
  (https.certificateFile === null) === (https.keyFile === null);

export const configSchema = z.strictObject({
  stateDir: z.string().min(1).default('~/.loki-live'),
  logLevel: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('warn'),
  demo: z.boolean().default(true),
  drainS: z.number().int().min(0).max(3600).default(5),
  http: section({
    host: host.default('127.0.0.1'),
    port: port.default(8080),
    publicUrl: z
      .url({ protocol: /^https?$/, error: 'must be like https://live.example.org' })
      .nullable()
      .default(null),
    allowedOrigins: z.array(origin).default([]),
    trustProxy: z.boolean().default(false),
    requestsPerMinute: z.number().int().min(10).default(600),
    maxConnections: z.number().int().min(10).default(2000),
  }),
  https: z.preprocess(
    (value) => value ?? {},
    z
      .strictObject({
        enabled: z.boolean().default(true),
        host: host.default('0.0.0.0'),
        port: port.default(8443),
        certificateFile: file,
        keyFile: file,
      })
      .refine(certificateGiven, 'takes certificateFile and keyFile together, or neither for a generated one'),
  ),
  sfu: section({
    workers: z.number().int().min(1).max(256).nullable().default(null),
    listenIp: z.union([z.ipv4(), z.ipv6()]).default('0.0.0.0'),
    announcedAddress: host.nullable().default(null),
    port: port.default(40_000),
    rtcMinPort: z.number().int().min(1024).max(65_535).default(40_100),
    rtcMaxPort: z.number().int().min(1024).max(65_535).default(49_999),
  }),
  ice: section({
    stunUrls: z.array(z.string().regex(/^stuns?:\S+$/, 'must be like stun:host:3478')).default([]),
    turnUrls: z.array(z.string().regex(/^turns?:\S+$/, 'must be like turn:host:3478')).default([]),
    turnSecret: z.string().min(1).nullable().default(null),
    turnTtlS: seconds.max(7 * 86_400).default(86_400),
  }),
  rooms: section({
    maxRooms: z.number().int().min(1).default(100),
    maxViewers: z.number().int().min(1).default(200),
    graceS: z.number().int().min(1).max(3600).default(15),
    codec: z.enum(['VP8', 'H264']).default('VP8'),
    idleS: seconds.default(600),
    labelText: z.string().trim().min(2).max(40).default(DEFAULT_LIVE_OPTIONS.label.text),
  }),
  tokens: section({
    secret,
    secretFile: file,
    ttlS: seconds.max(365 * 86_400).default(12 * 3600),
  }),
  reenactment: section({
    workers: z.number().int().min(1).max(64).nullable().default(null),
    spare: z.boolean().default(true),
    warm: z.boolean().default(true),
    maxSessions: z.number().int().min(1).max(64).nullable().default(null),
    maxUtilisation: z.number().min(0.1).max(1).default(0.85),
    sizePx: z.union([z.literal(256), z.literal(512)], 'must be 256 or 512').default(512),
    maxFps: z.number().int().min(10).max(30).default(25),
    bitrateKbps: z.number().int().min(200).max(8000).default(1500),
    headFile: file,
  }),
  generator: section({
    default: z.enum(['geometric', 'diffusion']).default('diffusion'),
    pack: file,
    provider: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorrt']).default('auto'),
    precision: z.enum(['auto', 'float32', 'int8']).default('auto'),
    threads: z.number().int().min(1).max(64).default(1),
    steps: z.number().int().min(1).max(16).nullable().default(null),
  }),
  avatars: section({
    maxUploadMb: z.number().positive().max(100).default(20),
    maxMegapixels: z.number().positive().max(50).default(50),
    maxPerRoom: z.number().int().min(1).default(50),
  }),
});

type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** The live server's configuration, complete and frozen. Relative paths are already resolved. */
export type ServerConfig = Frozen<z.infer<typeof configSchema>>;
export type LogLevel = ServerConfig['logLevel'];

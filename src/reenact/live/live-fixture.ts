/** A stand-in for the SFU and a viewer's ears and eyes, for tests and measurements of the live session. */
import { createSocket, type Socket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { DEFAULT_LIVE_OPTIONS } from '../../contract/live-options.ts';
import type { AvatarStreams, LiveOptions, RtpAddress, VideoCodec } from '../../contract/live-session.ts';
import { parseAbsCaptureTime } from '../../rtp/abs-capture-time.ts';
import { CaptureClock } from '../../rtp/capture-clock.ts';
import { FrameAssembler } from '../../rtp/frame-assembler.ts';
import { buildPli, parseRtcp, type RtcpPacket } from '../../rtp/rtcp.ts';
import { isRtcp, parseRtp, type RtpPacket } from '../../rtp/rtp-packet.ts';
import { buildAvatar } from '../avatar.ts';
import { LiveVideoDecoder } from '../codec/live-video-decoder.ts';
import type { RgbaImage } from '../frame.ts';
import type { Generator } from '../generator.ts';
import { generatorOf } from '../geometric/generator.ts';
import type { WarpRig } from '../geometric/rig.ts';
import { loadRig } from '../session.ts';
import { createFaceTracker } from '../track/face-tracker.ts';
import { createCalibrator } from './calibrator.ts';
import type { LiveSessionParts, LiveSessionSpec } from './types.ts';

export const BUILTIN_DRIVER = fileURLToPath(new URL('../../../models/builtin/driver.mp4', import.meta.url));
export const BUILTIN_AVATAR = fileURLToPath(
  new URL('../../../models/builtin/avatars/amara.jpg', import.meta.url),
);

export const PLAIN_OPTIONS: LiveOptions = {
  ...DEFAULT_LIVE_OPTIONS,
  label: { text: 'AI avatar', corner: 'bottom-right', size: 0.05, opacity: 0.8 },
};

/** @param base first of two SSRCs; payload types and extension ids follow from it, too */
export function streamsOf(codec: VideoCodec, base: number): AvatarStreams {
  return {
    cname: `loki-${base}`,
    video: {
      kind: 'video',
      codec,
      payloadType: 96 + (base % 8),
      ssrc: base,
      clockRateHz: 90_000,
      extensions: { absCaptureTime: 5, videoOrientation: 6 },
    },
    audio: {
      kind: 'audio',
      codec: 'opus',
      payloadType: 111,
      ssrc: base + 1,
      clockRateHz: 48_000,
      extensions: { absCaptureTime: 5 },
    },
  };
}

export const DRIVER_SSRC = 1000;
export const AVATAR_SSRC = 2001;

export function specOf(codec: VideoCodec, changes: Partial<LiveSessionSpec> = {}): LiveSessionSpec {
  return {
    sessionId: 'test',
    avatarPath: BUILTIN_AVATAR,
    sizePx: 512,
    maxFps: 30,
    videoBitrateBps: 1_500_000,
    tracking: 'server',
    streams: streamsOf(codec, AVATAR_SSRC),
    options: PLAIN_OPTIONS,
    ...changes,
  };
}

export interface TestParts extends LiveSessionParts {
  close(): Promise<void>;
}

/** Builds avatars once a path: tests open many sessions. @param draw makes a session's generator */
export async function createTestParts(draw: (rig: WarpRig) => Generator = generatorOf): Promise<TestParts> {
  const rig = await loadRig();
  const calibrator = createCalibrator();
  const built = new Map<string, Promise<Awaited<ReturnType<typeof buildAvatar>>>>();
  return {
    rig,
    calibrator,
    createTracker: () => createFaceTracker(),
    loadAvatar: async (path, size) => {
      const key = `${path} ${size}`;
      let avatar = built.get(key);
      if (avatar === undefined) {
        avatar = createFaceTracker().then(async (tracker) => {
          try {
            return await buildAvatar(rig, tracker, path, { size });
          } finally {
            await tracker.close();
          }
        });
        built.set(key, avatar);
      }
      const { rig: warpRig } = await avatar;
      return { reference: warpRig.reference, generator: draw(warpRig) };
    },
    close: () => calibrator.close(),
  };
}

export interface Impairment {
  /** Part of the packets towards the session that vanish, 0..1. */
  readonly loss: number;
  /** Part that comes late, and by how much. */
  readonly late: number;
  readonly lateMs: number;
  /** Packets of noise a real one. */
  readonly garbage: number;
}

export interface ReceivedFrame {
  readonly atMs: number;
  readonly key: boolean;
  readonly timestamp: number;
  readonly captureTimeMs: number | null;
  readonly data: Uint8Array;
}

export interface ReceivedSound {
  readonly atMs: number;
  readonly timestamp: number;
  readonly captureTimeMs: number | null;
}

/** One UDP port between a driver and the session, as the SFU's PlainTransport is; keeps what the session sends. */
export class TestPeer {
  readonly frames: ReceivedFrame[] = [];
  readonly sounds: ReceivedSound[] = [];
  readonly reports: Extract<RtcpPacket, { type: 'sr' }>[] = [];
  readonly sequences: { readonly video: number[]; readonly audio: number[] } = { video: [], audio: [] };
  /** Requests for the driver's key frames. */
  pliCount = 0;
  impairment: Impairment = { loss: 0, late: 0, lateMs: 0, garbage: 0 };
  /** Capture times of the driver's pictures, in the order of its file, Unix milliseconds. */
  readonly driverCaptures: number[] = [];
  /** Packets of the driver are withheld. */
  stalled = false;
  onFrame: ((frame: ReceivedFrame) => void) | null = null;
  readonly #socket: Socket;
  readonly #streams: AvatarStreams;
  readonly #assembler: FrameAssembler;
  #session: RtpAddress | null = null;
  #driver: RtpAddress | null = null;
  #seed = 12345;

  private constructor(socket: Socket, streams: AvatarStreams) {
    this.#socket = socket;
    this.#streams = streams;
    const codec = streams.video.codec === 'H264' ? 'H264' : 'VP8';
    this.#assembler = new FrameAssembler({ codec, absCaptureTime: 5 });
    socket.on('message', (bytes, { port }) => {
      if (port === this.#session?.port) this.#fromSession(bytes);
      else this.#fromDriver(bytes, port);
    });
  }

  static async open(streams: AvatarStreams): Promise<TestPeer> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new TestPeer(socket, streams);
  }

  get address(): RtpAddress {
    return { ip: '127.0.0.1', port: this.#socket.address().port };
  }

  connect(session: RtpAddress): void {
    this.#session = session;
  }

  requestKeyFrame(): void {
    this.sendToSession(buildPli(1, this.#streams.video.ssrc));
  }

  sendToSession(bytes: Uint8Array): void {
    if (this.#session !== null) this.#socket.send(bytes, this.#session.port, this.#session.ip);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #fromDriver(bytes: Uint8Array, port: number): void {
    this.#driver = { ip: '127.0.0.1', port };
    if (!isRtcp(bytes)) this.#noteDriver(parseRtp(bytes));
    if (this.stalled) return;
    const { loss, late, lateMs, garbage } = this.impairment;
    for (let left = garbage; left > 0; left--) {
      if (this.#random() >= left) continue;
      const noise = Uint8Array.from({ length: 20 + this.#random() * 900 }, () => this.#random() * 256);
      // Some of it looks like the driver's own packets.
      if (this.#random() < 0.5) noise.set(bytes.subarray(0, 12));
      this.sendToSession(noise);
    }
    if (this.#random() < loss) return;
    if (this.#random() < late) setTimeout(() => this.sendToSession(bytes), lateMs * this.#random()).unref();
    else this.sendToSession(bytes);
  }

  #noteDriver(packet: RtpPacket | null): void {
    if (packet?.ssrc !== DRIVER_SSRC) return;
    const captureTimeMs = captureOf(packet);
    const last = this.driverCaptures.at(-1) ?? 0;
    if (captureTimeMs !== null && captureTimeMs > last) this.driverCaptures.push(captureTimeMs);
  }

  #fromSession(bytes: Uint8Array): void {
    const atMs = performance.timeOrigin + performance.now();
    if (isRtcp(bytes)) {
      for (const packet of parseRtcp(bytes)) {
        if (packet.type === 'sr') this.reports.push(packet);
        if (packet.type === 'pli') {
          this.pliCount++;
          if (this.#driver !== null) this.#socket.send(bytes, this.#driver.port, this.#driver.ip);
        }
      }
      return;
    }
    const packet = parseRtp(bytes);
    if (packet?.ssrc === this.#streams.audio.ssrc) {
      this.sequences.audio.push(packet.sequence);
      this.sounds.push({ atMs, timestamp: packet.timestamp, captureTimeMs: captureOf(packet) });
    }
    if (packet?.ssrc !== this.#streams.video.ssrc) return;
    this.sequences.video.push(packet.sequence);
    for (const { data, key, timestamp, absCaptureTime } of this.#assembler.push(packet, atMs, false)) {
      const captureTimeMs = absCaptureTime?.captureTimeMs ?? null;
      const frame = { atMs, key, timestamp, captureTimeMs, data };
      this.frames.push(frame);
      this.onFrame?.(frame);
    }
  }

  #random(): number {
    this.#seed = (this.#seed * 48271) % 2147483647;
    return this.#seed / 2147483647;
  }
}

function captureOf(packet: RtpPacket): number | null {
  const stamp = packet.extensions.find(({ id }) => id === 5);
  return stamp === undefined ? null : (parseAbsCaptureTime(stamp.data)?.captureTimeMs ?? null);
}

/** Decodes what a peer has received; frames that can't be decoded are left out. */
export async function* decodeReceived(
  frames: readonly ReceivedFrame[],
  codec: VideoCodec,
): AsyncGenerator<{ frame: ReceivedFrame; image: RgbaImage }> {
  const decoder = await LiveVideoDecoder.open({ codec, maxSidePx: 640 });
  for (const frame of frames) {
    const image = await decoder.decode(frame.data, { rotationDeg: 0, flip: false });
    if (image !== null) yield { frame, image };
  }
  await decoder.close();
}

/** Whether every number follows the one before, modulo 2¹⁶. */
export function isContiguous(sequences: readonly number[]): boolean {
  return sequences.every((value, i) => i === 0 || value === (sequences[i - 1] + 1) % 65_536);
}

/** Timestamps without their wraps. */
export function unwrapAll(timestamps: readonly number[]): number[] {
  const clock = new CaptureClock(90_000);
  return timestamps.map((timestamp) => {
    clock.arrived(timestamp, 0);
    return clock.unwrapped(timestamp);
  });
}

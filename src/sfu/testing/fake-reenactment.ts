import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import type {
  DriverStreams,
  LiveOptions,
  PortraitCheck,
  Reenactment,
  RtpAddress,
  RtpStream,
  SessionSpec,
  SessionState,
  SessionStats,
  TrackingMode,
} from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';

const FPS = 15;
const MAX_PAYLOAD_BYTES = 1100;
const IVF_HEADER_BYTES = 32;

/** A test picture, 160×120, two seconds at 15 fps, VP8, the first of 30 frames a key frame. */
const FRAMES = readIvf(readFileSync(new URL('./avatar.ivf', import.meta.url)));
/** An Opus packet of 20 ms of silence (RFC 6716, section 3.1: CELT, stereo). */
const SILENCE = Buffer.from([0xfc, 0xff, 0xfe]);

interface FakeSession {
  readonly spec: SessionSpec;
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
  sfu: RtpAddress | null;
  streams: DriverStreams;
  frame: number;
  sequence: { video: number; audio: number };
}

/**
 * Stands in for the reenactment workers in tests of the SFU: a UDP end that sends a real VP8 clip and Opus silence as
 * the avatar, and counts by SSRC what comes from the driver.
 */
export class FakeReenactment implements Reenactment {
  readonly sessions = new Map<string, FakeSession>();
  /** Packets from the driver, by SSRC. */
  readonly received = new Map<number, number>();
  /** Key-frame requests (RTCP payload-specific feedback) from the SFU. */
  keyFrameRequests = 0;
  readonly calls: unknown[][] = [];
  landmarkPackets = 0;
  /** Set to refuse the next sessions. */
  refuse: LokiError | null = null;
  openDelayMs = 0;
  #listeners = new Map<string, ((...data: never[]) => void)[]>();

  async open(spec: SessionSpec): Promise<RtpAddress> {
    this.calls.push(['open', spec]);
    if (this.openDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.openDelayMs));
    if (this.refuse) throw this.refuse;
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const session: FakeSession = {
      spec,
      socket,
      timer: setInterval(() => sendFrame(session), 1000 / FPS),
      sfu: null,
      streams: {},
      frame: 0,
      sequence: { video: 0, audio: 0 },
    };
    socket.on('message', (packet) => this.#receive(packet));
    this.sessions.set(spec.sessionId, session);
    return { ip: '127.0.0.1', port: socket.address().port };
  }

  attach(sessionId: string, sfu: RtpAddress, streams: DriverStreams): void {
    this.calls.push(['attach', sessionId, sfu, streams]);
    const session = this.sessions.get(sessionId);
    if (!session) return;
    session.sfu = sfu;
    session.streams = streams;
  }

  setOptions(sessionId: string, options: LiveOptions): void {
    this.calls.push(['setOptions', sessionId, options]);
  }

  setTracking(sessionId: string, mode: TrackingMode): void {
    this.calls.push(['setTracking', sessionId, mode]);
  }

  async setAvatar(sessionId: string, avatarPath: string): Promise<void> {
    this.calls.push(['setAvatar', sessionId, avatarPath]);
    if (avatarPath.includes('faceless')) throw new LokiError('NO_FACE', 'No face in the picture.');
  }

  async calibrate(sessionId: string): Promise<void> {
    this.calls.push(['calibrate', sessionId]);
  }

  landmarks(): void {
    this.landmarkPackets++;
  }

  async checkPortrait(): Promise<PortraitCheck> {
    return { ok: true, widthPx: 512, heightPx: 512 };
  }

  async close(sessionId: string): Promise<void> {
    this.calls.push(['close', sessionId]);
    const session = this.sessions.get(sessionId);
    if (!session) return;
    this.sessions.delete(sessionId);
    clearInterval(session.timer);
    session.socket.close();
  }

  on(event: 'stats' | 'state' | 'preview' | 'failed', listener: (...data: never[]) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  emit(event: 'stats', stats: SessionStats): void;
  emit(event: 'state', sessionId: string, state: SessionState): void;
  emit(event: 'preview', sessionId: string, png: Uint8Array): void;
  emit(event: 'failed', sessionId: string, code: string, message: string): void;
  emit(event: string, ...data: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...(data as never[]));
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.sessions.keys()].map((id) => this.close(id)));
  }

  #receive(packet: Buffer): void {
    // RTP and RTCP share the port; RTCP packet types are 192 to 223 (RFC 5761, section 4).
    if (packet[1] >= 192 && packet[1] <= 223) {
      for (let at = 0; at + 4 <= packet.length; at += (packet.readUInt16BE(at + 2) + 1) * 4) {
        if (packet[at + 1] === 206 && [1, 4].includes(packet[at] & 31)) this.keyFrameRequests++;
      }
      return;
    }
    const ssrc = packet.readUInt32BE(8);
    this.received.set(ssrc, (this.received.get(ssrc) ?? 0) + 1);
  }
}

function sendFrame(session: FakeSession): void {
  const { sfu, spec, socket } = session;
  if (!sfu) return;
  const { video, audio } = spec.streams;
  const send = (packet: Buffer) => socket.send(packet, sfu.port, sfu.ip);
  const payload = FRAMES[session.frame % FRAMES.length];
  for (let at = 0; at < payload.length; at += MAX_PAYLOAD_BYTES) {
    const part = payload.subarray(at, at + MAX_PAYLOAD_BYTES);
    // VP8 payload descriptor of one byte: S on the first packet, partition 0 (RFC 7741, section 4.2).
    const body = Buffer.concat([Buffer.from([at === 0 ? 0x10 : 0]), part]);
    const marker = at + MAX_PAYLOAD_BYTES >= payload.length;
    send(rtp(video, session.sequence.video++, session.frame * (90_000 / FPS), marker, body));
  }
  for (let i = 0; i < 3; i++) {
    send(rtp(audio, session.sequence.audio, session.sequence.audio * 960, false, SILENCE));
    session.sequence.audio++;
  }
  session.frame++;
}

/** A packet without extensions (RFC 3550, section 5.1). */
export function rtp(
  { payloadType, ssrc }: Pick<RtpStream, 'payloadType' | 'ssrc'>,
  sequence: number,
  timestamp: number,
  marker: boolean,
  payload: Buffer,
): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = (marker ? 0x80 : 0) | payloadType;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

function readIvf(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = IVF_HEADER_BYTES; at + 12 <= file.length; ) {
    const bytes = file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, at + 12 + bytes));
    at += 12 + bytes;
  }
  return frames;
}

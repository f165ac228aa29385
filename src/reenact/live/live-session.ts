import { EventEmitter } from 'node:events';
import { Subject, type Subscription } from 'rxjs';
import type {
  DriverStreams,
  LiveOptions,
  RtpAddress,
  RtpStream,
  SessionState,
  TrackingMode,
} from '../../contract/live-session.ts';
import { readTimeMark } from '../../contract/time-mark.ts';
import { LokiError } from '../../errors.ts';
import { buildPli, parseRtcp } from '../../rtp/rtcp.ts';
import { isRtcp, parseRtp } from '../../rtp/rtp-packet.ts';
import type { FrameStamp } from '../frame.ts';
import type { ReenactedFrame } from '../pipeline.ts';
import { PixelPool } from '../pixel-pool.ts';
import type { FaceTracker, TrackResult } from '../track/types.ts';
import { AvatarEncoder } from './avatar-encoder.ts';
import { AvatarSender } from './avatar-sender.ts';
import { sameAspect } from './canonical-face.ts';
import { DriverAudio } from './driver-audio.ts';
import { DriverLandmarks } from './driver-landmarks.ts';
import { DriverLearner } from './driver-learner.ts';
import { DriverPresence } from './driver-presence.ts';
import { type DriverPicture, DriverVideo } from './driver-video.ts';
import { DropCounters } from './drop-counters.ts';
import { type FrameTrace, FrameTraces } from './frame-traces.ts';
import { type RenderedLabel, renderLabel } from './label.ts';
import { type LiveInput, livePipeline } from './live-pipeline.ts';
import { LiveStages } from './live-stages.ts';
import { MapPreview } from './map-preview.ts';
import { OutputClock, type RebasedStream } from './output-clock.ts';
import { PictureDelay } from './picture-delay.ts';
import { RateLimit } from './rate-limit.ts';
import { restoreCalibration, saveCalibration } from './saved-calibration.ts';
import type {
  EgressReservation,
  LiveAvatar,
  LiveSession,
  LiveSessionEvents,
  LiveSessionParts,
  LiveSessionSpec,
} from './types.ts';
import { UdpPort } from './udp-port.ts';

const TICK_MS = 20;
const REPORT_MS = 1000;
const VIDEO_TICKS_PER_MS = 90;
/** Idle frames are dated back by this at least, so that a driver's first frames do not come too late for them. */
const IDLE_BACK_MS = 120;

/**
 * Loads the avatar, binds the socket and begins to send the avatar at rest once `attach` says where to.
 *
 * @throws LokiError of the portrait; `INTERNAL` where the port can't be bound
 */
export async function createLiveSession(
  parts: LiveSessionParts,
  spec: LiveSessionSpec,
): Promise<LiveSession> {
  const avatar = await parts.loadAvatar(spec.avatarPath, spec.sizePx);
  try {
    const { video } = spec.streams;
    const encoder = await AvatarEncoder.open({
      codec: video.codec === 'H264' ? 'H264' : 'VP8',
      width: spec.sizePx,
      height: spec.sizePx,
      fps: spec.maxFps,
      bitrateBps: spec.videoBitrateBps,
    });
    const session = new RtpLiveSession(parts, spec, avatar, encoder);
    try {
      await session.start();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  } catch (error) {
    await avatar.generator.close();
    throw error;
  }
}

class RtpLiveSession extends EventEmitter<LiveSessionEvents> implements LiveSession {
  readonly #parts: LiveSessionParts;
  readonly #spec: LiveSessionSpec;
  readonly #encoder: AvatarEncoder;
  readonly #stages: LiveStages;
  readonly #learner: DriverLearner;
  readonly #sender: AvatarSender;
  readonly #preview: MapPreview;
  readonly #traces = new FrameTraces();
  readonly #drops = new DropCounters();
  /** Of the driver's pictures. */
  readonly #pixels = new PixelPool();
  readonly #clock = new OutputClock();
  readonly #delay = new PictureDelay();
  readonly #presence = new DriverPresence();
  readonly #rate: RateLimit;
  readonly #inputs = new Subject<LiveInput>();
  readonly #beganMs = Date.now();
  #port: UdpPort | null = null;
  #pipeline: Subscription | null = null;
  #timers: NodeJS.Timeout[] = [];
  #video: DriverVideo | null = null;
  #audio: DriverAudio | null = null;
  #tracker: Promise<FaceTracker> | null = null;
  #tracking: TrackingMode;
  #landmarks = new DriverLandmarks(this.#drops);
  #label: RenderedLabel | null = null;
  #state: SessionState = 'waiting';
  #reserved: EgressReservation | null = null;
  #sequence = 0;
  #framesIn = 0;
  #framesOut = 0;
  #closing: Promise<void> | null = null;

  constructor(parts: LiveSessionParts, spec: LiveSessionSpec, avatar: LiveAvatar, encoder: AvatarEncoder) {
    super();
    this.#parts = parts;
    this.#spec = spec;
    this.#encoder = encoder;
    this.#tracking = spec.tracking;
    this.#rate = new RateLimit(spec.maxFps);
    this.#stages = new LiveStages(parts.rig, avatar, spec.options, this.#traces);
    this.#preview = new MapPreview(parts.rig.model, (png) => this.emit('preview', png));
    this.#learner = new DriverLearner({
      calibrator: parts.calibrator,
      onLearned: (learned) => {
        this.#stages.setDriver(learned);
        this.emit('calibration', saveCalibration(parts.rig.model, learned));
      },
      onFailed: (error) => this.#fail(error),
    });
    const saved =
      spec.calibration === undefined ? null : restoreCalibration(parts.rig.model, spec.calibration);
    if (saved !== null) {
      this.#stages.setDriver(saved);
      this.#learner.adopt(saved);
    }
    this.#sender = new AvatarSender({
      streams: spec.streams,
      egress: spec.egress ?? null,
      send: (packet) => this.#port?.send(packet),
      onReserved: (egress) => {
        this.#reserved = egress;
        setImmediate(() => this.emit('egress', egress));
      },
    });
  }

  get address(): RtpAddress {
    return this.#port!.address;
  }

  get state(): SessionState {
    return this.#state;
  }

  async start(): Promise<void> {
    const { localIp = '127.0.0.1', localPort = 0, options, sizePx } = this.#spec;
    this.#label = await renderLabel(options.label, sizePx);
    this.#port = await UdpPort.bind(localIp, localPort, (bytes, fromPeer) => this.#receive(bytes, fromPeer));
    this.#pipeline = livePipeline(this.#inputs, {
      stages: this.#stages,
      drops: this.#drops,
      onTracked: ({ image }) => this.#pixels.give(image.data),
      onFace: (result) => this.#onFace(result),
      onAvatar: (frame) => this.#onAvatar(frame),
      label: () => this.#label,
      encode: (frame, { ticks }) => this.#encoder.encode(frame.image, ticks, performance.now()),
      send: (picture, trace) => {
        this.#sender.sendVideo(picture, trace.ticks, trace.captureTimeMs);
        this.#onSent(trace);
      },
    }).subscribe({ error: (error: unknown) => this.#fail(asLokiError(error)) });
    this.#timers = [setInterval(() => this.#tick(), TICK_MS), setInterval(() => this.#report(), REPORT_MS)];
    // A driver is about to come, and starting the thread takes longer than their first frame.
    if (this.#tracking === 'server') this.#ensureTracker();
    // What was reserved at construction nobody has heard of yet.
    const reserved = this.#reserved;
    if (reserved !== null) setImmediate(() => this.emit('egress', reserved));
  }

  attach(sfu: RtpAddress, { video, audio }: DriverStreams): void {
    if (this.#closing !== null) return;
    this.#port!.setPeer(sfu);
    if (!sameStream(this.#video?.stream, video)) this.#attachVideo(video);
    if (!sameStream(this.#audio?.stream, audio)) this.#attachAudio(audio);
    this.#requestKeyFrame();
  }

  setOptions(options: LiveOptions): void {
    const { label } = this.#stages.options;
    this.#stages.setOptions(options);
    if (JSON.stringify(label) === JSON.stringify(options.label)) return;
    renderLabel(options.label, this.#spec.sizePx).then(
      (rendered) => {
        if (this.#stages.options === options) this.#label = rendered;
      },
      (error: unknown) => this.#fail(asLokiError(error)),
    );
  }

  setTracking(mode: TrackingMode): void {
    if (mode === this.#tracking) return;
    this.#tracking = mode;
    this.#landmarks = new DriverLandmarks(this.#drops);
    if (mode === 'server') this.#ensureTracker();
  }

  async setAvatar(avatarPath: string): Promise<void> {
    const avatar = await this.#parts.loadAvatar(avatarPath, this.#spec.sizePx);
    if (this.#closing !== null) {
      await avatar.generator.close();
      throw new LokiError('CANCELLED', 'The session was closed.');
    }
    await this.#stages.setAvatar(avatar).generator.close();
  }

  pressed(utilisation: number): void {
    this.#stages.generator.pressed?.(utilisation);
  }

  calibrate(): Promise<void> {
    if (this.#closing !== null) return Promise.reject(new LokiError('CANCELLED', 'The session was closed.'));
    return this.#learner.captureNeutral();
  }

  landmarks(bytes: Uint8Array): void {
    if (this.#tracking !== 'private' || this.#closing !== null) return;
    const nowMs = performance.now();
    const frame = this.#landmarks.read(bytes, nowMs, Date.now());
    if (frame === null) return;
    this.#framesIn++;
    this.#admit(frame.ticks, this.#landmarks, frame.trace, nowMs, (stamp) => ({
      kind: 'landmarks',
      result: frame.result(stamp),
    }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#pipeline?.unsubscribe();
    this.#learner.close();
    this.#audio?.close();
    await this.#video?.close();
    await this.#encoder.close();
    await this.#port?.close();
    await this.#tracker?.then((tracker) => tracker.close()).catch(() => {});
    await this.#stages.generator.close();
  }

  #receive(bytes: Uint8Array, fromPeer: boolean): void {
    if (!fromPeer) {
      this.#drops.add('garbage');
      return;
    }
    if (isRtcp(bytes)) {
      this.#receiveRtcp(bytes);
      return;
    }
    const packet = parseRtp(bytes);
    if (
      packet !== null &&
      packet.ssrc === this.#video?.stream.ssrc &&
      packet.payloadType === this.#video.stream.payloadType
    )
      this.#video.push(packet, performance.now());
    else if (
      packet !== null &&
      packet.ssrc === this.#audio?.stream.ssrc &&
      packet.payloadType === this.#audio.stream.payloadType
    )
      this.#audio.push(packet, Date.now());
    else this.#drops.add('garbage');
  }

  #receiveRtcp(bytes: Uint8Array): void {
    for (const packet of parseRtcp(bytes)) {
      if (packet.type === 'sr') {
        const stream = [this.#video, this.#audio].find((driver) => driver?.stream.ssrc === packet.ssrc);
        stream?.clock.reported(packet.ntpMs, packet.rtpTimestamp, Date.now());
      } else if (
        (packet.type === 'pli' || packet.type === 'fir') &&
        packet.mediaSsrc === this.#spec.streams.video.ssrc
      ) {
        // A viewer who joins a room without a driver should not wait for the next idle frame.
        if (this.#encoder.requestKeyFrame(performance.now()) && this.#presence.isIdle(performance.now()))
          this.#pushIdle();
      }
    }
  }

  #attachVideo(stream: RtpStream | undefined): void {
    this.#video?.close().catch(() => {});
    this.#video = null;
    if (stream === undefined) return;
    this.#video = new DriverVideo({
      stream,
      drops: this.#drops,
      pixels: this.#pixels,
      onPicture: (picture) => this.#onPicture(picture),
      onKeyFrameNeeded: () => this.#requestKeyFrame(),
    });
    // Somebody else may sit there now.
    this.#learner.doubt();
    this.#tracker?.then((tracker) => tracker.reset()).catch(() => {});
  }

  #attachAudio(stream: RtpStream | undefined): void {
    const afterTicks = this.#audio?.lastTicks ?? this.#lastAudioTicks;
    this.#lastAudioTicks = afterTicks;
    this.#audio?.close();
    this.#audio =
      stream === undefined
        ? null
        : new DriverAudio({
            stream,
            delay: this.#delay,
            drops: this.#drops,
            afterTicks,
            onSound: ({ payload, ticks, marker, captureTimeMs }) =>
              this.#sender.sendAudio(payload, ticks, marker, captureTimeMs),
          });
  }
  #lastAudioTicks = 0;

  #ensureTracker(): void {
    if (this.#tracker !== null) return;
    this.#tracker = this.#parts.createTracker();
    this.#tracker.then(
      async (tracker) => {
        if (this.#closing === null) this.#stages.tracker = tracker;
      },
      (error: unknown) => this.#fail(asLokiError(error)),
    );
  }

  #requestKeyFrame(): void {
    if (this.#video === null) return;
    this.#port!.send(buildPli(this.#spec.streams.video.ssrc, this.#video.stream.ssrc));
  }

  #onPicture({ image, encoded, decodeMs }: DriverPicture): void {
    const video = this.#video;
    if (this.#tracking !== 'server' || video === null || this.#closing !== null) return;
    const nowMs = performance.now();
    const unixMs = Date.now();
    this.#framesIn++;
    this.#traces.record('receive', encoded.lastPacketMs - encoded.firstPacketMs);
    this.#traces.record('decode', decodeMs);
    const { timestamp, firstPacketMs, absCaptureTime } = encoded;
    video.clock.arrived(timestamp, unixMs - (nowMs - firstPacketMs), absCaptureTime);
    const source = video.clock.sourceAt(unixMs);
    const arrivalMs = video.clock.captureTimeMs(timestamp, 'arrival') ?? unixMs;
    const captureTimeMs = video.clock.captureTimeMs(timestamp, source) ?? arrivalMs;
    const media = video.clock.unwrapped(timestamp);
    if (!video.placed) {
      video.placed = true;
      video.rebaseTicks = Math.round(captureTimeMs * VIDEO_TICKS_PER_MS) - media;
    }
    const trace = {
      captureTimeMs,
      captureKnown: source !== 'arrival',
      arrivalMs,
      lastPacketMs: encoded.lastPacketMs,
      mark: this.#stages.options.probe ? readTimeMark(image) : null,
    };
    this.#admit(media, video, trace, nowMs, (stamp) => ({ kind: 'picture', frame: { ...stamp, image } }));
  }

  /** Gives a driver's frame its place in the avatar's stream, and lets it in. */
  #admit(
    rawTicks: number,
    stream: RebasedStream,
    trace: Omit<FrameTrace, 'ticks'>,
    nowMs: number,
    inputOf: (stamp: FrameStamp) => LiveInput,
  ): void {
    this.#presence.input(nowMs);
    if (!this.#rate.admits(rawTicks / VIDEO_TICKS_PER_MS)) {
      this.#drops.add('rate');
      return;
    }
    const ticks = this.#clock.place(rawTicks, stream);
    if (ticks === null) {
      this.#drops.add('stale');
      return;
    }
    this.#push({ ...trace, ticks }, inputOf);
  }

  #pushIdle(): void {
    const backMs = Math.max(IDLE_BACK_MS, this.#delay.ownMs);
    const ticks = this.#clock.placeIdle(Date.now() - backMs);
    const trace = {
      ticks,
      captureTimeMs: ticks / VIDEO_TICKS_PER_MS,
      captureKnown: false,
      arrivalMs: null,
      lastPacketMs: null,
      mark: null,
    };
    this.#push(trace, (stamp) => ({ kind: 'idle', result: { ...stamp, face: null } }));
  }

  #push(trace: FrameTrace, inputOf: (stamp: FrameStamp) => LiveInput): void {
    const sequence = this.#sequence++;
    this.#traces.keep(sequence, trace);
    const ptsMs = trace.ticks / VIDEO_TICKS_PER_MS - this.#beganMs;
    this.#inputs.next(inputOf({ sequence, ptsMs, captureTimeMs: trace.captureTimeMs }));
  }

  #onFace({ face }: TrackResult): boolean {
    const nowMs = performance.now();
    this.#presence.face(face?.confidence ?? 0, nowMs);
    if (face === null) return false;
    this.#learner.see(face, nowMs);
    const { learned, options } = this.#stages;
    return learned !== null && sameAspect(learned, face) && !options.paused;
  }

  #onAvatar({ commanded, driver }: ReenactedFrame): void {
    if (driver.fitted !== null) this.#learner.fitted(driver.fitted.reprojectionIod);
    if (this.#stages.options.preview)
      this.#preview.show(this.#stages.reference, commanded, performance.now());
  }

  #onSent(trace: FrameTrace): void {
    const unixMs = Date.now();
    this.#framesOut++;
    this.#traces.sent(trace, unixMs);
    if (trace.arrivalMs !== null)
      this.#delay.sent(trace.captureKnown ? unixMs - trace.captureTimeMs : null, unixMs - trace.arrivalMs);
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#video?.poll(nowMs);
    if (this.#port!.hasPeer && this.#presence.idleFrameDue(nowMs)) this.#pushIdle();
    const calibrating = this.#stages.learned === null || this.#learner.calibrating;
    const state = this.#presence.state(nowMs, this.#stages.options.paused, calibrating);
    if (state === this.#state) return;
    this.#state = state;
    this.emit('state', state);
  }

  #report(): void {
    this.#sender.sendReports(Date.now());
    this.emit('stats', {
      sessionId: this.#spec.sessionId,
      state: this.#state,
      fpsIn: (this.#framesIn * 1000) / REPORT_MS,
      fpsOut: (this.#framesOut * 1000) / REPORT_MS,
      drops: this.#drops.snapshot(),
      confidence: this.#presence.confidence,
      latencyMs: this.#traces.latencyMs(),
      captureToSendMs: this.#traces.captureToSendMs(),
      audioDelayMs: this.#audio?.heldMs ?? 0,
      generator: this.#stages.generator.name,
      inference: this.#stages.generator.inference?.() ?? null,
    });
    this.#framesIn = 0;
    this.#framesOut = 0;
  }

  #fail(error: LokiError): void {
    if (this.#closing === null) this.emit('failed', error);
  }
}

function sameStream(a: RtpStream | undefined, b: RtpStream | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function asLokiError(error: unknown): LokiError {
  return error instanceof LokiError
    ? error
    : new LokiError('INTERNAL', 'The live session ended unexpectedly.', { cause: error });
}

import { EventEmitter } from 'node:events';
import { Subject, type Subscription } from 'rxjs';
import type {
  DriverStreams,
  LiveOptions,
  RtpAddress,
  SessionState,
  TrackingMode,
} from '../../contract/live-session.ts';
import { readTimeMark } from '../../contract/time-mark.ts';
import { LokiError } from '../../errors.ts';
import type { ReenactedFrame } from '../pipeline.ts';
import { PixelPool } from '../pixel-pool.ts';
import type { FaceTracker, TrackResult } from '../track/types.ts';
import type { AvatarEncoder } from './avatar-encoder.ts';
import { AvatarSender } from './avatar-sender.ts';
import { sameAspect } from './canonical-face.ts';
import { DriverIntake } from './driver-intake.ts';
import { DriverLandmarks } from './driver-landmarks.ts';
import { DriverLearner } from './driver-learner.ts';
import { DriverPresence } from './driver-presence.ts';
import type { DriverPicture, DriverVideo } from './driver-video.ts';
import { DropCounters } from './drop-counters.ts';
import { FrameEntrance } from './frame-entrance.ts';
import { type RenderedLabel, renderLabel } from './label.ts';
import { type LiveInput, livePipeline } from './live-pipeline.ts';
import { LiveStages } from './live-stages.ts';
import { MapPreview } from './map-preview.ts';
import { PictureDelay } from './picture-delay.ts';
import { restoreCalibration, saveCalibration } from './saved-calibration.ts';
import { SessionMeter } from './session-meter.ts';
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

/** One session, by RTP: the driver's streams in, the avatar's out. */
export class RtpLiveSession extends EventEmitter<LiveSessionEvents> implements LiveSession {
  readonly #parts: LiveSessionParts;
  readonly #spec: LiveSessionSpec;
  readonly #encoder: AvatarEncoder;
  readonly #stages: LiveStages;
  readonly #learner: DriverLearner;
  readonly #sender: AvatarSender;
  readonly #preview: MapPreview;
  readonly #drops = new DropCounters();
  /** Of the driver's pictures. */
  readonly #pixels = new PixelPool();
  readonly #delay = new PictureDelay();
  readonly #meter = new SessionMeter(this.#drops, this.#delay);
  readonly #presence = new DriverPresence();
  readonly #intake: DriverIntake;
  readonly #entrance: FrameEntrance;
  readonly #inputs = new Subject<LiveInput>();
  #port: UdpPort | null = null;
  #pipeline: Subscription | null = null;
  #timers: NodeJS.Timeout[] = [];
  #tracker: Promise<FaceTracker> | null = null;
  #tracking: TrackingMode;
  #landmarks = new DriverLandmarks(this.#drops);
  #label: RenderedLabel | null = null;
  #state: SessionState = 'waiting';
  #reserved: EgressReservation | null = null;
  #closing: Promise<void> | null = null;

  constructor(parts: LiveSessionParts, spec: LiveSessionSpec, avatar: LiveAvatar, encoder: AvatarEncoder) {
    super();
    this.#parts = parts;
    this.#spec = spec;
    this.#encoder = encoder;
    this.#tracking = spec.tracking;
    this.#stages = new LiveStages(parts.rig, avatar, spec.options, this.#meter.traces);
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
    this.#intake = new DriverIntake({
      avatarSsrc: spec.streams.video.ssrc,
      delay: this.#delay,
      drops: this.#drops,
      pixels: this.#pixels,
      send: (packet) => this.#port?.send(packet),
      onPicture: (picture, video) => this.#onPicture(picture, video),
      onSound: ({ payload, ticks, marker, captureTimeMs }) =>
        this.#sender.sendAudio(payload, ticks, marker, captureTimeMs),
      onNewVideo: () => {
        this.#learner.doubt();
        this.#tracker?.then((tracker) => tracker.reset()).catch(() => {});
      },
      onKeyFrameWanted: () => this.#onKeyFrameWanted(),
    });
    this.#entrance = new FrameEntrance({
      maxFps: spec.maxFps,
      traces: this.#meter.traces,
      drops: this.#drops,
      delay: this.#delay,
      presence: this.#presence,
      onInput: (input) => this.#inputs.next(input),
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
    this.#port = await UdpPort.bind(localIp, localPort, (bytes, fromPeer) =>
      this.#intake.receive(bytes, fromPeer),
    );
    this.#pipeline = livePipeline(this.#inputs, {
      stages: this.#stages,
      drops: this.#drops,
      onThrough: ({ image }) => this.#pixels.give(image.data),
      onFace: (result) => this.#onFace(result),
      onAvatar: (frame) => this.#onAvatar(frame),
      label: () => this.#label,
      encode: (frame, { ticks }) => this.#encoder.encode(frame.image, ticks, performance.now()),
      send: (picture, trace) => {
        this.#sender.sendVideo(picture, trace.ticks, trace.captureTimeMs);
        this.#meter.frameLeft(trace);
      },
    }).subscribe({ error: (error: unknown) => this.#fail(asLokiError(error)) });
    this.#timers = [setInterval(() => this.#tick(), TICK_MS), setInterval(() => this.#report(), REPORT_MS)];
    // A driver is about to come, and starting the thread takes longer than their first frame.
    if (this.#tracking === 'server') this.#ensureTracker();
    // What was reserved at construction nobody has heard of yet.
    const reserved = this.#reserved;
    if (reserved !== null) setImmediate(() => this.emit('egress', reserved));
  }

  attach(sfu: RtpAddress, streams: DriverStreams): void {
    if (this.#closing !== null) return;
    this.#port!.setPeer(sfu);
    this.#intake.attach(streams);
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
    this.#meter.frameCame();
    this.#entrance.admit(frame.ticks, this.#landmarks, frame.trace, nowMs, (stamp) => ({
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
    await this.#intake.close();
    await this.#encoder.close();
    await this.#port?.close();
    await this.#tracker?.then((tracker) => tracker.close()).catch(() => {});
    await this.#stages.generator.close();
  }

  #onKeyFrameWanted(): void {
    const nowMs = performance.now();
    // A viewer who joins a room without a driver should not wait for the next idle frame.
    if (this.#encoder.requestKeyFrame(nowMs) && this.#presence.isIdle(nowMs)) this.#entrance.pushIdle();
  }

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

  #onPicture(picture: DriverPicture, video: DriverVideo): void {
    if (this.#tracking !== 'server' || this.#closing !== null) {
      this.#pixels.give(picture.image.data);
      return;
    }
    this.#meter.frameCame();
    const mark = this.#stages.options.probe ? readTimeMark(picture.image) : null;
    if (!this.#entrance.admitPicture(picture, video, mark)) this.#pixels.give(picture.image.data);
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

  #tick(): void {
    const nowMs = performance.now();
    this.#intake.poll(nowMs);
    if (this.#port!.hasPeer && this.#presence.idleFrameDue(nowMs)) this.#entrance.pushIdle();
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
      ...this.#meter.read(REPORT_MS),
      confidence: this.#presence.confidence,
      audioDelayMs: this.#intake.heldMs,
      generator: this.#stages.generator.name,
      inference: this.#stages.generator.inference?.() ?? null,
    });
  }

  #fail(error: LokiError): void {
    if (this.#closing === null) this.emit('failed', error);
  }
}

function asLokiError(error: unknown): LokiError {
  return error instanceof LokiError
    ? error
    : new LokiError('INTERNAL', 'The live session ended unexpectedly.', { cause: error });
}

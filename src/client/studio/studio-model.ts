import { computed, signal } from '@preact/signals';
import { Device } from 'mediasoup-client';
import type { RtpCapabilities } from 'mediasoup-client/types';
import type { LiveOptions, Quantiles, SessionStats, TrackingMode } from '../../contract/live-session.ts';
import type { Answers, Notification, OptionsPatch, RoomState } from '../../sfu/signaling/messages.ts';
import { openSource } from '../capture/open-source.ts';
import type { OpenSource, SourceChoice } from '../capture/source.ts';
import { markSource } from '../probe/mark-source.ts';
import { probeWanted } from '../probe/probe-mode.ts';
import { AvatarMedia, type AvatarStream } from '../session/avatar-media.ts';
import { DriverMedia } from '../session/driver-media.ts';
import { browserNowMs, RoomSession } from '../session/room-session.ts';
import { errorCode, errorText } from '../session/server-error.ts';
import { FIRST_PHASE, type SessionPhase } from '../session/session-machine.ts';
import { LandmarkSender } from '../track/landmark-sender.ts';
import { LandmarkTracker } from '../track/landmark-tracker.ts';
import { type PlainError, plainError } from '../ui/plain-words.ts';
import { type Avatar, type AvatarList, type Links, StudioApi } from './api.ts';
import { patched, START_OPTIONS } from './live-options.ts';
import { PatchSender } from './patch-sender.ts';
import { type Recording, record } from './recorder.ts';
import { roomMemory } from './room-memory.ts';

/** `choose` a source, `starting` it, `driving`. */
export type Stage = 'choose' | 'starting' | 'driving';

export interface Problem extends PlainError {
  readonly code: string;
}

const COUNTDOWN_S = 3;
const NOTICE_MS = 5_000;

/** State of the studio page as signals, and everything that its buttons do. Nothing here touches the page. */
export class StudioModel {
  readonly phase = signal<SessionPhase>(FIRST_PHASE);
  readonly room = signal<RoomState | null>(null);
  readonly options = signal<LiveOptions>(START_OPTIONS);
  readonly stats = signal<SessionStats | null>(null);
  /** Capture to screen as viewers report it. */
  readonly viewersMs = signal<Quantiles | null>(null);
  /** Capture to this page's own screen. */
  readonly screenMs = signal<Quantiles | null>(null);
  readonly mapUrl = signal<string | null>(null);
  readonly stage = signal<Stage>('choose');
  readonly source = signal<OpenSource | null>(null);
  readonly avatarStream = signal<AvatarStream | null>(null);
  readonly avatars = signal<AvatarList | null>(null);
  /** Being changed to; null otherwise. */
  readonly pendingAvatar = signal<string | null>(null);
  readonly tracking = signal<TrackingMode>('server');
  readonly switchingTracking = signal(false);
  /** Seconds left until the neutral face is taken; 0 while it is. */
  readonly countdown = signal<number | null>(null);
  readonly recording = signal<Recording | null>(null);
  readonly links = signal<Links | null>(null);
  readonly problem = signal<Problem | null>(null);
  /** Passing news, read out to who cannot see them. */
  readonly notice = signal('');
  readonly developmentNotice = signal<string | null>(null);

  readonly avatar = computed<Avatar | null>(() => {
    const id = this.pendingAvatar.value ?? this.room.value?.avatarId;
    return this.avatars.value?.avatars.find((avatar) => avatar.id === id) ?? null;
  });
  readonly online = computed(() => this.phase.value.name === 'online');

  readonly session: RoomSession;
  private readonly api = new StudioApi(() => this.token ?? '');
  private readonly driver: DriverMedia;
  private readonly watcher: AvatarMedia;
  private readonly patches: PatchSender;
  private token: string | null = null;
  private mediaEpoch = -1;
  private tracker: LandmarkTracker | null = null;
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.session = new RoomSession({
      token: (refresh) => this.findToken(refresh),
      resumeStore: roomMemory.resumeStore,
      onPhase: (phase) => this.follow(phase),
      onJoined: (joined) => void this.joined(joined),
      onNotification: (notification) => this.notified(notification),
    });
    this.driver = new DriverMedia(this.session);
    this.watcher = new AvatarMedia(this.session, (avatar) => {
      this.avatarStream.value = avatar;
    });
    this.patches = new PatchSender((patch) => this.deliver(patch));
  }

  open(): void {
    this.session.start();
  }

  /** Turns the source on; replaces the one that runs. */
  async start(choice: SourceChoice): Promise<void> {
    if (this.stage.value === 'starting') return;
    const before = this.source.value;
    this.stage.value = 'starting';
    this.problem.value = null;
    try {
      const source = await this.openMarked(choice);
      before?.close();
      this.source.value = source;
      source.video.addEventListener('ended', () => this.sourceEnded(source), { once: true });
      this.tracker?.follow(source.video);
      await this.sendSource();
      this.stage.value = 'driving';
    } catch (error) {
      this.stage.value = this.source.value ? 'driving' : 'choose';
      this.fail(error);
    }
  }

  async stop(): Promise<void> {
    const source = this.source.value;
    this.source.value = null;
    this.stage.value = 'choose';
    this.mapUrl.value = null;
    source?.close();
    await this.stopRecording();
    await this.sendSource().catch((error) => this.fail(error));
  }

  /** Shown at once; sent at a pace. */
  change(patch: OptionsPatch): void {
    this.options.value = patched(this.options.value, patch);
    this.patches.push(patch);
  }

  togglePause(): void {
    if (this.stage.value !== 'driving') return;
    const paused = !this.options.value.paused;
    this.change({ paused });
    this.say(paused ? 'Paused: the avatar rests.' : 'Live again.');
  }

  /** Holds an expression, or lets go of it when it is the one held. */
  toggleHotkey(name: string): void {
    this.change({ hotkey: this.options.value.hotkey === name ? null : name });
  }

  async calibrate(): Promise<void> {
    if (this.countdown.value !== null || this.stage.value !== 'driving') return;
    for (let left = COUNTDOWN_S; left > 0; left--) {
      this.countdown.value = left;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    this.countdown.value = 0;
    try {
      await this.session.request('calibrate', {});
      this.say('Your resting face is learned.');
    } catch (error) {
      this.fail(error);
    } finally {
      this.countdown.value = null;
    }
  }

  async chooseAvatar(id: string): Promise<void> {
    if (this.pendingAvatar.value || this.room.value?.avatarId === id) return;
    this.pendingAvatar.value = id;
    try {
      await this.session.request('setAvatar', { avatarId: id });
      const { room } = this;
      if (room.value) room.value = { ...room.value, avatarId: id };
      this.say(`${this.avatar.value?.name ?? 'The avatar'} is chosen.`);
    } catch (error) {
      this.fail(error);
    } finally {
      this.pendingAvatar.value = null;
    }
  }

  /** @throws ServerError, for the form to show */
  async uploadAvatar(picture: File, name: string, consent: boolean): Promise<void> {
    const avatar = await this.api.upload(picture, name, consent);
    await this.readAvatars();
    await this.chooseAvatar(avatar.id);
  }

  async removeAvatar(id: string): Promise<void> {
    try {
      await this.api.removeAvatar(id);
      await this.readAvatars();
      this.say('The picture is deleted.');
    } catch (error) {
      this.fail(error);
    }
  }

  /** Both ways while live. What was sent before ends first, so that picture and landmarks never go out together. */
  async setTracking(mode: TrackingMode): Promise<void> {
    if (this.switchingTracking.value || this.tracking.value === mode) return;
    this.switchingTracking.value = true;
    const before = this.tracking.value;
    try {
      if (mode === 'private') await this.openTracker();
      await this.driver.send({
        camera: null,
        microphone: this.source.value?.audio ?? null,
        landmarks: false,
      });
      await this.session.request('setTracking', { mode });
      this.tracking.value = mode;
      await this.sendSource();
      if (mode === 'server') this.closeTracker();
      this.say(mode === 'private' ? 'Your picture stays on this machine.' : 'The server finds your face.');
    } catch (error) {
      this.tracking.value = before;
      if (before === 'server') this.closeTracker();
      this.fail(error);
      await this.sendSource().catch(() => {});
    } finally {
      this.switchingTracking.value = false;
    }
  }

  async readLinks(): Promise<void> {
    const room = this.room.value;
    if (this.links.value || !room) return;
    try {
      this.links.value = await this.api.viewerLinks(room.roomId);
    } catch (error) {
      this.fail(error);
    }
  }

  async toggleRecording(): Promise<void> {
    if (this.recording.value) {
      await this.stopRecording();
      return;
    }
    const avatar = this.avatarStream.value;
    if (!avatar) return;
    try {
      this.recording.value = record(avatar.stream, () => void this.stopRecording());
      this.say('Recording.');
    } catch (error) {
      this.fail(error);
    }
  }

  /** The avatar's picture stood still although it should move. */
  refreshStream(): void {
    void this.watcher.refresh();
  }

  retry(): void {
    this.problem.value = null;
    this.session.retryNow();
  }

  dismiss(): void {
    this.problem.value = null;
  }

  say(text: string): void {
    clearTimeout(this.noticeTimer);
    this.notice.value = text;
    this.noticeTimer = setTimeout(() => {
      this.notice.value = '';
    }, NOTICE_MS);
  }

  /** The page goes: devices are let go of, the place in the room is kept for a reload. */
  stopLocally(): void {
    this.source.value?.close();
    this.closeTracker();
  }

  close(): void {
    this.source.value?.close();
    this.closeTracker();
    this.patches.close();
    this.driver.close();
    this.watcher.close();
    this.session.close();
  }

  /** Whether a picture leaves this browser; tests of private mode look at it. */
  get sendsVideo(): boolean {
    return this.driver.sendsVideo;
  }

  private async findToken(refresh: boolean): Promise<string | null> {
    const fromLink = new URLSearchParams(location.hash.slice(1)).get('token');
    if (fromLink) {
      this.token = fromLink;
    } else if (!this.token || refresh) {
      const opened = await this.api.openSession(roomMemory.room());
      roomMemory.setRoom(opened.room);
      this.token = opened.token;
      this.developmentNotice.value = opened.notice;
    }
    return this.token;
  }

  private follow(phase: SessionPhase): void {
    this.phase.value = phase;
    if (phase.name === 'ended' || phase.name === 'refused') {
      this.problem.value = { code: phase.code, ...plainError(phase.code, phase.message) };
    } else if (phase.name === 'online') {
      this.problem.value = null;
    }
  }

  private async joined(joined: Answers['join']): Promise<void> {
    const fresh = !joined.resumed || joined.mediaEpoch !== this.mediaEpoch;
    this.mediaEpoch = joined.mediaEpoch;
    this.takeRoom(joined.room);
    this.change({ preview: true, probe: probeWanted() });
    if (!this.avatars.value) void this.readAvatars();
    if (!fresh) {
      this.driver.recover();
      this.watcher.recover();
      return;
    }
    this.links.value = null;
    try {
      if (joined.room.tracking !== this.tracking.value) {
        await this.session.request('setTracking', { mode: this.tracking.value });
      }
      await this.buildMedia(joined.routerRtpCapabilities);
    } catch (error) {
      this.fail(error);
    }
  }

  private async buildMedia(capabilities: Record<string, unknown>): Promise<void> {
    const device = await Device.factory();
    await device.load({ routerRtpCapabilities: capabilities as unknown as RtpCapabilities });
    await Promise.all([this.driver.rebuild(device), this.watcher.rebuild(device)]);
  }

  private notified(notification: Notification): void {
    switch (notification.type) {
      case 'room':
        this.takeRoom(notification.data);
        return;
      case 'stats':
        this.stats.value = notification.data.session as unknown as SessionStats;
        this.viewersMs.value = notification.data.viewers
          ? { p50: notification.data.viewers.p50Ms, p95: notification.data.viewers.p95Ms }
          : null;
        return;
      case 'preview':
        this.mapUrl.value = `data:image/png;base64,${notification.data.png}`;
        return;
      case 'streams':
        void this.watcher.refresh();
        return;
      case 'mediaReset':
        this.mediaEpoch = notification.data.mediaEpoch;
        this.buildMedia(notification.data.routerRtpCapabilities).catch((error) => this.fail(error));
        return;
      case 'warning': {
        const { code, message } = notification.data;
        this.problem.value = { code, ...plainError(code, message) };
        return;
      }
      case 'goodbye':
        return;
    }
  }

  private takeRoom(room: RoomState): void {
    this.room.value = room;
    // While a change of ours is on its way, what the server says is older than what is shown.
    if (!this.patches.pending) this.options.value = patched(START_OPTIONS, room.options as OptionsPatch);
  }

  private async sendSource(): Promise<void> {
    const source = this.source.value;
    const isPrivate = this.tracking.value === 'private';
    await this.driver.send({
      camera: isPrivate ? null : (source?.video ?? null),
      microphone: source?.audio ?? null,
      landmarks: isPrivate && source !== null,
    });
  }

  private async openMarked(choice: SourceChoice): Promise<OpenSource> {
    const source = await openSource(choice);
    if (!probeWanted()) return source;
    return markSource(source, () => this.session.toServerMs(browserNowMs()));
  }

  private async openTracker(): Promise<void> {
    if (this.tracker) return;
    const sender = new LandmarkSender(
      () => this.driver.landmarkChannel,
      (ms) => this.session.toServerMs(ms),
    );
    this.tracker = await LandmarkTracker.open((face) => sender.send(face));
    const source = this.source.value;
    if (source) this.tracker.follow(source.video);
  }

  private closeTracker(): void {
    this.tracker?.close();
    this.tracker = null;
  }

  private sourceEnded(source: OpenSource): void {
    if (this.source.value !== source) return;
    void this.stop();
    this.problem.value = { code: 'OverconstrainedError', ...plainError('OverconstrainedError') };
  }

  private async deliver(patch: OptionsPatch): Promise<void> {
    try {
      await this.session.request('setOptions', { options: patch });
    } catch (error) {
      // What could not be said while away is said again on joining by whoever changes it.
      if (errorCode(error) !== 'CONNECTION_LOST') this.fail(error);
    }
  }

  private async readAvatars(): Promise<void> {
    try {
      this.avatars.value = await this.api.avatars();
    } catch (error) {
      this.fail(error);
    }
  }

  private async stopRecording(): Promise<void> {
    const recording = this.recording.value;
    if (!recording) return;
    this.recording.value = null;
    const name = await recording.stop();
    this.say(`Saved as ${name}.`);
  }

  private fail(error: unknown): void {
    const code = errorCode(error);
    this.problem.value = { code, ...plainError(code, errorText(error)) };
  }
}

import { patchOptions } from '../../contract/live-options.ts';
import type { SessionStats } from '../../contract/live-session.ts';
import type { Answers, Notification, OptionsPatch, RoomState } from '../../sfu/signaling/messages.ts';
import { probeWanted } from '../probe/probe-mode.ts';
import { AvatarMedia } from '../session/avatar-media.ts';
import { DriverMedia } from '../session/driver-media.ts';
import { loadDevice } from '../session/media-device.ts';
import { RoomSession } from '../session/room-session.ts';
import { errorCode } from '../session/server-error.ts';
import type { SessionPhase } from '../session/session-machine.ts';
import { StudioApi } from './api.ts';
import { START_OPTIONS } from './live-options.ts';
import { PatchSender } from './patch-sender.ts';
import { roomMemory } from './room-memory.ts';
import { StudioState } from './studio-state.ts';

/** The studio's place in its room: joins, keeps media and options in step, and comes back as it was. */
export class StudioRoom extends StudioState {
  readonly session: RoomSession;
  protected readonly api = new StudioApi(() => this.token ?? '');
  protected readonly driver: DriverMedia;
  protected readonly watcher: AvatarMedia;
  protected readonly patches: PatchSender;
  private token: string | null = null;
  private mediaEpoch = -1;

  constructor() {
    super();
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

  /** Shown at once; sent at a pace. */
  change(patch: OptionsPatch): void {
    this.options.value = patchOptions(this.options.value, patch);
    this.patches.push(patch);
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

  /** The avatar's picture stood still although it should move. */
  refreshStream(): void {
    void this.watcher.refresh();
  }

  retry(): void {
    this.problem.value = null;
    this.session.retryNow();
  }

  private async findToken(refresh: boolean): Promise<string | null> {
    const fromLink = new URLSearchParams(location.hash.slice(1)).get('token');
    if (fromLink) {
      this.token = fromLink;
      const room = this.room.value?.roomId;
      // A server that was started anew has no rooms. Where this page may open one, the link goes on being good.
      if (refresh && room) await this.api.openSession(room).catch(() => {});
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
      this.report(phase.code, phase.message);
    } else if (phase.name === 'online') {
      this.problem.value = null;
    }
  }

  private async joined(joined: Answers['join']): Promise<void> {
    const fresh = !joined.resumed || joined.mediaEpoch !== this.mediaEpoch;
    this.mediaEpoch = joined.mediaEpoch;
    const { options } = this;
    const chosen = this.room.value?.avatarId;
    const again = chosen !== undefined && !joined.resumed;
    // A server that was started anew knows nothing of what was set here.
    if (again) this.patches.push({ ...options.value, gain: { ...options.value.gain } });
    this.takeRoom(joined.room);
    this.change({ preview: true, probe: probeWanted() });
    if (again) void this.chooseAvatar(chosen);
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
    const device = loadDevice(capabilities);
    await Promise.all([this.driver.rebuild(await device), this.watcher.rebuild(device)]);
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
      case 'warning':
        this.report(notification.data.code, notification.data.message);
        return;
      case 'goodbye':
        return;
    }
  }

  private takeRoom(room: RoomState): void {
    this.room.value = room;
    // While a change of ours is on its way, what the server says is older than what is shown.
    if (!this.patches.pending) this.options.value = patchOptions(START_OPTIONS, room.options as OptionsPatch);
  }

  private async deliver(patch: OptionsPatch): Promise<void> {
    try {
      await this.session.request('setOptions', { options: patch });
    } catch (error) {
      // What could not be said while away is said again on joining by whoever changes it.
      if (errorCode(error) !== 'CONNECTION_LOST') this.fail(error);
    }
  }

  protected async readAvatars(): Promise<void> {
    try {
      this.avatars.value = await this.api.avatars();
    } catch (error) {
      this.fail(error);
    }
  }
}

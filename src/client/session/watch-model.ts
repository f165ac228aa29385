import { computed, signal } from '@preact/signals';
import type { Quantiles } from '../../contract/live-session.ts';
import type { Answers, Notification, RoomState } from '../../sfu/signaling/messages.ts';
import { probeWanted } from '../probe/probe-mode.ts';
import { readMarks } from '../probe/read-marks.ts';
import { AvatarMedia, type AvatarStream } from './avatar-media.ts';
import { LipSync } from './lip-sync.ts';
import { loadDevice, warmWebRtc } from './media-device.ts';
import { RoomSession } from './room-session.ts';
import { sceneOf } from './scene.ts';
import { followScreenLatency } from './screen-latency.ts';
import { FIRST_PHASE, type SessionPhase } from './session-machine.ts';
import { watchStream } from './stream-watchdog.ts';

const REPORT_EVERY = 5;

/** A place in the room from which the avatar is watched: viewer and OBS page alike. */
export class WatchModel {
  readonly phase = signal<SessionPhase>(FIRST_PHASE);
  readonly room = signal<RoomState | null>(null);
  readonly avatar = signal<AvatarStream | null>(null);
  readonly screenMs = signal<Quantiles | null>(null);
  readonly scene = computed(() => sceneOf(this.phase.value, this.room.value));
  readonly session: RoomSession;
  private readonly media: AvatarMedia;
  private readonly lipSync = new LipSync();
  private mediaEpoch = -1;

  constructor(options: { readonly forever: boolean }) {
    const token = new URLSearchParams(location.hash.slice(1)).get('token');
    this.session = new RoomSession({
      token: () => Promise.resolve(token),
      forever: options.forever,
      onPhase: (phase) => {
        this.phase.value = phase;
      },
      onJoined: (joined) => this.joined(joined),
      onNotification: (notification) => this.notified(notification),
    });
    this.media = new AvatarMedia(this.session, (avatar) => {
      this.avatar.value = avatar;
    });
  }

  open(): void {
    this.session.start();
    warmWebRtc();
  }

  /** Measures what this element shows and mends it when it stands still. @returns stops that */
  follow(video: HTMLVideoElement): () => void {
    const stopWatching = watchStream(
      video,
      () => this.phase.value.name === 'online' && this.room.value?.driverPresent === true,
      () => void this.media.refresh(),
    );
    let second = 0;
    const stopMeasuring = followScreenLatency({
      video,
      receiver: () => this.avatar.value?.videoReceiver ?? null,
      toServerMs: (ms) => this.session.toServerMs(ms),
      onQuantiles: (quantiles, frames) => {
        this.screenMs.value = quantiles;
        const avatar = this.avatar.value;
        if (quantiles && avatar)
          this.lipSync.step(avatar, quantiles.p50, (ms) => this.session.toServerMs(ms));
        if (!quantiles || ++second % REPORT_EVERY !== 0) return;
        this.session
          .request('reportLatency', { p50Ms: quantiles.p50, p95Ms: quantiles.p95, frames })
          .catch(() => {
            // The next report will do.
          });
      },
    });
    const stopReading = probeWanted() ? readMarks(video, (ms) => this.session.toServerMs(ms)) : null;
    return () => {
      stopReading?.();
      stopWatching();
      stopMeasuring();
    };
  }

  /** Once the page may play sound. */
  wantSound(): void {
    this.media.wantSound();
  }

  retry(): void {
    this.session.retryNow();
  }

  private joined(joined: Answers['join']): void {
    this.room.value = joined.room;
    const fresh = !joined.resumed || joined.mediaEpoch !== this.mediaEpoch;
    this.mediaEpoch = joined.mediaEpoch;
    if (fresh) void this.media.rebuild(loadDevice(joined.routerRtpCapabilities));
    else this.media.recover();
  }

  private notified(notification: Notification): void {
    if (notification.type === 'room') this.room.value = notification.data;
    else if (notification.type === 'streams') void this.media.refresh();
    else if (notification.type === 'mediaReset') {
      this.mediaEpoch = notification.data.mediaEpoch;
      void this.media.rebuild(loadDevice(notification.data.routerRtpCapabilities));
    }
  }
}

import { computed, signal } from '@preact/signals';
import type { LiveOptions, Quantiles, SessionStats, TrackingMode } from '../../contract/live-session.ts';
import type { RoomState } from '../../sfu/signaling/messages.ts';
import type { OpenSource } from '../capture/source.ts';
import type { AvatarStream } from '../session/avatar-media.ts';
import { errorCode, errorText } from '../session/server-error.ts';
import { FIRST_PHASE, type SessionPhase } from '../session/session-machine.ts';
import { type PlainError, plainError } from '../ui/plain-words.ts';
import type { Avatar, AvatarList, Links } from './api.ts';
import { START_OPTIONS } from './live-options.ts';
import type { Recording } from './recorder.ts';

/** `choose` a source, `starting` it, `driving`. */
export type Stage = 'choose' | 'starting' | 'driving';

export interface Problem extends PlainError {
  readonly code: string;
}

const NOTICE_MS = 5_000;

/** What the studio page shows, as signals. */
export class StudioState {
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
  /** Being changed to; null otherwise. */
  readonly pendingTracking = signal<TrackingMode | null>(null);
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

  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

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

  protected fail(error: unknown): void {
    this.report(errorCode(error), errorText(error));
  }

  protected report(code: string, message = ''): void {
    this.problem.value = { code, ...plainError(code, message) };
  }
}

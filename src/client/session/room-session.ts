import { SignalingClient, SignalingError } from '../../sfu/signaling/client.ts';
import type { Answers, Notification, RequestData, RequestType } from '../../sfu/signaling/messages.ts';
import { errorCode, errorText, ServerError } from './server-error.ts';
import { FIRST_PHASE, isStale, nextPhase, type SessionEvent, type SessionPhase } from './session-machine.ts';

const NOTIFICATIONS = ['room', 'stats', 'preview', 'mediaReset', 'streams', 'goodbye', 'warning'] as const;

export interface RoomSessionOptions {
  /** @param refresh the last one was refused: mint another @returns a join token, or null where there is none to be had */
  readonly token: (refresh: boolean) => Promise<string | null>;
  /** Never give up, whatever the server says. */
  readonly forever?: boolean;
  /** Keeps the secret that takes a session up again over a reload of the page. */
  readonly resumeStore?: { get(): string | null; set(secret: string | null): void };
  readonly onPhase: (phase: SessionPhase) => void;
  /** After each join. */
  readonly onJoined: (joined: Answers['join']) => void;
  readonly onNotification: (notification: Notification) => void;
}

/**
 * Keeps a place in a room. The signalling client mends lost connections; this asks again where the server refused for
 * now, and with a new token where it was started anew. Idempotent `close()`.
 */
export class RoomSession {
  private readonly options: RoomSessionOptions;
  private phase: SessionPhase = FIRST_PHASE;
  private client: SignalingClient | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** A refused token is replaced once before it counts as refused. */
  private refreshed = false;
  private joinedBefore = false;
  private stopped = false;

  constructor(options: RoomSessionOptions) {
    this.options = options;
  }

  start(): void {
    void this.open(false);
  }

  /** @throws SignalingError */
  request<T extends RequestType>(type: T, data: RequestData<T>): Promise<Answers[T]> {
    if (!this.client) {
      return Promise.reject(new SignalingError('CONNECTION_LOST', 'There is no connection to the server.'));
    }
    return this.client.request(type, data);
  }

  /** Server's clock minus this browser's, ms; null while unknown. */
  get clockOffsetMs(): number | null {
    return this.client?.clockOffsetMs ?? null;
  }

  /** @param browserMs ms since the Unix epoch on this browser's clock */
  toServerMs(browserMs: number): number {
    return browserMs + (this.clockOffsetMs ?? 0);
  }

  /** Asks again at once, also after the end. */
  retryNow(): void {
    if (this.phase.name !== 'refused' && this.phase.name !== 'ended') return;
    const stale = isStale(this.phase.code);
    clearTimeout(this.timer);
    this.move({ type: 'retry' });
    void this.open(stale);
  }

  close(): void {
    if (this.stopped) return;
    this.stopped = true;
    clearTimeout(this.timer);
    this.client?.close();
    this.client = null;
  }

  private async open(refresh: boolean): Promise<void> {
    let token: string | null;
    try {
      token = await this.options.token(refresh);
      if (token === null) throw new ServerError('NO_TOKEN', 'The link has no token.');
    } catch (error) {
      if (!this.stopped) this.finish(errorCode(error), errorText(error));
      return;
    }
    if (this.stopped) return;
    const resume = this.options.resumeStore?.get() ?? null;
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const client = new SignalingClient({
      connect: () => new WebSocket(`${scheme}//${location.host}/signal`),
      token,
      ...(resume !== null && { resume }),
    });
    this.client = client;
    for (const type of NOTIFICATIONS) {
      client.on(type, (data) => this.options.onNotification({ type, data } as Notification));
    }
    client.on('state', (state) => {
      if (state === 'lost') this.move({ type: 'lost' });
    });
    client.on('joined', (joined) => {
      this.refreshed = false;
      this.joinedBefore = true;
      this.options.resumeStore?.set(joined.resume);
      this.move({ type: 'joined' });
      this.options.onJoined(joined);
    });
    client.on('ended', (error) => {
      if (this.stopped || this.client !== client) return;
      this.client = null;
      this.finish(error.code, error.message);
    });
    client.start().catch(() => {
      // `ended` said so.
    });
  }

  private finish(code: string, message: string): void {
    if (isStale(code)) {
      this.options.resumeStore?.set(null);
      if (!this.refreshed) {
        this.refreshed = true;
        this.move({ type: 'lost' });
        void this.open(true);
        return;
      }
    }
    // Nobody to mint a token from is no different from a server that can't be reached.
    if (code === 'CONNECTION_LOST') code = 'SHUTTING_DOWN';
    this.move({ type: 'ended', code, message });
    if (this.phase.name !== 'refused') return;
    this.timer = setTimeout(() => {
      this.move({ type: 'retry' });
      void this.open(isStale(code));
    }, this.phase.delayMs);
  }

  private move(event: SessionEvent): void {
    this.phase = nextPhase(this.phase, event, {
      forever: this.options.forever ?? false,
      joinedBefore: this.joinedBefore,
    });
    this.options.onPhase(this.phase);
  }
}

/** This browser's clock, ms since the Unix epoch: the monotonic one, as the signalling client takes it. */
export function browserNowMs(): number {
  return performance.timeOrigin + performance.now();
}

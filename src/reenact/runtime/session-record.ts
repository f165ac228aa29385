import type { DriverStreams, RtpAddress, SessionState, SessionStats } from '../../contract/live-session.ts';
import type { LokiError } from '../../errors.ts';
import type { LiveSessionSpec } from '../live/types.ts';
import type { DeathRecord } from './blame.ts';
import type { WorkerSlot } from './worker-slot.ts';

/**
 * What the supervisor keeps of a session, outside the process that runs it: enough to begin it again elsewhere as if
 * nothing had happened.
 */
export class SessionRecord implements DeathRecord {
  readonly deathsMs: number[] = [];
  /** With the latest options, tracking, avatar, calibration and reserved numbers; with the port once it is known. */
  spec: LiveSessionSpec;
  attachment: { readonly sfu: RtpAddress; readonly streams: DriverStreams } | null = null;
  slot: SessionSlot | null = null;
  /** True between `opened` and the death of the process. */
  running = false;
  state: SessionState = 'waiting';
  stats: SessionStats | null = null;
  /** Stats in a row in which it fell behind its driver. */
  behind = 0;
  ended = false;
  /** Settles once: with the address, or with why there will be none. */
  readonly opened: Promise<RtpAddress>;
  #resolve!: (address: RtpAddress) => void;
  #reject!: (error: LokiError) => void;

  constructor(spec: LiveSessionSpec) {
    this.spec = spec;
    this.opened = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.opened.catch(() => undefined);
  }

  get sessionId(): string {
    return this.spec.sessionId;
  }

  /** Part of its first opening: it has no address yet. */
  get opening(): boolean {
    return this.spec.localPort === undefined;
  }

  began(address: RtpAddress): void {
    this.running = true;
    this.spec = { ...this.spec, localPort: address.port };
    this.#resolve(address);
  }

  interrupted(): void {
    this.running = false;
    this.stats = null;
    this.behind = 0;
  }

  /** Idempotent; what still waits for the session is rejected with `reason`. */
  end(reason: LokiError): void {
    this.ended = true;
    this.running = false;
    this.slot?.sessions.delete(this);
    this.#reject(reason);
  }
}

export type SessionSlot = WorkerSlot<SessionRecord>;

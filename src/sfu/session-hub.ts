import type { Reenactment, SessionState, SessionStats } from '../contract/live-session.ts';

/** What one room hears of its session. */
export interface SessionListener {
  stats(stats: SessionStats): void;
  state(state: SessionState): void;
  preview(png: Uint8Array): void;
  failed(code: string, message: string): void;
}

/** Hands the reenactment's events to the room whose session they are of. */
export class SessionHub {
  readonly reenactment: Reenactment;
  #listeners = new Map<string, SessionListener>();

  constructor(reenactment: Reenactment) {
    this.reenactment = reenactment;
    reenactment.on('stats', (stats) => this.#listeners.get(stats.sessionId)?.stats(stats));
    reenactment.on('state', (sessionId, state) => this.#listeners.get(sessionId)?.state(state));
    reenactment.on('preview', (sessionId, png) => this.#listeners.get(sessionId)?.preview(png));
    reenactment.on('failed', (sessionId, code, message) =>
      this.#listeners.get(sessionId)?.failed(code, message),
    );
  }

  add(sessionId: string, listener: SessionListener): void {
    this.#listeners.set(sessionId, listener);
  }

  remove(sessionId: string): void {
    this.#listeners.delete(sessionId);
  }
}

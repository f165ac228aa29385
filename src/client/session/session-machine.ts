/** What a page says of its connection. */
export type SessionPhase =
  | { readonly name: 'connecting' }
  | { readonly name: 'online' }
  /** Lost, and tried again by itself all the time. */
  | { readonly name: 'lost' }
  /** Refused for now, and tried again after `delayMs`. */
  | { readonly name: 'refused'; readonly delayMs: number; readonly code: string; readonly message: string }
  | { readonly name: 'ended'; readonly code: string; readonly message: string };

export type SessionEvent =
  | { readonly type: 'joined' }
  | { readonly type: 'lost' }
  | { readonly type: 'ended'; readonly code: string; readonly message: string }
  | { readonly type: 'retry' };

const REFUSED_DELAY_MS = 5_000;

/** These pass by themselves, though not at once: asking every moment would only add to them. */
const PASSING = new Set([
  'ROOM_FULL',
  'SERVER_BUSY',
  'TOO_MANY_REQUESTS',
  'SHUTTING_DOWN',
  'INTERNAL',
  'CLOSED',
]);
/** A server that was started anew knows neither the session nor, perhaps, the token. */
const STALE = new Set(['TOKEN_INVALID', 'TOKEN_EXPIRED', 'ROOM_NOT_FOUND', 'ROOM_CLOSED']);

export const FIRST_PHASE: SessionPhase = { name: 'connecting' };

export function isStale(code: string): boolean {
  return STALE.has(code);
}

export interface Patience {
  /** Whatever happens, it is tried again: the OBS page, which nobody looks at. */
  readonly forever: boolean;
  /** There was such a room: a server that was started anew may get it back when its driver returns. */
  readonly joinedBefore: boolean;
}

/**
 * Pure. A lost connection comes back by itself, a full room is asked again at a slow pace, and what only a person can
 * mend ends the session.
 */
export function nextPhase(phase: SessionPhase, event: SessionEvent, patience: Patience): SessionPhase {
  switch (event.type) {
    case 'joined':
      return { name: 'online' };
    case 'lost':
      return phase.name === 'ended' ? phase : { name: 'lost' };
    case 'retry':
      return phase.name === 'refused' || phase.name === 'ended' ? { name: 'connecting' } : phase;
    case 'ended': {
      const { code, message } = event;
      const passing =
        patience.forever || PASSING.has(code) || (patience.joinedBefore && code === 'ROOM_NOT_FOUND');
      if (passing) return { name: 'refused', delayMs: REFUSED_DELAY_MS, code, message };
      return { name: 'ended', code, message };
    }
  }
}

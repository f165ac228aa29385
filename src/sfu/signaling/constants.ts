/** Numbers of the signalling protocol; apart from the schemas, so that the browser's bundle needs no validator. */

export const PROTOCOL_VERSION = 1;

/** Larger messages end the connection (close code 1009). */
export const MAX_MESSAGE_BYTES = 64 * 1024;

/**
 * WebSocket close codes, besides 1009 (message too large) and 1007 (no UTF-8) of the WebSocket itself. `retry` says whether a client
 * should come back by itself.
 */
export const CLOSE_CODES = {
  LEFT: { code: 1000, retry: false },
  BAD_MESSAGE: { code: 4400, retry: false },
  TOKEN_INVALID: { code: 4401, retry: false },
  NOT_ALLOWED: { code: 4403, retry: false },
  ROOM_NOT_FOUND: { code: 4404, retry: false },
  JOIN_TIMEOUT: { code: 4408, retry: true },
  SESSION_TAKEN: { code: 4409, retry: false },
  ROOM_CLOSED: { code: 4410, retry: false },
  TOKEN_EXPIRED: { code: 4411, retry: false },
  TOO_MANY_REQUESTS: { code: 4429, retry: true },
  READER_STOPPED: { code: 4430, retry: true },
  HEARTBEAT_LOST: { code: 4431, retry: true },
  INTERNAL: { code: 4500, retry: true },
  REFUSED: { code: 4503, retry: false },
  SHUTTING_DOWN: { code: 1001, retry: true },
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;

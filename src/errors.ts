/** Every error code a user can meet, with the exit status of the command line. Documented in docs/errors.md. */
export const ERROR_CODES = {
  INVALID_OPTION: 2,
  INPUT_NOT_FOUND: 3,
  INPUT_UNREADABLE: 3,
  INPUT_TOO_LARGE: 3,
  NO_VIDEO_STREAM: 3,
  NO_FACE: 4,
  SEVERAL_FACES: 4,
  FACE_TOO_SMALL: 4,
  OUTPUT_NOT_WRITABLE: 5,
  DISK_FULL: 5,
  MODEL_MISSING: 6,
  MODEL_INVALID: 6,
  PACK_MISSING: 6,
  PACK_INVALID: 6,
  PACK_WRONG_HEAD: 6,
  PROVIDER_FAILED: 7,
  INFERENCE_FAILED: 7,
  WORKER_DIED: 7,
  CONFIG_INVALID: 2,
  BAD_MESSAGE: 8,
  NOT_JOINED: 8,
  TOKEN_INVALID: 8,
  TOKEN_EXPIRED: 8,
  NOT_ALLOWED: 8,
  ROOM_NOT_FOUND: 8,
  ROOM_FULL: 8,
  ROOM_CLOSED: 8,
  DRIVER_PRESENT: 8,
  AVATAR_NOT_FOUND: 8,
  CONSENT_MISSING: 8,
  NOT_FOUND: 8,
  TOO_MANY_REQUESTS: 8,
  SERVER_BUSY: 8,
  SESSION_FAILED: 8,
  SESSION_TAKEN: 8,
  MEDIA_REFUSED: 8,
  SHUTTING_DOWN: 8,
  CANCELLED: 130,
  INTERNAL: 1,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The one base error: a stable `code`, and a message that is one sentence saying what is wrong and what to do. */
export class LokiError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LokiError';
    this.code = code;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code];
  }
}

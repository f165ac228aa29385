import type { ErrorCode } from '../errors.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  INVALID_OPTION: 400,
  BAD_MESSAGE: 400,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  NOT_ALLOWED: 403,
  NOT_JOINED: 403,
  NOT_FOUND: 404,
  ROOM_NOT_FOUND: 404,
  AVATAR_NOT_FOUND: 404,
  DRIVER_PRESENT: 409,
  SESSION_TAKEN: 409,
  ROOM_CLOSED: 410,
  INPUT_TOO_LARGE: 413,
  INPUT_UNREADABLE: 415,
  NO_FACE: 422,
  SEVERAL_FACES: 422,
  FACE_TOO_SMALL: 422,
  CONSENT_MISSING: 422,
  MEDIA_REFUSED: 422,
  TOO_MANY_REQUESTS: 429,
  ROOM_FULL: 503,
  SERVER_BUSY: 503,
  SHUTTING_DOWN: 503,
  WORKER_DIED: 503,
  DISK_FULL: 507,
};

/** HTTP status of an error (RFC 9110); 500 where it is no fault of the request. */
export function httpStatus(code: ErrorCode): number {
  return STATUS[code] ?? 500;
}

import type { ErrorCode, LokiError } from '../../errors.ts';
import type { HttpAnswer, HttpRequest } from '../sfu-types.ts';

export const SDP = 'application/sdp';
export const SDP_FRAGMENT = 'application/trickle-ice-sdpfrag';
/** As large as a signalling message; offers of browsers have 5 to 10 KiB. */
export const MAX_BODY_BYTES = 64 * 1024;

const RETRY_AFTER_S = '5';

/** Pages of other origins may publish and play: what protects a room is the token. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'Location, ETag, Link, Accept-Patch, Accept-Post, WWW-Authenticate, Retry-After',
};

const STATUS: Partial<Record<ErrorCode, number>> = {
  BAD_MESSAGE: 400,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  NOT_ALLOWED: 403,
  ROOM_NOT_FOUND: 404,
  NOT_FOUND: 404,
  ROOM_CLOSED: 410,
  DRIVER_PRESENT: 409,
  MEDIA_REFUSED: 422,
  TOO_MANY_REQUESTS: 429,
  ROOM_FULL: 503,
  SERVER_BUSY: 503,
  SHUTTING_DOWN: 503,
};

export function answer(status: number, headers: HttpAnswer['headers'] = {}, body = ''): HttpAnswer {
  return { status, headers: { ...CORS, 'cache-control': 'no-store', ...headers }, body };
}

/** `{ code, message }` as a problem (RFC 9457), with the status that belongs to the code. */
export function problem(error: LokiError, headers: HttpAnswer['headers'] = {}, status?: number): HttpAnswer {
  const { code, message } = error;
  const theStatus = status ?? STATUS[code] ?? 500;
  return answer(
    theStatus,
    {
      'content-type': 'application/problem+json',
      ...(theStatus === 401 && { 'www-authenticate': 'Bearer error="invalid_token"' }),
      ...(theStatus === 403 && { 'www-authenticate': 'Bearer error="insufficient_scope"' }),
      ...((theStatus === 503 || theStatus === 409 || theStatus === 429) && { 'retry-after': RETRY_AFTER_S }),
      ...headers,
    },
    JSON.stringify({ title: message, status: theStatus, code }),
  );
}

/**
 * Answer to `OPTIONS`, of a browser's preflight as well. Clients were met that ask the endpoint, and conclude from
 * `PATCH` in the preflight's list that candidates may trickle: it is the same list everywhere.
 */
export function options(methods: string, headers: HttpAnswer['headers']): HttpAnswer {
  return answer(204, {
    allow: methods,
    'access-control-allow-methods': 'POST, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers': 'Authorization, Content-Type, If-Match',
    'access-control-max-age': '600',
    ...headers,
  });
}

/** The first value of a header, or undefined. */
export function header(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Media type without its parameters. */
export function contentType(request: HttpRequest): string {
  return (header(request, 'content-type') ?? '').split(';')[0].trim().toLowerCase();
}

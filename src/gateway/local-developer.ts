import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Names by which a browser reaches its own machine. Anything else may be another site's name for 127.0.0.1. */
const OWN_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a request was made on this very machine, by its user and not by a site that they look at: the connection
 * comes from loopback, through no proxy, under the machine's own name (so no DNS rebinding), and from no other site.
 */
export function isLocalDeveloper(request: FastifyRequest): boolean {
  const { headers } = request;
  if (!isLoopback(request.raw.socket.remoteAddress)) return false;
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  const { host = '', origin } = headers;
  if (!OWN_NAMES.has(host.replace(/:\d+$/, ''))) return false;
  if (origin !== undefined && origin !== `${request.protocol}://${host}`) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** 127.0.0.0/8 and ::1, also as IPv4-mapped IPv6. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** Whether a request came through a reverse proxy, as far as that can be told. */
export function isProxied(request: FastifyRequest): boolean {
  return PROXY_HEADERS.some((name) => request.headers[name] !== undefined);
}

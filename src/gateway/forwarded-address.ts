import type { IncomingMessage } from 'node:http';

/**
 * Whom a request behind one reverse proxy comes from: the last of `X-Forwarded-For`, which the proxy wrote; what
 * stands before it came with the request and may be made up. The proxy's own address where there is none.
 */
export function forwardedAddress({ headers, socket }: IncomingMessage): string {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  const last = forwarded.split(',').at(-1)?.trim();
  return last || (socket.remoteAddress ?? '');
}

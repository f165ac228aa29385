import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** What players elsewhere must be able to read of a WHIP or WHEP answer. */
const EXPOSED = 'Location, Link, ETag, Accept-Patch, Retry-After, Digital-Source-Type';
const ALLOWED_HEADERS = 'Authorization, Content-Type, If-Match';
const METHODS = 'GET, POST, PATCH, DELETE';
const PREFLIGHT_AGE_S = 600;

export type OriginRule = (origin: string | undefined, host: string | undefined) => boolean;

/**
 * Which sites' pages may talk to this server: its own, and those of the configuration. What sends no Origin is no
 * page of another site.
 */
export function originRule(allowed: readonly string[], publicUrl: string | null): OriginRule {
  const known = new Set(allowed);
  if (publicUrl !== null) known.add(new URL(publicUrl).origin);
  return (origin, host) => {
    if (origin === undefined || known.has('*') || known.has(origin)) return true;
    return host !== undefined && origin.replace(/^https?:\/\//, '') === host;
  };
}

/** For the SFU's signalling connections. */
export function allowUpgrade(rule: OriginRule) {
  return (origin: string | undefined, request: IncomingMessage): boolean =>
    rule(origin, request.headers.host);
}

/** Cross-origin resource sharing for `/whip`, `/whep` and `/api`; answers preflights. Tokens travel in headers. */
export function shareAcrossOrigins(app: FastifyInstance, rule: OriginRule): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin, host } = request.headers;
    if (origin === undefined || !/^\/(whip|whep|api)\//.test(request.url)) return;
    reply.header('vary', 'Origin');
    if (!rule(origin, host)) return;
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
      return;
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': ALLOWED_HEADERS,
        'access-control-max-age': PREFLIGHT_AGE_S,
      })
      .send();
  });
  // So that preflights have a route; OPTIONS of another kind goes on to whoever serves the path.
  app.options('/*', { schema: { hide: true } }, (_request, reply) => reply.code(204).send());
}

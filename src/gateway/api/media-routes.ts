import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpAnswer, HttpRequest } from '../../sfu/sfu.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { AVATAR_STREAM, markSynthetic } from '../provenance.ts';

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE', 'PUT'] as const;
/** Far above any browser's offer. */
const MAX_BODY_BYTES = 256 * 1024;

/** Mounts WHIP (RFC 9725) and WHEP as the SFU serves them. */
export function mediaRoutes(app: FastifyInstance, { sfu }: GatewayContext): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => done(null, body),
    );
    mount(scope, '/whip', (request) => sfu.whip(request));
    mount(scope, '/whep', (request) => sfu.whep(request), AVATAR_STREAM);
  });
}

function mount(
  scope: FastifyInstance,
  path: '/whip' | '/whep',
  serve: (request: HttpRequest) => Promise<HttpAnswer>,
  digitalSourceType?: string,
): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { method, headers } = request;
    const params = request.params as HttpRequest['params'];
    const body = typeof request.body === 'string' ? request.body : '';
    const answer = await serve({ method, headers, body, params });
    reply.code(answer.status);
    for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
    if (digitalSourceType !== undefined) markSynthetic(reply, digitalSourceType);
    return reply.send(answer.body);
  };
  const options = { schema: { hide: true }, bodyLimit: MAX_BODY_BYTES };
  for (const url of [`${path}/:roomId`, `${path}/:roomId/:resourceId`]) {
    scope.route({ method: [...METHODS], url, ...options, handler });
  }
}

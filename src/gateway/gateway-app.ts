import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { LokiError } from '../errors.ts';
import { avatarRoutes } from './api/avatar-routes.ts';
import { mediaRoutes } from './api/media-routes.ts';
import { roomRoutes } from './api/room-routes.ts';
import { sessionRoutes } from './api/session-routes.ts';
import { originRule, shareAcrossOrigins } from './cross-origin.ts';
import { answerErrors } from './error-answers.ts';
import type { GatewayContext } from './gateway-context.ts';
import { healthRoutes } from './health-routes.ts';
import { openApi } from './open-api.ts';
import { pageRoutes } from './pages.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { shortLinkRoutes } from './short-links.ts';

/** What the libraries log at `trace` of their own accord, tokens included. */
const REDACTED = ['busboyOptions.headers', 'headers', 'req.headers'];
const MAX_JSON_BYTES = 64 * 1024;

export interface GatewayApp {
  readonly app: FastifyInstance;
  /** Serves one request, of whichever listener. */
  readonly handler: RequestListener;
}

/**
 * Everything that is served over HTTP: pages, REST, WHIP and WHEP, health and metrics. Opens no port.
 * @throws LokiError MODEL_MISSING where the pages are not built
 */
export async function createGatewayApp(context: GatewayContext, pagesFolder?: string): Promise<GatewayApp> {
  const { config, log } = context;
  let handler: RequestListener = () => {};
  const app: FastifyInstance = Fastify({
    loggerInstance: log.child({ stage: 'http' }, { redact: REDACTED }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // One proxy, whose word is the last in the list; what clients wrote before it is not believed.
    trustProxy: config.http.trustProxy ? (_address, hop) => hop === 0 : false,
    bodyLimit: MAX_JSON_BYTES,
    routerOptions: { maxParamLength: 128 },
    serverFactory: (serve) => {
      handler = serve as RequestListener;
      return createServer(serve);
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerErrors(app);
  addSecurityHeaders(app);
  shareAcrossOrigins(app, originRule(config.http.allowedOrigins, config.http.publicUrl));
  // Routes, not addresses: those name rooms.
  app.addHook('onResponse', async (request, reply) => {
    const { url: route } = request.routeOptions;
    const { statusCode: status, elapsedTime: durationMs } = reply;
    request.log.debug({ method: request.method, route, status, durationMs }, 'request');
  });
  await app.register(rateLimit, {
    max: config.http.requestsPerMinute,
    timeWindow: '1 minute',
    errorResponseBuilder: () =>
      new LokiError('TOO_MANY_REQUESTS', 'Too many requests from this address: wait a minute and try again.'),
  });
  await openApi(app);
  await app.register(async (scope) => {
    await avatarRoutes(scope, context);
    roomRoutes(scope, context);
    sessionRoutes(scope, context);
    mediaRoutes(scope, context);
    healthRoutes(scope, context);
    shortLinkRoutes(scope, context.shortLinks, async ({ room, role }) => {
      await context.ephemeralRooms.ensure(room, 'Studio');
      return (await context.tokens.mint({ room, role, ttlS: config.tokens.ttlS })).token;
    });
    await pageRoutes(scope, pagesFolder);
  });
  await app.ready();
  return { app, handler };
}

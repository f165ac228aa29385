import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { LokiError } from '../../errors.ts';
import { linksFor } from '../addresses.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { isLocalDeveloper } from '../local-developer.ts';
import { errorBody, newSession, session } from './schemas.ts';

const NOTICE =
  'Development mode: this server has no token secret configured, so whoever sits at this machine may drive.';

/** `/api/session`: development mode's way in without a link. */
export function sessionRoutes(app: FastifyInstance, context: GatewayContext): void {
  const { ephemeralRooms, tokens, config, addresses, development, log } = context;
  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/session',
    {
      schema: {
        summary: "A room and a driver's token, on this very machine and in development mode alone",
        tags: ['rooms'],
        body: newSession.nullish(),
        response: { 201: session, '4xx': errorBody, '5xx': errorBody },
      },
    },
    async (request, reply) => {
      if (!development) {
        throw new LokiError(
          'NOT_ALLOWED',
          'Open the link that you were given: this server asks for a token.',
        );
      }
      if (!isLocalDeveloper(request)) {
        throw new LokiError(
          'NOT_ALLOWED',
          'Open the link with a token that the server printed when it was started: without one, only its own machine may drive.',
        );
      }
      const room = request.body?.room ?? `studio-${randomBytes(4).toString('hex')}`;
      await ephemeralRooms.ensure(room, 'Studio');
      const minted = await tokens.mint({ room, role: 'driver', ttlS: config.tokens.ttlS });
      log.warn(
        { roomId: room, tokenId: minted.grant.tokenId },
        'development mode: token minted without a link',
      );
      return reply.code(201).send({
        room,
        token: minted.token,
        expiresAt: new Date(minted.grant.expiresAtMs).toISOString(),
        development: true,
        notice: NOTICE,
        links: linksFor({ base: addresses.local, room, role: 'driver', token: minted.token }),
      });
    },
  );
}

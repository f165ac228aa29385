import type { FastifyInstance } from 'fastify';
import { demand } from './authorise.ts';
import type { GatewayContext } from './gateway-context.ts';
import { isProxied } from './local-developer.ts';
import { ANY_ROOM } from './tokens.ts';

/** `/healthz`, `/readyz` and `/metrics`. None counts against the rate limit: probes come often. */
export function healthRoutes(app: FastifyInstance, context: GatewayContext): void {
  const { sfu, reenactment, metrics, draining, authorise } = context;
  const options = { config: { rateLimit: false as const }, logLevel: 'warn' as const };

  app.get(
    '/healthz',
    { ...options, schema: { summary: 'Is the process alive', tags: ['operation'] } },
    () => ({
      status: 'ok',
    }),
  );

  app.get(
    '/readyz',
    { ...options, schema: { summary: 'Can it take a session: 200 or 503', tags: ['operation'] } },
    async (_request, reply) => {
      const { workers } = await sfu.snapshot();
      const checks = {
        accepting: !draining(),
        reenactment: reenactment.ready,
        sfu: workers.length > 0,
      };
      const ready = Object.values(checks).every(Boolean);
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks });
    },
  );

  app.get(
    '/metrics',
    { ...options, schema: { summary: 'Prometheus metrics', tags: ['operation'] } },
    async (request, reply) => {
      // Free for who scrapes the plain listener directly; whoever comes from outside shows an admin's token.
      const direct = request.protocol === 'http' && !isProxied(request);
      if (!direct) demand(await authorise(request), ANY_ROOM, 'admin');
      return reply.type(metrics.contentType).send(await metrics.render());
    },
  );
}

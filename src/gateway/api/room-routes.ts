import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { LokiError } from '../../errors.ts';
import type { RoomHandle, RoomSnapshot } from '../../sfu/sfu.ts';
import { linksFor } from '../addresses.ts';
import { demand } from '../authorise.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { isLocalDeveloper } from '../local-developer.ts';
import { STREAM_PROVENANCE } from '../provenance.ts';
import { ANY_ROOM } from '../tokens.ts';
import { errorBody, newRoom, newToken, type RoomBody, room, roomId, token } from './schemas.ts';

const params = z.object({ id: roomId });
const security = [{ bearer: [] }];
const tags = ['rooms'];

/** `/api/rooms`: make, list, read and close rooms, and mint join tokens for them. */
export function roomRoutes(app: FastifyInstance, context: GatewayContext): void {
  const { sfu, avatars, authorise, tokens, config, addresses, draining } = context;
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(
    '/api/rooms',
    { schema: { summary: 'All rooms', tags, security, response: { 200: z.array(room), '4xx': errorBody } } },
    async (request) => {
      demand(await authorise(request), ANY_ROOM, 'admin');
      return sfu.rooms.list().map((handle) => roomBody(handle.snapshot()));
    },
  );

  api.post(
    '/api/rooms',
    {
      schema: {
        summary: 'Make a room',
        tags,
        security,
        body: newRoom,
        response: { 201: room, '4xx': errorBody, '5xx': errorBody },
      },
    },
    async (request, reply) => {
      const { id, name, avatarId = avatars.list(null)[0]?.id } = request.body;
      demand(await authorise(request), id ?? ANY_ROOM, 'admin');
      if (draining())
        throw new LokiError('SHUTTING_DOWN', 'The server is being stopped: try again in a minute.');
      const handle = await sfu.rooms.create({
        avatarId,
        ...(id !== undefined && { roomId: id }),
        ...(name !== undefined && { name }),
      });
      return reply
        .code(201)
        .header('location', `/api/rooms/${handle.roomId}`)
        .send(roomBody(handle.snapshot()));
    },
  );

  api.get(
    '/api/rooms/:id',
    { schema: { summary: 'One room', tags, security, params, response: { 200: room, '4xx': errorBody } } },
    async (request) => {
      demand(await authorise(request), request.params.id, 'driver', 'viewer', 'admin');
      return roomBody(existing(request.params.id).snapshot());
    },
  );

  api.delete(
    '/api/rooms/:id',
    {
      schema: {
        summary: 'Close a room; everybody in it is told',
        tags,
        security,
        params,
        response: { 204: z.null(), '4xx': errorBody },
      },
    },
    async (request, reply) => {
      demand(await authorise(request), request.params.id, 'admin');
      await existing(request.params.id).close();
      return reply.code(204).send(null);
    },
  );

  api.post(
    '/api/rooms/:id/tokens',
    {
      schema: {
        summary: "Mint a join token; a room's driver may mint viewers' only",
        tags,
        security,
        params,
        body: newToken,
        response: { 201: token, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { role, ttlS = config.tokens.ttlS } = request.body;
      const bearer = await authorise(request);
      demand(bearer, id, ...(role === 'viewer' ? (['driver', 'admin'] as const) : (['admin'] as const)));
      existing(id);
      const minted = await tokens.mint({ room: id, role, ttlS });
      return reply.code(201).send({
        token: minted.token,
        room: id,
        role,
        expiresAt: new Date(minted.grant.expiresAtMs).toISOString(),
        links: linksFor({
          base: addresses.public,
          programBase: isLocalDeveloper(request) ? addresses.local : addresses.public,
          room: id,
          role,
          token: minted.token,
        }),
      });
    },
  );

  function existing(id: string): RoomHandle {
    const handle = sfu.rooms.get(id);
    if (handle === null) throw new LokiError('ROOM_NOT_FOUND', 'There is no room of that name.');
    return handle;
  }
}

function roomBody({
  roomId: id,
  name,
  avatarId,
  driver,
  viewers,
  tracking,
  session,
}: RoomSnapshot): RoomBody {
  return {
    id,
    name,
    avatarId,
    driverPresent: driver !== null,
    viewers,
    tracking,
    session,
    provenance: STREAM_PROVENANCE,
  };
}

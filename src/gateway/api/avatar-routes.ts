import { createReadStream } from 'node:fs';
import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { LokiError } from '../../errors.ts';
import { type Bearer, demand } from '../authorise.ts';
import type { StoredAvatar } from '../avatars/avatar-store.ts';
import { CONSENT_STATEMENT, receiveAvatar } from '../avatars/upload.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { markSynthetic, RENDERED_PICTURE } from '../provenance.ts';
import { ANY_ROOM } from '../tokens.ts';
import { type AvatarBody, avatar, avatarId, avatarList, errorBody } from './schemas.ts';

const MEDIA_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/tiff', 'image/gif'];
/** Requests of one address that weigh as much as an upload. */
const UPLOAD_WEIGHT = 30;
const params = z.object({ id: avatarId });

/** `/api/avatars`: the gallery, uploads with consent, pictures. */
export async function avatarRoutes(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { avatars: store, preparer, reenactment, sfu, authorise, config } = context;
  const limits = config.avatars;
  const maxBytes = Math.round(limits.maxUploadMb * 1024 * 1024);
  await app.register(multipart, {
    limits: { fileSize: maxBytes, files: 1, fields: 8, fieldSize: 1024, parts: 10, headerPairs: 100 },
  });
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(
    '/api/avatars',
    {
      schema: {
        summary: 'The gallery',
        tags: ['avatars'],
        security: [{ bearer: [] }],
        response: { 200: avatarList, '4xx': errorBody },
      },
    },
    async (request) => {
      const bearer = await authorise(request, { asOwner: true });
      return {
        avatars: store
          .list(bearer.room === ANY_ROOM ? null : bearer.room)
          .map((stored) => avatarBody(stored, bearer)),
        upload: { maxBytes, formats: MEDIA_TYPES, consentStatement: CONSENT_STATEMENT },
      };
    },
  );

  api.post(
    '/api/avatars',
    {
      config: { rateLimit: { max: Math.max(1, Math.floor(config.http.requestsPerMinute / UPLOAD_WEIGHT)) } },
      bodyLimit: maxBytes + 64 * 1024,
      schema: {
        summary: 'Upload a portrait',
        description: 'multipart/form-data; see `consentStatement` of the gallery.',
        operationId: 'uploadAvatar',
        tags: ['avatars'],
        security: [{ bearer: [] }],
        response: { 201: avatar, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const bearer = await authorise(request, { asOwner: true });
      demand(bearer, bearer.room, 'driver', 'admin');
      const room = bearer.room === ANY_ROOM ? null : bearer.room;
      const own = store.list(room).filter((stored) => !stored.builtin && stored.room === room);
      if (own.length >= limits.maxPerRoom) {
        throw new LokiError('SERVER_BUSY', `There are ${own.length} uploaded avatars: delete one first.`);
      }
      if (!request.isMultipart()) {
        throw new LokiError('BAD_MESSAGE', 'Send multipart/form-data with the parts picture and consent.');
      }
      const agreedBy = room === null ? 'administrator' : `driver of room ${room}`;
      const maxPixels = limits.maxMegapixels * 1e6;
      const stored = await receiveAvatar(
        request,
        { agreedBy, room },
        { store, preparer, reenactment, maxPixels },
      );
      request.log.info({ avatarId: stored.id }, 'avatar uploaded');
      return reply.code(201).header('location', `/api/avatars/${stored.id}`).send(avatarBody(stored, bearer));
    },
  );

  api.get(
    '/api/avatars/:id',
    {
      schema: {
        summary: 'One avatar',
        tags: ['avatars'],
        security: [{ bearer: [] }],
        params,
        response: { 200: avatar, '4xx': errorBody },
      },
    },
    async (request) => {
      const bearer = await authorise(request, { asOwner: true });
      return avatarBody(visible(request.params.id, bearer.room), bearer);
    },
  );

  api.get(
    '/api/avatars/:id/picture',
    { schema: { summary: 'Its picture', tags: ['avatars'], security: [{ bearer: [] }], params } },
    async (request, reply) => {
      const stored = store.get(request.params.id);
      if (stored?.builtin) return sendPicture(reply, stored, stored.picturePath);
      const bearer = await authorise(request, { asOwner: true });
      demand(bearer, bearer.room, 'driver', 'admin');
      const own = visible(request.params.id, bearer.room);
      return sendPicture(reply, own, own.picturePath);
    },
  );

  api.get(
    '/api/avatars/:id/thumbnail',
    { schema: { summary: 'Its picture, square and small', tags: ['avatars'], params } },
    async (request, reply) => {
      const stored = visible(request.params.id, ANY_ROOM);
      return sendPicture(reply, stored, stored.thumbnailPath);
    },
  );

  api.delete(
    '/api/avatars/:id',
    {
      schema: {
        summary: 'Delete an uploaded avatar, with its consent record',
        tags: ['avatars'],
        security: [{ bearer: [] }],
        params,
        response: { 204: z.null(), '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const bearer = await authorise(request, { asOwner: true });
      const { id, room, builtin, picturePath } = visible(request.params.id, bearer.room);
      demand(bearer, room ?? ANY_ROOM, 'driver', 'admin');
      if (!builtin) {
        await leaveAvatar(id);
        await reenactment.forget(picturePath);
      }
      await store.remove(id);
      request.log.info({ avatarId: id }, 'avatar deleted');
      return reply.code(204).send(null);
    },
  );

  function visible(id: string, room: string): StoredAvatar {
    const stored = store.get(id);
    if (stored === null || (room !== ANY_ROOM && stored.room !== null && stored.room !== room)) {
      throw new LokiError('AVATAR_NOT_FOUND', 'There is no such avatar.');
    }
    return stored;
  }

  /** Rooms that show it take the first of the gallery. */
  async function leaveAvatar(id: string): Promise<void> {
    const [first] = store.list(null);
    for (const room of sfu.rooms.list()) {
      if (room.snapshot().avatarId === id) await room.setAvatar(first.id);
    }
  }
}

function avatarBody({ id, name, alt, room, builtin, createdAt }: StoredAvatar, bearer: Bearer): AvatarBody {
  return {
    id,
    name,
    alt,
    builtin,
    thumbnail: `/api/avatars/${id}/thumbnail`,
    picture: `/api/avatars/${id}/picture`,
    deletable: !builtin && bearer.role !== 'viewer' && (bearer.room === ANY_ROOM || bearer.room === room),
    createdAt,
  };
}

function sendPicture(reply: Reply, { builtin }: StoredAvatar, path: string) {
  if (builtin) markSynthetic(reply, RENDERED_PICTURE);
  reply.header('cache-control', builtin ? 'public, max-age=3600' : 'private, max-age=3600');
  reply.type(path.endsWith('.webp') ? 'image/webp' : 'image/jpeg');
  return reply.send(createReadStream(path));
}
type Reply = Parameters<typeof markSynthetic>[0];

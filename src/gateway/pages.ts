import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { LokiError } from '../errors.ts';
import { AVATAR_STREAM, markSynthetic } from './provenance.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where Vite puts the built pages. */
export const PAGES_FOLDER = join(ROOT, 'out/pages');
/** The face model of private mode, where set-up could fetch it. */
const MODEL_FOLDER = join(ROOT, 'models/cache');
const FACE_MODEL = 'face_landmarker.task';

/** Vite names these by their content, so that a copy never goes stale. */
const HASHED = /^\/assets\//;

/** Serves the built pages, each under its own address, and what they load. */
export async function pageRoutes(app: FastifyInstance, folder = PAGES_FOLDER): Promise<void> {
  if (!existsSync(join(folder, 'studio.html'))) {
    throw new LokiError('MODEL_MISSING', `The pages in ${folder} have not been built: run npm run setup.`);
  }
  await app.register(fastifyStatic, {
    root: folder,
    serve: true,
    index: false,
    cacheControl: false,
    schemaHide: true,
    setHeaders: (reply, path) => {
      const hashed = HASHED.test(path.slice(folder.length).replaceAll('\\', '/'));
      reply.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const page = (url: string, file: string, synthetic: boolean): void => {
    app.get(url, { schema: { hide: true } }, (_request, reply: FastifyReply) => {
      if (synthetic) markSynthetic(reply, AVATAR_STREAM);
      return reply.sendFile(file);
    });
  };
  page('/', 'studio.html', false);
  page('/studio', 'studio.html', false);
  page('/watch/:room', 'viewer.html', true);
  page('/obs/:room', 'obs.html', true);
  app.get(`/models/${FACE_MODEL}`, { schema: { hide: true } }, (_request, reply) =>
    reply.header('cache-control', 'public, max-age=86400').sendFile(FACE_MODEL, MODEL_FOLDER),
  );
}

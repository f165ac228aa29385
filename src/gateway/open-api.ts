import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

/** Version of the REST interface, which only grows within a major one. */
const API_VERSION = '1.0.0';

/** Its own would let pictures and styles in from elsewhere, and break the page on plain HTTP in a network. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The form that a portrait comes in; multipart bodies have no zod schema. */
const UPLOAD_BODY = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['picture', 'consent'],
        properties: {
          picture: { type: 'string', format: 'binary' },
          consent: { type: 'string', enum: ['true'] },
          consentBy: { type: 'string', maxLength: 120, description: 'Who says so.' },
          name: { type: 'string', maxLength: 60 },
        },
      },
    },
  },
} as const;

/** Describes every route that is registered after it, and serves the description at /api/docs. */
export async function openApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Loki Live',
        version: API_VERSION,
        description:
          'Rooms, join tokens and avatars. Answers that show synthetic media carry the header `Digital-Source-Type` with a term of the IPTC vocabulary. Live media: WHIP (`/whip/{room}`), WHEP (`/whep/{room}`) and the signalling protocol of docs/protocol.md.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => {
      const described = jsonSchemaTransformObject(document) as {
        paths?: Record<string, { post?: { requestBody?: unknown } }>;
      };
      const upload = described.paths?.['/api/avatars']?.post;
      if (upload !== undefined) upload.requestBody = UPLOAD_BODY;
      return described as ReturnType<typeof jsonSchemaTransformObject>;
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    staticCSP: DOCS_POLICY,
    theme: { title: 'Loki Live: REST interface' },
    uiConfig: { validatorUrl: null, docExpansion: 'list', deepLinking: false, layout: 'BaseLayout' },
  });
}

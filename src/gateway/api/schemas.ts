import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../../errors.ts';

/** Bodies of the REST interface, request and response; /api/docs shows them. */

/** Rooms and avatars go by these in addresses. */
export const roomId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'takes 1 to 64 letters, digits, - and _');
export const avatarId = z.string().regex(/^[\w-]{1,64}$/, 'takes 1 to 64 letters, digits, - and _');

export const errorBody = z
  .object({
    error: z.object({
      code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
      message: z.string().describe('One sentence: what is wrong and what to do.'),
    }),
  })
  .meta({ id: 'Error' });

/**
 * What the token opens; `…#token=…` stays in the browser, because fragments are not sent. A driver's token has `studio`
 * and `whip`, a viewer's the rest, an admin's all.
 */
export const links = z
  .object({
    studio: z.string().optional().describe('Be the avatar.'),
    whip: z.string().optional().describe('WHIP endpoint, to drive; the token goes in as bearer.'),
    watch: z.string().optional().describe('Viewer page.'),
    obs: z.string().optional().describe('Bare page for a browser source.'),
    whep: z.string().optional().describe('WHEP endpoint, to watch; the token goes in as bearer.'),
  })
  .meta({ id: 'Links' });
export type Links = z.infer<typeof links>;

/** Machine-readable mark of synthetic media. */
export const provenance = z
  .object({
    synthetic: z.literal(true),
    digitalSourceType: z.url().describe('IPTC NewsCodes, digital source type.'),
    generator: z.string(),
  })
  .meta({ id: 'Provenance' });

export const room = z
  .object({
    id: roomId,
    name: z.string(),
    avatarId,
    driverPresent: z.boolean(),
    viewers: z.number().int(),
    tracking: z.enum(['server', 'private']),
    session: z.enum(['waiting', 'calibrating', 'live', 'lost', 'paused', 'restarting']),
    provenance,
  })
  .meta({ id: 'Room' });
export type RoomBody = z.infer<typeof room>;

export const newRoom = z
  .strictObject({
    id: roomId.optional().describe('A random one where absent.'),
    name: z.string().trim().min(1).max(80).optional(),
    avatarId: avatarId.optional().describe('The first of the gallery where absent.'),
  })
  .meta({ id: 'NewRoom' });

export const newToken = z
  .strictObject({
    role: z.enum(['driver', 'viewer', 'admin']),
    ttlS: z
      .number()
      .int()
      .min(10)
      .max(365 * 86_400)
      .optional(),
  })
  .meta({ id: 'NewToken' });

export const token = z
  .object({
    token: z.string(),
    room: z.string(),
    role: z.enum(['driver', 'viewer', 'admin']),
    expiresAt: z.iso.datetime(),
    links,
  })
  .meta({ id: 'Token' });

/** Of `POST /api/session`. */
export const newSession = z
  .strictObject({
    room: roomId.optional().describe('Go on in this room, which is made where it is gone.'),
  })
  .meta({ id: 'NewSession' });

export const session = z
  .object({
    room: roomId,
    token: z.string().describe("A driver's token for that room."),
    expiresAt: z.iso.datetime(),
    development: z.literal(true),
    notice: z.string().describe('One sentence for the page: why nobody was asked for a link.'),
    links,
  })
  .meta({ id: 'Session' });
export type SessionBody = z.infer<typeof session>;

export const avatar = z
  .object({
    id: avatarId,
    name: z.string(),
    alt: z.string().describe('What the picture shows, for those who cannot see it.'),
    builtin: z.boolean(),
    thumbnail: z.string().describe('Path of a square picture of 256 pixels; needs no token.'),
    picture: z.string().describe('Path of the whole picture; needs a token unless built in.'),
    deletable: z.boolean(),
    createdAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Avatar' });
export type AvatarBody = z.infer<typeof avatar>;

export const avatarList = z
  .object({
    avatars: z.array(avatar).describe('Built-in ones first.'),
    upload: z.object({
      maxBytes: z.number().int(),
      formats: z.array(z.string()).describe('Media types.'),
      consentStatement: z.string().describe('What `consent=true` says; show it beside the tick box.'),
    }),
  })
  .meta({ id: 'AvatarList' });

/** Text fields of the upload; the file is the part `picture`. */
export const uploadFields = z.object({
  consent: z.literal('true', 'say consent=true, if the person shown agrees'),
  /** Who says so. */
  consentBy: z.string().trim().min(1).max(120).optional(),
  name: z.string().trim().min(1).max(60).optional(),
});

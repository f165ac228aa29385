import type { FastifyRequest } from 'fastify';
import { LokiError } from '../errors.ts';
import type { Role } from '../sfu/signaling/messages.ts';
import { isLocalDeveloper } from './local-developer.ts';
import { ANY_ROOM, type Grant, type Tokens } from './tokens.ts';

/** What the bearer of a request may do, whichever way they showed it. */
export type Bearer = Pick<Grant, 'room' | 'role'>;

/** The machine's own user in development mode: everything. */
const LOCAL_DEVELOPER: Bearer = { room: ANY_ROOM, role: 'admin' };

export interface AuthoriseOptions {
  /** In development mode the machine's own user may do everything, even with a lesser token in hand. */
  readonly asOwner?: boolean;
}

/** @throws LokiError TOKEN_INVALID, TOKEN_EXPIRED */
export type Authorise = (request: FastifyRequest, options?: AuthoriseOptions) => Promise<Bearer>;

/**
 * Reads `Authorization: Bearer …` (RFC 6750). In development mode the machine's own user needs none.
 */
export function createAuthorise(tokens: Tokens, development: boolean): Authorise {
  return async (request, { asOwner = false } = {}) => {
    const match = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '');
    const grant = match === null ? null : await tokens.verify(match[1]);
    if (grant !== null && !asOwner) return grant;
    if (development && isLocalDeveloper(request)) return LOCAL_DEVELOPER;
    if (grant !== null) return grant;
    throw new LokiError('TOKEN_INVALID', 'This needs a token: open the link that you were given.');
  };
}

/** @throws LokiError NOT_ALLOWED where a bearer has none of the roles, or another room */
export function demand(bearer: Bearer, room: string, ...roles: Role[]): void {
  if (!roles.includes(bearer.role)) {
    throw new LokiError('NOT_ALLOWED', `This takes the role ${roles.join(' or ')}, not ${bearer.role}.`);
  }
  if (bearer.room !== room && !(bearer.role === 'admin' && bearer.room === ANY_ROOM)) {
    throw new LokiError('NOT_ALLOWED', 'This link is for another room.');
  }
}

import type { FastifyRequest } from 'fastify';
import { LokiError } from '../errors.ts';
import type { Role } from '../sfu/signaling/messages.ts';
import { isLocalDeveloper } from './local-developer.ts';
import { ANY_ROOM, type Grant, type Tokens } from './tokens.ts';

/** What the bearer of a request may do, whichever way they showed it. */
export type Bearer = Pick<Grant, 'room' | 'role'>;

/** The machine's own user in development mode: everything. */
const LOCAL_DEVELOPER: Bearer = { room: ANY_ROOM, role: 'admin' };

/** @throws LokiError TOKEN_INVALID, TOKEN_EXPIRED */
export type Authorise = (request: FastifyRequest) => Promise<Bearer>;

/**
 * Reads `Authorization: Bearer …` (RFC 6750). In development mode the machine's own user needs none.
 */
export function createAuthorise(tokens: Tokens, development: boolean): Authorise {
  return async (request) => {
    const match = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '');
    if (match !== null) return tokens.verify(match[1]);
    if (development && isLocalDeveloper(request)) return LOCAL_DEVELOPER;
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

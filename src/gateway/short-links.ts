import { randomInt } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { LokiError } from '../errors.ts';
import type { Role } from '../sfu/signaling/messages.ts';

/** Without what is mistaken for something else on a small screen. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
/** 31^10: fifty bits, against a rate limit of a few hundred guesses a minute. */
const LENGTH = 10;
const MAX_LINKS = 100;

export interface ShortLink {
  readonly room: string;
  readonly role: Role;
  /** Address of the page, without the token. */
  readonly page: string;
}

/** Addresses that can be typed: `/go/CODE` leads to a page with a fresh token. They end with the process. */
export class ShortLinks {
  readonly #links = new Map<string, ShortLink>();

  /** @returns path */
  add(link: ShortLink): string {
    if (this.#links.size >= MAX_LINKS) throw new RangeError('too many short links');
    const code = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    this.#links.set(code, link);
    return `/go/${code}`;
  }

  get(code: string): ShortLink | null {
    return this.#links.get(code) ?? null;
  }
}

/** @param mint a token for the link's room, which is made where it is not there */
export function shortLinkRoutes(
  app: FastifyInstance,
  links: ShortLinks,
  mint: (link: ShortLink) => Promise<string>,
): void {
  app.get('/go/:code', { schema: { hide: true } }, async (request, reply) => {
    const { code } = z.object({ code: z.string() }).parse(request.params);
    const link = links.get(code.toLowerCase());
    if (link === null) {
      throw new LokiError('NOT_FOUND', 'This link is not, or no longer, good: see what the server printed.');
    }
    const token = await mint(link);
    return reply.header('cache-control', 'no-store').redirect(`${link.page}#token=${token}`, 302);
  });
}

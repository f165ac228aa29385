import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { LokiError } from '../errors.ts';
import type { Role } from '../sfu/signaling/messages.ts';

const ISSUER = 'loki-live';
const ALGORITHM = 'HS256';
/** Room of an admin's token that is meant for all rooms. */
export const ANY_ROOM = '*';

/** What a join token allows: one role in one room (an admin may have all rooms, `*`), until a time. */
export interface Grant {
  readonly room: string;
  readonly role: Role;
  /** Random, one a token: logs name it instead of the token. */
  readonly tokenId: string;
  /** Unix epoch. */
  readonly expiresAtMs: number;
}

export interface TokenRequest {
  readonly room: string;
  readonly role: Role;
  readonly ttlS: number;
}

const claims = z.object({
  room: z.string().min(1).max(64),
  role: z.enum(['driver', 'viewer', 'admin']),
  jti: z.string().min(1).max(64),
  exp: z.number(),
});

/** Makes and checks join tokens (JWT, RFC 7519, signed by HMAC-SHA-256). */
export class Tokens {
  readonly #key: Uint8Array;

  /** @param secret at least 32 bytes; whoever knows it can make tokens */
  constructor(secret: string) {
    if (Buffer.byteLength(secret) < 32) {
      throw new LokiError('CONFIG_INVALID', 'The option tokens.secret: must have at least 32 characters.');
    }
    this.#key = new TextEncoder().encode(secret);
  }

  async mint({ room, role, ttlS }: TokenRequest): Promise<{ token: string; grant: Grant }> {
    const nowS = Math.floor(Date.now() / 1000);
    const grant: Grant = { room, role, tokenId: randomUUID(), expiresAtMs: (nowS + ttlS) * 1000 };
    const token = await new SignJWT({ room, role })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setJti(grant.tokenId)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + ttlS)
      .sign(this.#key);
    return { token, grant };
  }

  /** @throws LokiError TOKEN_INVALID, TOKEN_EXPIRED */
  async verify(token: string): Promise<Grant> {
    try {
      const { payload } = await jwtVerify(token, this.#key, { issuer: ISSUER, algorithms: [ALGORITHM] });
      const { room, role, jti, exp } = claims.parse(payload);
      return { room, role, tokenId: jti, expiresAtMs: exp * 1000 };
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) {
        throw new LokiError('TOKEN_EXPIRED', 'The time of this link is over: ask for a new one.', { cause });
      }
      // Why it is not valid helps nobody but who forges one.
      throw new LokiError('TOKEN_INVALID', 'This link is damaged, or of another server: ask for a new one.');
    }
  }
}

/**
 * The secret that tokens are signed with: the configured one, or one that is made at the first start and kept in the
 * state folder, readable by its owner alone.
 * @returns `configured` false where it was made here: development mode
 * @throws LokiError CONFIG_INVALID where the file cannot be read or holds too little
 */
export async function tokenSecret(
  config: { readonly secret: string | null; readonly secretFile: string | null },
  stateDir: string,
): Promise<{ secret: string; configured: boolean }> {
  if (config.secret !== null) return { secret: config.secret, configured: true };
  if (config.secretFile !== null) return { secret: await readSecret(config.secretFile), configured: true };
  const path = join(stateDir, 'token-secret');
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  // Written beside and linked into place: two servers that start together end up with the same secret.
  const fresh = join(stateDir, `.token-secret-${randomUUID()}`);
  await writeFile(fresh, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  try {
    await link(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await chmod(path, 0o600);
  } finally {
    await rm(fresh, { force: true });
  }
  return { secret: await readSecret(path), configured: false };
}

async function readSecret(path: string): Promise<string> {
  let secret: string;
  try {
    secret = (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new LokiError('CONFIG_INVALID', `The option tokens.secretFile: ${path} cannot be read.`, { cause });
  }
  if (secret.length < 32) {
    throw new LokiError('CONFIG_INVALID', `The token secret in ${path} has fewer than 32 characters.`);
  }
  return secret;
}

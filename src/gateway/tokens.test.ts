import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tokens, tokenSecret } from './tokens.ts';

const SECRET = 'a-secret-of-the-tests-and-of-nothing-else';
const tokens = new Tokens(SECRET);
const invalid = expect.objectContaining({ code: 'TOKEN_INVALID' });

describe('tokens', () => {
  it('come back as what they grant', async () => {
    const { token, grant } = await tokens.mint({ room: 'a', role: 'driver', ttlS: 60 });
    expect(await tokens.verify(token)).toEqual(grant);
    expect(grant.expiresAtMs - Date.now()).toBeGreaterThan(58_000);
  });

  it('have a name each, by which a log can tell them apart', async () => {
    const request = { room: 'a', role: 'viewer', ttlS: 60 } as const;
    const [one, two] = await Promise.all([tokens.mint(request), tokens.mint(request)]);
    expect(one.grant.tokenId).not.toBe(two.grant.tokenId);
  });

  it('end with their time', async () => {
    const { token } = await tokens.mint({ room: 'a', role: 'driver', ttlS: -1 });
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  const sign = (claims: Record<string, unknown>, alg = 'HS256', key = SECRET) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg })
      .setIssuer('loki-live')
      .setJti('1')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(key));

  it.each([
    ['nothing', async () => ''],
    ['no token at all', async () => 'hello'],
    ['another secret', () => sign({ room: 'a', role: 'driver' }, 'HS256', `${SECRET}!`)],
    ['another algorithm', () => sign({ room: 'a', role: 'driver' }, 'HS512')],
    ['an unknown role', () => sign({ room: 'a', role: 'king' })],
    ['no room', () => sign({ role: 'driver' })],
    [
      'no signature',
      async () =>
        new UnsecuredJWT({ room: 'a', role: 'admin' })
          .setIssuer('loki-live')
          .setExpirationTime('1h')
          .encode(),
    ],
    [
      'no end',
      () =>
        new SignJWT({ room: 'a', role: 'driver' })
          .setProtectedHeader({ alg: 'HS256' })
          .setIssuer('loki-live')
          .setJti('1')
          .sign(new TextEncoder().encode(SECRET)),
    ],
  ])('of %s are refused', async (_title, make) => {
    await expect(tokens.verify(await make())).rejects.toThrow(invalid);
  });

  it('are refused where one letter was changed', async () => {
    const { token } = await tokens.mint({ room: 'a', role: 'viewer', ttlS: 60 });
    const [header, payload, signature] = token.split('.');
    const forged = Buffer.from(
      Buffer.from(payload as string, 'base64url')
        .toString()
        .replace('viewer', 'driver'),
    ).toString('base64url');
    await expect(tokens.verify([header, forged, signature].join('.'))).rejects.toThrow(invalid);
  });
});

describe('the token secret', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'loki-tokens-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const none = { secret: null, secretFile: null };

  it('is made once, kept, and readable by its owner alone', async () => {
    const state = join(folder, 'state');
    const [one, two] = await Promise.all([tokenSecret(none, state), tokenSecret(none, state)]);
    expect(one).toEqual(two);
    expect(one.configured).toBe(false);
    expect(await tokenSecret(none, state)).toEqual(one);
    expect(readFileSync(join(state, 'token-secret'), 'utf8').trim()).toBe(one.secret);
    expect(statSync(join(state, 'token-secret')).mode & 0o777).toBe(0o600);
    expect(one.secret).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is the configured one, or what the configured file holds', async () => {
    const path = join(folder, 'secret.txt');
    writeFileSync(path, `${SECRET}\n`);
    const configured = { secret: SECRET, configured: true };
    expect(await tokenSecret({ secret: null, secretFile: path }, folder)).toEqual(configured);
    expect(await tokenSecret({ secret: SECRET, secretFile: null }, folder)).toEqual(configured);
  });

  it('is refused where the file is missing or too short', async () => {
    const path = join(folder, 'short.txt');
    writeFileSync(path, 'short');
    const refused = expect.objectContaining({ code: 'CONFIG_INVALID' });
    await expect(tokenSecret({ secret: null, secretFile: path }, folder)).rejects.toThrow(refused);
    await expect(tokenSecret({ secret: null, secretFile: join(folder, 'none') }, folder)).rejects.toThrow(
      refused,
    );
  });
});

import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, openFixture } from './gateway-fixture.ts';

let server: Fixture;
let admin: string;
beforeAll(async () => {
  server = await openFixture({ options: { 'http.allowedOrigins': ['https://player.example'] } });
  admin = await token('*', 'admin');
});
afterAll(() => server.close());

const token = async (room: string, role: 'driver' | 'viewer' | 'admin', ttlS = 60): Promise<string> =>
  (await server.tokens.mint({ room, role, ttlS })).token;
const json = (body: unknown, method = 'POST'): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});
const errorOf = async (response: Response): Promise<{ status: number; code: string }> => {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  expect(error.message).toMatch(/^[A-Z].*\.$/);
  return { status: response.status, code: error.code };
};

describe('rooms over REST', () => {
  it('are made, listed, read and closed', async () => {
    const made = await server.get('/api/rooms', admin, json({ id: 'stage', name: 'The stage' }));
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/api/rooms/stage');
    const room = { id: 'stage', name: 'The stage', avatarId: 'amara', driverPresent: false, viewers: 0 };
    expect(await made.json()).toMatchObject({ ...room, provenance: { synthetic: true } });
    expect(await (await server.get('/api/rooms', admin)).json()).toMatchObject([room]);
    expect(await (await server.get('/api/rooms/stage', admin)).json()).toMatchObject(room);
    expect((await server.get('/api/rooms/stage', admin, { method: 'DELETE' })).status).toBe(204);
    expect(await errorOf(await server.get('/api/rooms/stage', admin))).toEqual({
      status: 404,
      code: 'ROOM_NOT_FOUND',
    });
  });

  it('refuse a body that is malformed, unknown or no JSON', async () => {
    for (const init of [
      json({ id: 'a b' }),
      json({ colour: 'red' }),
      json({ name: '' }),
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
      { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } },
    ]) {
      expect((await errorOf(await server.get('/api/rooms', admin, init))).code).toBe('BAD_MESSAGE');
    }
    const large = json({ name: 'x'.repeat(100_000) });
    expect(await errorOf(await server.get('/api/rooms', admin, large))).toEqual({
      status: 413,
      code: 'INPUT_TOO_LARGE',
    });
  });

  it('hand out tokens: an admin any, a driver those of viewers of its room, a viewer none', async () => {
    await server.sfu.rooms.create({ roomId: 'a', avatarId: 'amara' });
    const mint = async (bearer: string, role: string, room = 'a') =>
      server.get(`/api/rooms/${room}/tokens`, bearer, json({ role, ttlS: 60 }));
    const minted = await mint(await token('a', 'driver'), 'viewer');
    expect(minted.status).toBe(201);
    const body = (await minted.json()) as { token: string; links: Record<string, string> };
    expect(await server.tokens.verify(body.token)).toMatchObject({ room: 'a', role: 'viewer' });
    const { watch, studio } = body.links;
    expect(watch).toBe(`${server.gateway.addresses.public}/watch/a#token=${body.token}`);
    expect(studio).toBeUndefined();
    expect((await mint(admin, 'driver')).status).toBe(201);
    expect((await mint(await token('a', 'driver'), 'driver')).status).toBe(403);
    expect((await mint(await token('a', 'viewer'), 'viewer')).status).toBe(403);
    expect((await mint(await token('b', 'driver'), 'viewer')).status).toBe(403);
    expect((await mint(admin, 'viewer', 'none')).status).toBe(404);
  });

  it('tell a missing, damaged, expired and insufficient token apart', async () => {
    expect(await errorOf(await server.get('/api/rooms'))).toEqual({ status: 401, code: 'TOKEN_INVALID' });
    const bad = await server.get('/api/rooms', `${admin.slice(0, -3)}abc`);
    expect(bad.headers.get('www-authenticate')).toBe('Bearer');
    expect(await errorOf(bad)).toEqual({ status: 401, code: 'TOKEN_INVALID' });
    const old = await token('*', 'admin', -10);
    expect(await errorOf(await server.get('/api/rooms', old))).toEqual({
      status: 401,
      code: 'TOKEN_EXPIRED',
    });
    const viewer = await token('a', 'viewer');
    expect(await errorOf(await server.get('/api/rooms', viewer))).toEqual({
      status: 403,
      code: 'NOT_ALLOWED',
    });
    const scoped = await token('a', 'admin');
    expect((await server.get('/api/rooms/b', scoped)).status).toBe(403);
  });
});

describe('pages', () => {
  it.each([
    ['/', 'studio'],
    ['/studio?room=a', 'studio'],
    ['/watch/a', 'viewer'],
    ['/obs/a?background=transparent', 'obs'],
  ])('are served at %s', async (path, title) => {
    const response = await server.get(path);
    expect(await response.text()).toContain(`<title>${title}</title>`);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('digital-source-type') !== null).toBe(title !== 'studio');
  });

  it('load from this server alone, may use the camera and WebAssembly, and are framed by nobody', async () => {
    const { headers } = await server.get('/studio');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).toContain(`connect-src 'self' ws://${new URL(server.base).host}`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('https:');
    expect(headers.get('permissions-policy')).toContain('camera=(self)');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('let what is named by its content be kept for good', async () => {
    const { headers } = await server.get('/assets/app-1234.js');
    expect(headers.get('cache-control')).toContain('immutable');
  });

  it.each(['/nothing', '/assets/nothing.js', '/..%2f..%2fpackage.json', '/go/abcdefghjk'])(
    'are not served at %s',
    async (path) => {
      expect((await errorOf(await server.get(path))).status).toBe(404);
    },
  );
});

describe('WHIP and WHEP', () => {
  it('get the request as it came, and their answer goes out as it is', async () => {
    const response = await server.get('/whip/a', 'the-token', {
      method: 'POST',
      body: 'v=0\r\n',
      headers: { 'content-type': 'application/sdp' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe('/whip/a/r1');
    expect(response.headers.get('link')).toBe('<a>, <b>');
    expect(await response.text()).toBe('answer');
    const request = server.sfu.requests.at(-1);
    expect(request).toMatchObject({
      method: 'POST',
      body: 'v=0\r\n',
      params: { roomId: 'a' },
      headers: { authorization: 'Bearer the-token' },
    });
    await server.get('/whep/a/r1', 'x', { method: 'DELETE' });
    expect(server.sfu.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      params: { roomId: 'a', resourceId: 'r1' },
    });
  });

  it('are open to the pages of allowed sites, and to no others', async () => {
    const preflight = (origin: string) =>
      server.get('/whep/a', undefined, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const allowed = await preflight('https://player.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://player.example');
    expect(allowed.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const answer = await server.get('/whep/a', 'x', {
      method: 'POST',
      headers: { origin: 'https://player.example', 'content-type': 'application/sdp' },
      body: 'v=0',
    });
    expect(answer.headers.get('access-control-expose-headers')).toContain('Location');
    expect(answer.headers.get('digital-source-type')).toContain('compositeSynthetic');
  });
});

describe('upgrades', () => {
  const upgrade = async (path: string): Promise<number> => {
    const request = httpRequest(`${server.base}${path}`, {
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    });
    request.end();
    const [response] = await Promise.race([once(request, 'upgrade'), once(request, 'response')]);
    response.destroy();
    return response.statusCode;
  };

  it('go to the SFU on /signal and nowhere on other paths', async () => {
    expect(await upgrade('/signal')).toBe(101);
    expect(await upgrade('/signals')).toBe(404);
    expect(await upgrade('/whip/a')).toBe(404);
    expect(server.sfu.upgrades).toBe(1);
  });
});

describe('operation', () => {
  it('is alive, and ready as long as there are workers', async () => {
    expect((await server.get('/healthz')).status).toBe(200);
    expect((await server.get('/readyz')).status).toBe(200);
    server.reenactment.ready = false;
    const response = await server.get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ checks: { reenactment: false, sfu: true } });
    server.reenactment.ready = true;
  });

  it('shows its figures to who scrapes it directly, and to admins behind a proxy', async () => {
    server.reenactment.report({ sessionId: 's', drops: { decode: 3 } });
    server.reenactment.report({ sessionId: 's', drops: { decode: 5 } });
    // A restarted worker counts from 0.
    server.reenactment.report({ sessionId: 's', drops: { decode: 1 } });
    const response = await server.get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    for (const line of [
      'loki_dropped_frames_total{queue="decode"} 6',
      'loki_sessions 1',
      'loki_signalling_connections 3',
      'loki_worker_restarts_total{kind="reenactment-hang"} 2',
      'loki_worker_restarts_total{kind="sfu"} 1',
      'loki_admission_refusals_total 4',
      'loki_process_rss_bytes{process="reenactment-1"} 5000000',
      'loki_process_cpu_seconds_total{process="sfu-1"} 1.5',
      'loki_refusals_total{code="ROOM_FULL"} 2',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toMatch(/loki_process_rss_bytes\{process="gateway"\} \d{7,}/);
    const proxied = { headers: { 'x-forwarded-for': '10.0.0.1' } };
    expect((await server.get('/metrics', undefined, proxied)).status).toBe(401);
    expect((await server.get('/metrics', admin, proxied)).status).toBe(200);
  });

  it('describes its interface, and the page for it asks no third party', async () => {
    const document = (await (await server.get('/api/docs/json')).json()) as {
      openapi: string;
      paths: Record<string, { post?: { requestBody?: object } }>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/api/rooms', '/api/rooms/{id}/tokens', '/api/avatars', '/api/session']),
    );
    expect(document.paths['/api/avatars']?.post?.requestBody).toBeDefined();
    const page = await server.get('/api/docs/');
    expect(page.status).toBe(200);
    const outside = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, address]) => new URL(address as string, server.base).origin)
      .filter((origin) => origin !== new URL(server.base).origin);
    expect(outside).toEqual([]);
  });

  it('lets nobody in without a token where a secret is configured', async () => {
    expect(await errorOf(await server.get('/api/session', undefined, { method: 'POST' }))).toEqual({
      status: 403,
      code: 'NOT_ALLOWED',
    });
  });

  it('names the port that is in use, and what to do', async () => {
    const blocker = createServer();
    blocker.listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    await expect(openFixture({ options: { 'http.port': port } })).rejects.toThrow(
      new RegExp(`^Port ${port} is in use by another program: .*LOKI_HTTP_PORT=${port + 1}`),
    );
    blocker.close();
  });

  it('refuses more requests than an address may make', async () => {
    const strict = await openFixture({ options: { 'http.requestsPerMinute': 10 } });
    const codes: number[] = [];
    for (let i = 0; i < 12; i++) codes.push((await strict.get('/api/rooms')).status);
    expect(codes.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(await errorOf(await strict.get('/api/rooms'))).toEqual({
      status: 429,
      code: 'TOO_MANY_REQUESTS',
    });
    expect((await strict.get('/healthz')).status).toBe(200);
    await strict.close();
  });
});

describe('a server that is told to stop', () => {
  it('is not ready any more, makes no rooms, and closes twice without harm', async () => {
    const stopping = await openFixture();
    const bearer = (await stopping.tokens.mint({ room: '*', role: 'admin', ttlS: 60 })).token;
    stopping.gateway.beginDrain();
    expect((await stopping.get('/readyz')).status).toBe(503);
    const refused = await stopping.get('/api/rooms', bearer, json({}));
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(await errorOf(refused)).toEqual({ status: 503, code: 'SHUTTING_DOWN' });
    await Promise.all([stopping.gateway.close(), stopping.close()]);
  });
});

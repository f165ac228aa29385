import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinAvatars } from '../builtin-media.ts';
import { lanAddress } from './addresses.ts';
import { type Fixture, openFixture } from './gateway-fixture.ts';
import { isLoopback } from './local-developer.ts';

let server: Fixture;
let port: string;
beforeAll(async () => {
  server = await openFixture({ development: true, options: { 'http.host': '0.0.0.0' } });
  ({ port } = new URL(server.base));
});
afterAll(() => server.close());

const session = (headers: Record<string, string> = {}, body?: string, base = server.base) =>
  fetch(`${base}/api/session`, {
    method: 'POST',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body }),
  });

describe('development mode', () => {
  it("lets this machine's user in: a room, a driver's token, and a sentence that says why", async () => {
    const response = await session();
    expect(response.status).toBe(201);
    const body = (await response.json()) as { room: string; token: string; notice: string; links: object };
    expect(await server.tokens.verify(body.token)).toMatchObject({ room: body.room, role: 'driver' });
    expect(body.notice).toContain('Development mode');
    expect(body.links).toMatchObject({
      studio: `${server.base}/studio?room=${body.room}#token=${body.token}`,
    });
    expect(server.sfu.books.has(body.room)).toBe(true);
  });

  it('takes up the room that a page was in, also where it is gone', async () => {
    const body = JSON.stringify({ room: 'studio-mine' });
    expect(await (await session({}, body)).json()).toMatchObject({ room: 'studio-mine' });
    server.sfu.books.clear();
    expect((await session({}, body)).status).toBe(201);
    expect(server.sfu.books.has('studio-mine')).toBe(true);
  });

  it.each([
    ['through a reverse proxy', { 'x-forwarded-for': '192.0.2.7' }],
    ['through a proxy that says so otherwise', { forwarded: 'for=192.0.2.7' }],
    ['by the page of another site', { origin: 'https://evil.example' }],
    ['by a link on another site', { 'sec-fetch-site': 'cross-site' }],
    ['by another port of this machine', { origin: 'http://localhost:1' }],
  ])('lets nobody in %s', async (_title, headers) => {
    const response = await session(headers as Record<string, string>);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'NOT_ALLOWED' } });
  });

  it('lets nobody in under a name that another site made for this machine', async () => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      request(
        {
          host: '127.0.0.1',
          port,
          path: '/api/session',
          method: 'POST',
          headers: { host: `rebound.example:${port}` },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      ).end();
    });
    expect(status).toBe(403);
  });

  it.skipIf(lanAddress() === null)('lets nobody in from the network', async () => {
    expect((await session({}, undefined, `http://${lanAddress()}:${port}`)).status).toBe(403);
  });

  it("serves this machine's user the REST interface without a token, and nobody else", async () => {
    expect((await server.get('/api/rooms')).status).toBe(200);
    expect((await server.get('/api/avatars')).status).toBe(200);
    const foreign = { headers: { origin: 'https://evil.example' } };
    expect((await server.get('/api/rooms', undefined, foreign)).status).toBe(401);
  });

  it("takes this machine's user for the owner of the gallery, even with a driver's token", async () => {
    const { token } = (await server.tokens.mint({ room: 'a', role: 'driver', ttlS: 60 })) as {
      token: string;
    };
    const form = new FormData();
    form.set('picture', new Blob([new Uint8Array(readFileSync(builtinAvatars()[0]!.path))]), 'me.jpg');
    form.set('consent', 'true');
    const made = await server.get('/api/avatars', token, { method: 'POST', body: form });
    const { id } = (await made.json()) as { id: string };
    expect(server.avatars.get(id)?.room).toBeNull();
    const proxied = { headers: { 'x-forwarded-for': '192.0.2.7' } };
    const list = (await (await server.get('/api/avatars', token, proxied)).json()) as {
      avatars: { id: string; deletable: boolean }[];
    };
    expect(list.avatars.find((avatar) => avatar.id === id)).toMatchObject({ deletable: false });
    const denied = await server.get(`/api/avatars/${id}`, token, { ...proxied, method: 'DELETE' });
    expect(denied.status).toBe(403);
    expect((await server.get(`/api/avatars/${id}`, token, { method: 'DELETE' })).status).toBe(204);
    const bad = await server.get('/api/avatars', `${token}x`);
    expect(bad.status).toBe(401);
  });

  it('leads from a short link to a page with a fresh token, any number of times', async () => {
    const path = server.gateway.shortLinks.add({ room: 'phone', role: 'driver', page: '/studio?room=phone' });
    expect(path).toMatch(/^\/go\/[a-z2-9]{10}$/);
    const [one, two] = [await server.get(path), await server.get(path)];
    expect(one.status).toBe(302);
    const [page, token] = (one.headers.get('location') ?? '').split('#token=');
    expect(page).toBe('/studio?room=phone');
    expect(await server.tokens.verify(token as string)).toMatchObject({ room: 'phone', role: 'driver' });
    expect(two.headers.get('location')).not.toBe(one.headers.get('location'));
    expect(server.sfu.books.has('phone')).toBe(true);
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['192.0.2.1', false],
    ['::ffff:192.0.2.1', false],
    ['127.evil.example', false],
    [undefined, false],
  ])('of %s is %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });
});

describe('lanAddress', () => {
  const ipv4 = (address: string, internal = false) =>
    [{ address, internal, family: 'IPv4', netmask: '', mac: '', cidr: null }] as ReturnType<
      typeof import('node:os').networkInterfaces
    >[string];

  it('is that of the network card, not of containers and tunnels', () => {
    const interfaces = {
      lo: ipv4('127.0.0.1', true),
      docker0: ipv4('172.17.0.1'),
      eth0: ipv4('192.168.1.5'),
    };
    expect(lanAddress(interfaces)).toBe('192.168.1.5');
  });

  it('is that of a tunnel where there is nothing else, and null without a network', () => {
    expect(lanAddress({ tun0: ipv4('10.8.0.2') })).toBe('10.8.0.2');
    expect(lanAddress({ lo: ipv4('127.0.0.1', true), eth0: ipv4('169.254.1.1') })).toBeNull();
  });
});

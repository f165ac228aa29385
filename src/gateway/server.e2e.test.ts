import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type WebSocket from 'ws';
import { builtinAvatars } from '../builtin-media.ts';
import { lanAddress } from './addresses.ts';
import { joinRoom } from './join-room-fixture.ts';
import { MEDIASOUP_WORKER, runServer, type ServerProcess, startServer } from './server-process.ts';
import { Tokens } from './tokens.ts';

const refusalOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return { status: response.status, code: error.code };
};

/** Without mediasoup's worker, which `npm run setup` gets, there is no server to test. */
const describeServer = describe.skipIf(MEDIASOUP_WORKER === null);

describeServer('the server', () => {
  let server: ServerProcess;
  let session: { room: string; token: string };
  beforeAll(async () => {
    server = await startServer({ env: { LOKI_LOG_LEVEL: 'trace', LOKI_REENACTMENT_WARM: 'false' } });
    session = (await (
      await fetch(`${server.base}/api/session`, { method: 'POST' })
    ).json()) as typeof session;
  });
  afterAll(async () => {
    await server?.stop();
  });
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`${server.base}${path}`, { redirect: 'manual', ...init });

  it('says what to open', () => {
    expect(server.output()).toMatch(/Be the avatar +http:\/\/localhost:\d+\/\n/);
    expect(server.output()).toMatch(/Watch the demonstration +http:\/\/localhost:\d+\/go\/\w{10}\n/);
    expect(server.output()).toContain('Development mode');
  });

  it('is ready, serves the studio and leads from the printed link to the demonstration', async () => {
    expect(await (await get('/readyz')).json()).toMatchObject({ status: 'ready' });
    expect(await (await get('/')).text()).toContain('<div id="app">');
    const lead = await get(server.link('Watch the demonstration'));
    expect(lead.headers.get('location')).toMatch(/^\/watch\/demo#token=eyJ/);
  });

  it('makes, lists and closes rooms', async () => {
    const made = await get('/api/rooms', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'stage', avatarId: 'mei' }),
    });
    expect(made.status).toBe(201);
    const rooms = (await (await get('/api/rooms')).json()) as { id: string }[];
    expect(rooms.map(({ id }) => id)).toEqual(expect.arrayContaining(['demo', 'stage', session.room]));
    expect((await get('/api/rooms/stage', { method: 'DELETE' })).status).toBe(204);
    expect(await refusalOf(await get('/api/rooms/stage'))).toEqual({ status: 404, code: 'ROOM_NOT_FOUND' });
  });

  it('lets nobody join with a bad or expired token, or one for a room that is not there', async () => {
    const tokens = new Tokens(readFileSync(join(server.stateDir, 'token-secret'), 'utf8').trim());
    const other = new Tokens('the-secret-of-quite-another-server-elsewhere');
    const codeFor = async (token: string) => {
      const { socket, answer } = await joinRoom(server.base, token);
      socket.terminate();
      return answer.ok ? 'OK' : answer.error?.code;
    };
    const grant = { room: session.room, role: 'viewer', ttlS: 60 } as const;
    expect(await codeFor((await tokens.mint(grant)).token)).toBe('OK');
    expect(await codeFor('nonsense')).toBe('TOKEN_INVALID');
    expect(await codeFor((await other.mint(grant)).token)).toBe('TOKEN_INVALID');
    expect(await codeFor((await tokens.mint({ ...grant, ttlS: -5 })).token)).toBe('TOKEN_EXPIRED');
    expect(await codeFor((await tokens.mint({ ...grant, room: 'elsewhere' })).token)).toBe('ROOM_NOT_FOUND');
  });

  const upload = async (bytes: Buffer) => {
    const form = new FormData();
    form.set('picture', new Blob([new Uint8Array(bytes)]), 'me.png');
    form.set('consent', 'true');
    const headers = { authorization: `Bearer ${session.token}` };
    return get('/api/avatars', { method: 'POST', body: form, headers });
  };

  it('takes a portrait with a face in it, and says what is wrong with others', async () => {
    const face = readFileSync(builtinAvatars()[0]!.path);
    const accepted = await upload(face);
    expect(accepted.status).toBe(201);
    const blank = await sharp({ create: { width: 400, height: 400, channels: 3, background: '#567' } })
      .png()
      .toBuffer();
    expect(await refusalOf(await upload(blank))).toEqual({ status: 422, code: 'NO_FACE' });
    const two = await sharp({ create: { width: 1536, height: 768, channels: 3, background: '#567' } })
      .composite([
        { input: face, left: 0, top: 0 },
        { input: face, left: 768, top: 0 },
      ])
      .png()
      .toBuffer();
    expect(await refusalOf(await upload(two))).toEqual({ status: 422, code: 'SEVERAL_FACES' });
    const small = await sharp(face).resize(90).png().toBuffer();
    expect((await refusalOf(await upload(small))).status).toBe(422);
  });

  it.skipIf(lanAddress() === null)('answers over HTTPS with a certificate of its own', async () => {
    const [, address] = /From a phone here +(https:\/\/\S+?)\/go/.exec(server.output()) ?? [];
    const status = await new Promise((resolve, reject) => {
      secureRequest(`${address}/healthz`, { rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });

  it('measures itself', async () => {
    const text = await (await get('/metrics')).text();
    for (const process of ['gateway', 'sfu-1', 'reenactment-1']) {
      const [, bytes] =
        new RegExp(`loki_process_rss_bytes\\{process="${process}"\\} (\\d+)`).exec(text) ?? [];
      expect(Number(bytes)).toBeGreaterThan(1e6);
    }
    expect(text).toMatch(/^loki_rooms [23]$/m);
    expect(text).toContain('loki_signalling_connections ');
  });

  it('logs no token, whatever the level', () => {
    expect(server.log().length).toBeGreaterThan(500);
    expect(server.log()).not.toContain('eyJ');
    expect(server.log()).not.toContain(session.token.split('.')[2]);
  });
});

describeServer('a server that is told to stop', () => {
  /** One that has little to start and nothing else to do. */
  const small = (drainS: number) =>
    startServer({
      args: ['--no-demo', '--no-https'],
      env: {
        LOKI_DRAIN_S: String(drainS),
        LOKI_REENACTMENT_SPARE: 'false',
        LOKI_REENACTMENT_WARM: 'false',
      },
    });
  /** Somebody who is there as a viewer: a driver would need a session, which a busy machine refuses. */
  const joinAsViewer = async (server: ServerProcess): Promise<WebSocket> => {
    const session = await fetch(`${server.base}/api/session`, { method: 'POST' });
    const { room } = (await session.json()) as { room: string };
    const tokens = new Tokens(readFileSync(join(server.stateDir, 'token-secret'), 'utf8').trim());
    const { socket, answer } = await joinRoom(
      server.base,
      (await tokens.mint({ room, role: 'viewer', ttlS: 60 })).token,
    );
    expect(answer).toMatchObject({ ok: true });
    return socket;
  };

  it('tells who is there, is not ready meanwhile, and ends with status 0', async () => {
    const server = await small(4);
    const socket = await joinAsViewer(server);
    const messages: { type?: string; data?: { code?: string } }[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    const stopped = server.stop();
    await expect.poll(async () => (await fetch(`${server.base}/readyz`)).status).toBe(503);
    const refused = await fetch(`${server.base}/api/session`, { method: 'POST' });
    expect(await refusalOf(refused)).toEqual({ status: 503, code: 'SHUTTING_DOWN' });
    expect(await stopped).toBe(0);
    expect(messages.filter(({ type }) => type === 'goodbye' || type === 'warning')[0]?.data?.code).toBe(
      'SHUTTING_DOWN',
    );
  });

  it('ends at once at the second signal', async () => {
    const server = await small(60);
    await joinAsViewer(server);
    server.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await server.stop('SIGINT')).toBe(130);
  });
});

describe('a server that cannot start', () => {
  it('says in one sentence which option is wrong', async () => {
    const { status, output, log } = await runServer({ env: { LOKI_ROOMS_MAX_VIEWERS: '0' } });
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(log).toMatch(
      /^The option rooms\.maxViewers \(environment variable LOKI_ROOMS_MAX_VIEWERS\): .*\n$/,
    );
  });

  it('says in one sentence which argument is wrong', async () => {
    const { status, log } = await runServer({ args: ['--colour', 'red'] });
    expect(status).toBe(2);
    expect(log).toMatch(/^unknown option '--colour': see --help\. \(INVALID_OPTION\)\n$/);
  });

  it('says in one sentence that its port is in use, and what to do', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const { status, log } = await runServer({ args: ['--port', String(port)] });
    blocker.close();
    expect(status).toBe(2);
    expect(log).toMatch(new RegExp(`^Port ${port} is in use .*LOKI_HTTP_PORT=${port + 1}.*\\n$`));
  });
});

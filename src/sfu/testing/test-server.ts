import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { LokiError } from '../../errors.ts';
import { createLogger } from '../../log.ts';
import { createSfu, SFU_DEFAULTS, type Sfu, type SfuOptions, type TokenGrant } from '../sfu.ts';
import { SignalingClient, type SignalingClientOptions, type SocketLike } from '../signaling/client.ts';
import type { Role } from '../signaling/messages.ts';
import { FakeReenactment } from './fake-reenactment.ts';

export interface TestServer {
  readonly sfu: Sfu;
  readonly reenactment: FakeReenactment;
  readonly origin: string;
  readonly signalUrl: string;
  client(token: string, options?: Partial<SignalingClientOptions>): SignalingClient;
  close(): Promise<void>;
}

/** `room.role`, and `.ms` after which it expires, in plain text: tests mint their tokens by hand. */
export function testToken(room: string, role: Role, livesMs = 600_000): string {
  return `${room}.${role}.${Date.now() + livesMs}`;
}

/** An SFU with real mediasoup workers behind a bare HTTP server on loopback. */
export async function startTestServer(
  overrides: Partial<SfuOptions> = {},
  page?: { readonly html: string; readonly script: string },
): Promise<TestServer> {
  const reenactment = new FakeReenactment();
  const sfu = await createSfu(
    { ...SFU_DEFAULTS, workers: 1, port: 0, ...overrides },
    {
      reenactment,
      verifyToken: async (token) => readToken(token),
      log: createLogger({ logLevel: 'silent' }),
      avatars: { pathOf: (avatarId) => (avatarId === 'nobody' ? null : `/avatars/${avatarId}.jpg`) },
    },
  );
  const server = createServer((request, response) => {
    void answerHttp(sfu, request, page).then(({ status, headers, body }) => {
      response.writeHead(status, headers).end(body);
    });
  });
  server.on('upgrade', (request, socket, head) => sfu.handleUpgrade(request, socket, head));
  const port = await listen(server);
  const signalUrl = `ws://127.0.0.1:${port}/signal`;
  return {
    sfu,
    reenactment,
    origin: `http://127.0.0.1:${port}`,
    signalUrl,
    client: (token, options = {}) =>
      new SignalingClient({
        connect: () => new WebSocket(signalUrl) as unknown as SocketLike,
        token,
        backoffMs: 50,
        ...options,
      }),
    async close() {
      await sfu.close();
      await reenactment.closeAll();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readToken(token: string): TokenGrant {
  const [room, role, expires] = token.split('.');
  if (!room || !['driver', 'viewer', 'admin'].includes(role)) {
    throw new LokiError('TOKEN_INVALID', 'The token is not one of this server.');
  }
  if (Number(expires) <= Date.now()) throw new LokiError('TOKEN_EXPIRED', "The token's time is over.");
  return { room, role: role as Role, expiresAtMs: Number(expires), tokenId: `${room}-${role}` };
}

async function answerHttp(sfu: Sfu, request: IncomingMessage, page?: { html: string; script: string }) {
  const [, first, roomId, resourceId] = new URL(request.url ?? '/', 'http://test').pathname.split('/');
  if (first === 'whip' || first === 'whep') {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return sfu[first]({
      method: request.method ?? 'GET',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      params: { roomId, ...(resourceId && { resourceId }) },
    });
  }
  if (first === 'page.js') {
    return { status: 200, headers: { 'content-type': 'text/javascript' }, body: page?.script ?? '' };
  }
  return { status: 200, headers: { 'content-type': 'text/html' }, body: page?.html ?? '' };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Polls until the condition holds. @throws Error after `timeoutMs` */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 10_000) {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

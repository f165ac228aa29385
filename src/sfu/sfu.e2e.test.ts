import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { RtpParameters } from 'mediasoup/types';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LokiError } from '../errors.ts';
import { EXTENSIONS } from './codecs.ts';
import type { SignalingClient } from './signaling/client.ts';
import { MAX_MESSAGE_BYTES } from './signaling/constants.ts';
import type { ConsumerInfo, TransportInfo } from './signaling/messages.ts';
import { rtp } from './testing/fake-reenactment.ts';
import { WHEP_OFFER } from './testing/offers.ts';
import { startTestServer, type TestServer, testToken, until } from './testing/test-server.ts';

let server: TestServer;
const clients: SignalingClient[] = [];
const sockets: WebSocket[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const socket of sockets.splice(0)) socket.terminate();
  await server?.close();
});

function client(...args: Parameters<TestServer['client']>): SignalingClient {
  const made = server.client(...args);
  clients.push(made);
  return made;
}

async function joined(token: string): Promise<SignalingClient> {
  const made = client(token);
  await made.start();
  return made;
}

/** A bare WebSocket, and what came in on it. */
async function raw(): Promise<{
  socket: WebSocket;
  messages: Record<string, unknown>[];
  closed: Promise<number>;
}> {
  const socket = new WebSocket(server.signalUrl);
  sockets.push(socket);
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(data.toString())));
  socket.on('error', () => {});
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve) => socket.on('open', resolve));
  return { socket, messages, closed };
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

const RECEIVER = {
  codecs: [
    { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 111 },
    { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, preferredPayloadType: 96, rtcpFeedback: [] },
    {
      kind: 'video',
      mimeType: 'video/H264',
      clockRate: 90_000,
      preferredPayloadType: 108,
      parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f' },
    },
  ],
  headerExtensions: [],
};

async function watch(viewer: SignalingClient): Promise<ConsumerInfo[]> {
  const { transportId } = await viewer.request('createTransport', { direction: 'receive' });
  return (await viewer.request('watch', { transportId, rtpCapabilities: RECEIVER })).consumers;
}

describe('joining', () => {
  it('gives peer, capabilities and room, and the clock to within the round trip', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', name: 'Studio', avatarId: 'luna' });
    const viewer = client(testToken('r', 'viewer'));
    const answer = await viewer.start();
    expect(answer).toMatchObject({
      role: 'viewer',
      resumed: false,
      mediaEpoch: 1,
      room: { roomId: 'r', name: 'Studio', avatarId: 'luna', viewers: 1, driverPresent: false },
    });
    await until('clock exchanges', () => viewer.clockOffsetMs !== null);
    expect(Math.abs(viewer.clockOffsetMs!)).toBeLessThanOrEqual(viewer.roundTripMs!);
  });

  it('refuses bad, expired and foreign tokens, and rooms that are not there, each by its code', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    expect(await code(client('nonsense').start())).toBe('TOKEN_INVALID');
    expect(await code(client(testToken('r', 'viewer', -1)).start())).toBe('TOKEN_EXPIRED');
    expect(await code(client(testToken('other', 'viewer')).start())).toBe('ROOM_NOT_FOUND');
    expect((await server.sfu.snapshot()).refusals).toMatchObject({
      TOKEN_INVALID: 1,
      TOKEN_EXPIRED: 1,
      ROOM_NOT_FOUND: 1,
    });
  });

  it('refuses a second driver and lets the first go on', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const first = await joined(testToken('r', 'driver'));
    expect(await code(client(testToken('r', 'driver')).start())).toBe('DRIVER_PRESENT');
    expect(first.state).toBe('joined');
    expect(server.reenactment.sessions.size).toBe(1);
  });

  it('refuses the viewer too many, and takes the next one when a seat is free', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna', maxViewers: 1 });
    const first = await joined(testToken('r', 'viewer'));
    expect(await code(client(testToken('r', 'viewer')).start())).toBe('ROOM_FULL');
    await joined(testToken('r', 'driver'));
    first.close();
    await until('the seat', () => server.sfu.rooms.get('r')!.snapshot().viewers === 0);
    await joined(testToken('r', 'viewer'));
  });

  it('refuses the driver whose session the reenactment refuses, with its reason', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    server.reenactment.refuse = new LokiError('SERVER_BUSY', 'Full; try later.');
    expect(await code(client(testToken('r', 'driver')).start())).toBe('SERVER_BUSY');
    server.reenactment.refuse = null;
    await joined(testToken('r', 'driver'));
  });

  it('says goodbye to a driver whose session fails to open later', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    server.reenactment.openDelayMs = 500;
    server.reenactment.refuse = new LokiError('MODEL_MISSING', 'A model is not there.');
    const driver = await joined(testToken('r', 'driver'));
    expect(await new Promise((resolve) => driver.on('ended', ({ code: why }) => resolve(why)))).toBe(
      'MODEL_MISSING',
    );
    expect(server.sfu.rooms.get('r')!.snapshot().driver).toBeNull();
  });

  it('ends a session whose token expires', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const viewer = await joined(testToken('r', 'viewer', 400));
    expect(await new Promise((resolve) => viewer.on('ended', ({ code: why }) => resolve(why)))).toBe(
      'TOKEN_EXPIRED',
    );
    expect(server.sfu.rooms.get('r')!.snapshot().viewers).toBe(0);
  });
});

describe('coming and going', () => {
  it('keeps the peer of a lost connection and gives it back for the resume secret alone', async () => {
    server = await startTestServer({ graceMs: 2_000 });
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const { socket, messages, closed } = await raw();
    const token = testToken('r', 'driver');
    socket.send(JSON.stringify({ id: 1, type: 'join', data: { version: 1, token } }));
    await until('the answer', () => messages.some(({ id }) => id === 1));
    const first = messages.find(({ id }) => id === 1)!['data'] as { peerId: string; resume: string };
    socket.terminate();
    await closed;
    await until('the loss', () => server.sfu.rooms.get('r')!.snapshot().driver?.connected === false);

    const again = client(token, { resume: first.resume });
    expect(await again.start()).toMatchObject({ peerId: first.peerId, resumed: true });
    expect(server.sfu.rooms.get('r')!.snapshot().driver).toMatchObject({
      peerId: first.peerId,
      connected: true,
    });
    const stranger = client(testToken('r', 'viewer'), { resume: first.resume });
    expect(await stranger.start()).toMatchObject({ resumed: false, role: 'viewer' });
  });

  it('tells an older connection that the session was taken up elsewhere', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const first = client(testToken('r', 'viewer'));
    const { resume, peerId } = await first.start();
    const ended = new Promise((resolve) => first.on('ended', ({ code: why }) => resolve(why)));
    const second = client(testToken('r', 'viewer'), { resume });
    expect(await second.start()).toMatchObject({ peerId, resumed: true });
    expect(await ended).toBe('SESSION_TAKEN');
    expect(second.state).toBe('joined');
  });

  it('gives the place of a lost driver to the next one at once', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const { socket, messages } = await raw();
    socket.send(
      JSON.stringify({ id: 1, type: 'join', data: { version: 1, token: testToken('r', 'driver') } }),
    );
    await until('the answer', () => messages.length > 0);
    socket.terminate();
    await until('the loss', () => server.sfu.rooms.get('r')!.snapshot().driver?.connected === false);
    await joined(testToken('r', 'driver'));
    expect(server.reenactment.sessions.size).toBe(1);
  });

  it('closes the session a grace period after its driver left, and tells viewers of new streams', async () => {
    server = await startTestServer({ graceMs: 300 });
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const viewer = await joined(testToken('r', 'viewer'));
    const before = await watch(viewer);
    const streams = new Promise((resolve) => viewer.on('streams', resolve));
    const driver = await joined(testToken('r', 'driver'));
    driver.close();
    await streams;
    expect(server.reenactment.sessions.size).toBe(0);
    const after = await watch(viewer);
    expect(after).toHaveLength(2);
    expect(after[0].producerId).not.toBe(before[0].producerId);
  });

  it('has viewers told to show each picture at once, and sound as it comes', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    await joined(testToken('r', 'driver'));
    const viewer = await joined(testToken('r', 'viewer'));
    const { transportId } = await viewer.request('createTransport', { direction: 'receive' });
    const { uri } = EXTENSIONS.playoutDelay;
    const headerExtensions = ['audio', 'video'].map((kind) => ({ kind, uri, preferredId: 14 }));
    const { consumers } = await viewer.request('watch', {
      transportId,
      rtpCapabilities: { ...RECEIVER, headerExtensions },
    });
    const uris = ({ rtpParameters }: ConsumerInfo) =>
      (rtpParameters as unknown as RtpParameters).headerExtensions?.map((extension) => extension.uri);
    expect(uris(consumers.find(({ kind }) => kind === 'video')!)).toContain(uri);
    const [session] = server.reenactment.sessions.values();
    const { video, audio } = session.spec.streams;
    expect(video.extensions.playoutDelay).toBe(EXTENSIONS.playoutDelay.id);
    expect(audio.extensions.playoutDelay).toBeUndefined();
  });

  it('lets everyone go when the room is closed', async () => {
    server = await startTestServer();
    const room = await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const both = [await joined(testToken('r', 'viewer')), await joined(testToken('r', 'driver'))];
    const reasons = both.map(
      (each) => new Promise((resolve) => each.on('ended', ({ code: why }) => resolve(why))),
    );
    await room.close();
    expect(await Promise.all(reasons)).toEqual(['ROOM_CLOSED', 'ROOM_CLOSED']);
    expect(server.reenactment.sessions.size).toBe(0);
    expect(server.sfu.rooms.list()).toEqual([]);
  });

  it('drains: warns, takes nobody new, and is done when the last has left', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const viewer = await joined(testToken('r', 'viewer'));
    const warned = new Promise((resolve) => viewer.on('warning', ({ code: why }) => resolve(why)));
    const drained = server.sfu.drain(10_000);
    expect(await warned).toBe('SHUTTING_DOWN');
    const { socket, closed } = { socket: new WebSocket(server.signalUrl), closed: null };
    expect(closed).toBeNull();
    expect(await new Promise((resolve) => socket.on('error', ({ message }) => resolve(message)))).toMatch(
      /503/,
    );
    viewer.close();
    await drained;
  });
});

describe('what the driver may change', () => {
  it('passes options, avatar, calibration and tracking on, and keeps them', async () => {
    server = await startTestServer();
    const room = await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const driver = await joined(testToken('r', 'driver'));
    const { options } = await driver.request('setOptions', {
      options: { mirror: true, gain: { mouth: 1.5 } },
    });
    expect(options).toMatchObject({ mirror: true, gain: { mouth: 1.5 }, smoothing: 1 });
    await driver.request('setOptions', { options: { gain: { brows: 0.5 } } });
    expect(room.snapshot().options.gain).toEqual({ mouth: 1.5, brows: 0.5 });
    await driver.request('setAvatar', { avatarId: 'finn' });
    await driver.request('calibrate', {});
    expect(await code(driver.request('setAvatar', { avatarId: 'nobody' }))).toBe('AVATAR_NOT_FOUND');
    expect(await code(driver.request('setAvatar', { avatarId: 'faceless' }))).toBe('NO_FACE');
    expect(room.snapshot().avatarId).toBe('finn');
    const names = server.reenactment.calls.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(['setOptions', 'setAvatar', 'calibrate']));
  });

  it('lets no viewer send or change anything', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const viewer = await joined(testToken('r', 'viewer'));
    const attempts = [
      viewer.request('createTransport', { direction: 'send' }),
      viewer.request('produce', { transportId: 'x', kind: 'video', rtpParameters: {} }),
      viewer.request('produceLandmarks', { transportId: 'x', sctpStreamParameters: {} }),
      viewer.request('closeProducer', { producerId: 'x' }),
      viewer.request('setAvatar', { avatarId: 'finn' }),
      viewer.request('setOptions', { options: { mirror: true } }),
      viewer.request('setTracking', { mode: 'private' }),
      viewer.request('calibrate', {}),
    ];
    expect(await Promise.all(attempts.map(code))).toEqual(attempts.map(() => 'NOT_ALLOWED'));
  });
});

describe('failing closed', () => {
  it('gives a viewer the avatar and nothing of the driver, whatever it asks for', async () => {
    server = await startTestServer({ requestsASecond: 1_000 });
    const room = await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const driver = await joined(testToken('r', 'driver'));
    const { transportId: sendId } = await driver.request('createTransport', { direction: 'send' });
    const driverSsrc = 0x5eed;
    const produce = async (kind: 'video' | 'audio', codec: object, ssrc: number) =>
      (
        await driver.request('produce', {
          transportId: sendId,
          kind,
          rtpParameters: { mid: kind, codecs: [codec], encodings: [{ ssrc }], rtcp: { cname: 'the-driver' } },
        })
      ).producerId;
    const driverIds = [
      await produce('video', { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 }, driverSsrc),
      await produce(
        'audio',
        { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 },
        driverSsrc + 1,
      ),
    ];
    // They are there to be stolen: the worker is told of both.
    const [session] = server.reenactment.sessions.values();
    await until(
      'the driver at the worker',
      () => session.streams.video !== undefined && session.streams.audio !== undefined,
    );
    const workerSsrcs = [session.streams.video!.ssrc, session.streams.audio!.ssrc];

    for (const role of ['viewer', 'admin'] as const) {
      const viewer = await joined(testToken('r', role));
      const avatar = await watch(viewer);
      expect(avatar.map(({ kind }) => kind)).toEqual(['video', 'audio']);
      const avatarIds = new Set(avatar.map(({ producerId }) => producerId));
      expect(driverIds.filter((id) => avatarIds.has(id))).toEqual([]);
      const isAvatar = ({ producerId, rtpParameters }: ConsumerInfo) => {
        const { rtcp, encodings } = rtpParameters as {
          rtcp: { cname: string };
          encodings: { ssrc: number }[];
        };
        return (
          avatarIds.has(producerId) &&
          rtcp.cname === session.spec.streams.cname &&
          ![driverSsrc, driverSsrc + 1, ...workerSsrcs].includes(encodings[0].ssrc)
        );
      };
      expect(avatar.every(isAvatar)).toBe(true);

      const everyId = [...driverIds, sendId, room.snapshot().driver!.peerId, session.spec.sessionId];
      for (const id of everyId) {
        // One each: too many malformed messages end a connection.
        const forger = await joined(testToken('r', role));
        const { transportId } = await forger.request('createTransport', { direction: 'receive' });
        const forged: [string, object][] = [
          ['watch', { transportId, rtpCapabilities: RECEIVER, producerId: id }],
          ['watch', { transportId, rtpCapabilities: RECEIVER, peerId: id, kind: 'video' }],
          ['watch', { transportId: id, rtpCapabilities: RECEIVER }],
          ['consume', { transportId, producerId: id, rtpCapabilities: RECEIVER }],
          ['consumeData', { transportId, dataProducerId: id }],
          ['createTransport', { direction: 'receive', producerId: id }],
          ['connectTransport', { transportId: id, dtlsParameters: {} }],
          ['restartIce', { transportId: id }],
          ['produce', { transportId: id, kind: 'video', rtpParameters: {} }],
          ['closeProducer', { producerId: id }],
          ['resumeConsumer', { consumerId: id }],
          ['__proto__', { producerId: id }],
          ['constructor', { producerId: id }],
        ];
        for (const [type, data] of forged) {
          expect(await code(forger.request(type as never, data as never))).toMatch(
            /^(BAD_MESSAGE|NOT_ALLOWED|NOT_FOUND)$/,
          );
        }
        // Inside what is opaque to the protocol an id is taken, and changes nothing.
        const { consumers } = await forger.request('watch', {
          transportId,
          rtpCapabilities: { ...RECEIVER, producerId: id, producers: everyId },
        });
        expect(consumers).toHaveLength(2);
        expect(consumers.every(isAvatar)).toBe(true);
      }
    }

    const token = testToken('r', 'viewer');
    const whep = (offer: string, params: object = {}, headers: object = {}) =>
      server.sfu.whep({
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp', ...headers },
        body: offer,
        params: { roomId: 'r', ...params },
      });
    for (const id of driverIds) {
      const { status, body } = await whep(
        WHEP_OFFER.replaceAll(
          'a=recvonly',
          `a=recvonly\r\na=msid:${id} ${id}\r\na=ssrc:${driverSsrc} cname:the-driver`,
        ),
        { producerId: id },
        { 'x-producer-id': id },
      );
      expect(status).toBe(201);
      expect(body).toContain(`cname:${session.spec.streams.cname}`);
      for (const stolen of [id, 'the-driver', ...workerSsrcs, driverSsrc])
        expect(body).not.toContain(String(stolen));
      expect((await whep(WHEP_OFFER, { resourceId: id })).status).toBe(405);
    }
  });
});

describe('bad input', () => {
  it('answers malformed, out-of-order and replayed requests, and goes on', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const { socket, messages } = await raw();
    const say = (message: unknown) =>
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    say({ id: 1, type: 'clock', data: { sentMs: 1 } });
    say({ id: 2, type: 'join', data: { version: 1, token: testToken('r', 'viewer'), more: 1 } });
    say({ id: 3, type: 'join', data: { version: 1, token: testToken('r', 'viewer') } });
    await until('the join', () => messages.some(({ id, ok }) => id === 3 && ok === true));
    say('{"id":');
    say('[]');
    say({ type: 'clock', data: { sentMs: 1 } });
    say({ id: 4, type: 'nonsense', data: {} });
    say({ id: 5, type: 'clock', data: { sentMs: 'now' } });
    say({ id: 3, type: 'clock', data: { sentMs: 1 } });
    say({ id: 6, type: 'clock', data: { sentMs: 1 } });
    say({ id: 6, type: 'clock', data: { sentMs: 1 } });
    await until('all answers', () => messages.filter(({ id }) => id === 6).length === 2);
    const codes = (id: number) =>
      messages
        .filter((message) => message['id'] === id)
        .map(({ error }) => (error as { code: string } | undefined)?.code);
    expect(codes(1)).toEqual(['NOT_JOINED']);
    expect(codes(2)).toEqual(['BAD_MESSAGE']);
    expect(codes(3)).toEqual([undefined, 'BAD_MESSAGE']);
    expect(codes(4)).toEqual(['BAD_MESSAGE']);
    expect(codes(5)).toEqual(['BAD_MESSAGE']);
    expect(codes(6).sort()).toEqual(['BAD_MESSAGE', undefined]);
    expect(messages.filter(({ type }) => type === 'warning')).toHaveLength(3);
    expect(JSON.stringify(messages)).not.toMatch(/\.ts:|node_modules/);
  });

  it.each([
    [
      'a message that is too large',
      1009,
      (socket: WebSocket) => socket.send('x'.repeat(MAX_MESSAGE_BYTES + 1)),
    ],
    [
      'one malformed message after the other',
      4400,
      (socket: WebSocket) => {
        for (let i = 0; i < 12; i++) socket.send('nonsense');
      },
    ],
    [
      'a flood of requests',
      4429,
      (socket: WebSocket) => {
        for (let i = 0; i < 400; i++)
          socket.send(JSON.stringify({ id: i, type: 'clock', data: { sentMs: i } }));
      },
    ],
    ['silence', 4408, () => {}],
  ])('closes the connection that sends %s', async (_what, closeCode, misbehave) => {
    server = await startTestServer({ joinTimeoutMs: 1_500 });
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const viewer = await joined(testToken('r', 'viewer'));
    const { socket, closed } = await raw();
    misbehave(socket);
    expect(await closed).toBe(closeCode);
    await viewer.request('clock', { sentMs: 1 });
  });

  it('closes a client that stops reading, and the others notice nothing', async () => {
    server = await startTestServer({ maxBufferedBytes: 64 * 1024, heartbeatMs: 60_000 });
    const room = await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const viewer = await joined(testToken('r', 'viewer'));
    const { port, hostname } = new URL(server.signalUrl);
    const stuck = connect(Number(port), hostname);
    stuck.on('error', () => {});
    const closed = new Promise((resolve) => stuck.on('close', resolve));
    stuck.write(
      `GET /signal HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    await new Promise((resolve) => stuck.once('data', resolve));
    stuck.write(
      maskedText(
        JSON.stringify({ id: 1, type: 'join', data: { version: 1, token: testToken('r', 'admin') } }),
      ),
    );
    await until('the join', () => viewer.state === 'joined' && room.snapshot().viewers === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    stuck.pause();
    const heapBefore = process.memoryUsage().heapUsed;
    const big = 'x'.repeat(30);
    for (
      let i = 0;
      i < 40_000 && (await server.sfu.snapshot()).closes['READER_STOPPED'] === undefined;
      i += 500
    ) {
      for (let j = 0; j < 500; j++)
        (room as unknown as { notify(n: object): void }).notify({
          type: 'warning',
          data: { code: big, message: big.repeat(20) },
        });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await server.sfu.snapshot()).closes['READER_STOPPED']).toBe(1);
    stuck.resume();
    await closed;
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(200e6);
    expect(viewer.state).toBe('joined');
    await viewer.request('clock', { sentMs: 1 });
  });

  it('holds out against a thousand connections that say nothing', async () => {
    server = await startTestServer({
      joinTimeoutMs: 3_000,
      maxSilentConnections: 200,
      maxConnectionsAnAddress: 5_000,
    });
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const viewer = await joined(testToken('r', 'viewer'));
    const driver = await joined(testToken('r', 'driver'));
    const delaysMs: number[] = [];
    const probe = setInterval(() => {
      const sentMs = performance.now();
      viewer
        .request('clock', { sentMs })
        .then(() => delaysMs.push(performance.now() - sentMs))
        .catch(() => delaysMs.push(Number.POSITIVE_INFINITY));
    }, 100);
    const closes = Array.from({ length: 1_000 }, () => {
      const socket = new WebSocket(server.signalUrl);
      sockets.push(socket);
      socket.on('error', () => {});
      return new Promise<number>((resolve) => socket.on('close', resolve));
    });
    const codes = await Promise.all(closes);
    clearInterval(probe);
    // A close frame that comes late behind a thousand handshakes is cut off after a second (1006).
    expect(codes.every((each) => each === 4408 || each === 1006)).toBe(true);
    expect(codes.filter((each) => each === 4408).length).toBeGreaterThan(200);
    await joined(testToken('r', 'viewer'));
    expect(driver.state).toBe('joined');
    expect(Math.max(...delaysMs)).toBeLessThan(2_000);
    expect((await server.sfu.snapshot()).connections).toBe(3);
  });

  it('limits the connections of one address', async () => {
    server = await startTestServer({ maxConnectionsAnAddress: 2 });
    await raw();
    await raw();
    const third = new WebSocket(server.signalUrl);
    expect(await new Promise((resolve) => third.on('error', ({ message }) => resolve(message)))).toMatch(
      /429/,
    );
  });

  it('lets garbage at the media port pass by', async () => {
    server = await startTestServer();
    const room = await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const viewer = await joined(testToken('r', 'viewer'));
    const driver = await room.driveFromRtp({
      video: { codec: 'VP8', payloadType: 96, ssrc: 7 },
      audio: null,
    });
    const { port } = (await server.sfu.snapshot()).workers[0];
    const socket = createSocket('udp4');
    let state = 1;
    const noise = (bytes: number) =>
      Buffer.from(Array.from({ length: bytes }, () => (state = (state * 48_271) % 0x7fffffff) & 255));
    for (let i = 0; i < 2_000; i++) {
      const packet = noise(1 + (i % 1200));
      socket.send(packet, port, '127.0.0.1');
      socket.send(packet, driver.address.port, driver.address.ip);
      const header = rtp({ payloadType: 96, ssrc: 7 }, i, i * 90, true, noise(i % 60));
      socket.send(header, driver.address.port, driver.address.ip);
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await watch(viewer)).toHaveLength(2);
    expect((await server.sfu.snapshot()).workerRestarts).toBe(0);
    socket.close();
  });

  it('refuses media parameters that are none, and keeps the worker alive', async () => {
    server = await startTestServer();
    await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna' });
    const driver = await joined(testToken('r', 'driver'));
    const { transportId }: TransportInfo = await driver.request('createTransport', { direction: 'send' });
    const attempts: [string, Promise<unknown>][] = [
      ['MEDIA_REFUSED', driver.request('connectTransport', { transportId, dtlsParameters: {} })],
      [
        'MEDIA_REFUSED',
        driver.request('connectTransport', {
          transportId,
          dtlsParameters: { fingerprints: [{ algorithm: 'x', value: 1 }] },
        }),
      ],
      ['MEDIA_REFUSED', driver.request('produce', { transportId, kind: 'video', rtpParameters: {} })],
      [
        'MEDIA_REFUSED',
        driver.request('produce', {
          transportId,
          kind: 'video',
          rtpParameters: {
            codecs: [{ mimeType: 'video/AV1', payloadType: 1, clockRate: 90_000 }],
            encodings: [{ ssrc: 1 }],
          },
        }),
      ],
      [
        'NOT_ALLOWED',
        driver.request('produceLandmarks', { transportId, sctpStreamParameters: { streamId: 1 } }),
      ],
      ['NOT_FOUND', driver.request('watch', { transportId, rtpCapabilities: RECEIVER })],
      ['NOT_FOUND', driver.request('restartIce', { transportId: 'elsewhere' })],
    ];
    for (const [expected, attempt] of attempts) expect(await code(attempt)).toBe(expected);
    expect((await server.sfu.snapshot()).workerRestarts).toBe(0);
  });
});

/** One client frame (RFC 6455, section 5.2), masked with zeros. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]);
  return Buffer.concat([header, payload]);
}

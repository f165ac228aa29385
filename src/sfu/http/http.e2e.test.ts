import * as sdpTransform from 'sdp-transform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../sfu-types.ts';
import { FFMPEG_OFFER, GSTREAMER_OFFER, OBS_OFFER, WHEP_OFFER } from '../testing/offers.ts';
import { startTestServer, type TestServer, testToken, until } from '../testing/test-server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer({
    graceMs: 300,
    stunUrls: ['stun:stun.example'],
    turn: { urls: ['turn:turn.example'], secret: 's', ttlS: 60 },
  });
  await server.sfu.rooms.create({ roomId: 'r', avatarId: 'luna', maxViewers: 1 });
});

afterEach(async () => {
  await server.close();
});

interface Ask {
  readonly method?: string;
  readonly body?: string;
  readonly token?: string | null;
  readonly type?: string;
  readonly room?: string;
  readonly resourceId?: string;
  readonly headers?: Record<string, string>;
}

function ask(kind: 'whip' | 'whep', options: Ask = {}): Promise<HttpAnswer> {
  const { method = 'POST', body = '', room = 'r', resourceId } = options;
  const { token = testToken('r', kind === 'whip' ? 'driver' : 'viewer'), type = 'application/sdp' } = options;
  return server.sfu[kind]({
    method,
    headers: {
      'content-type': type,
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...options.headers,
    },
    body,
    params: { roomId: room, ...(resourceId && { resourceId }) },
  });
}

const codeOf = ({ body }: HttpAnswer) => (JSON.parse(body) as { code: string }).code;
const resourceOf = ({ headers }: HttpAnswer) => String(headers['location']).split('/')[3];

describe('WHIP', () => {
  it.each([
    ['OBS', OBS_OFFER],
    ['GStreamer', GSTREAMER_OFFER],
    ['FFmpeg', FFMPEG_OFFER],
  ])('answers the offer of %s, and passes its streams on', async (_name, offer) => {
    const made = await ask('whip', { body: offer });
    expect(made.status).toBe(201);
    expect(made.headers).toMatchObject({
      'content-type': 'application/sdp',
      'accept-patch': 'application/trickle-ice-sdpfrag',
      location: expect.stringMatching(/^\/whip\/r\/[\w-]{20,}$/),
      etag: expect.stringMatching(/^"[\w-]+"$/),
      link: [
        '<stun:stun.example>; rel="ice-server"',
        expect.stringContaining('<turn:turn.example>; rel="ice-server"; username='),
      ],
    });
    const answer = sdpTransform.parse(made.body);
    expect(answer.media.map(({ direction }) => direction)).toEqual(['recvonly', 'recvonly']);
    const [session] = server.reenactment.sessions.values();
    await until(
      'both streams',
      () => session.streams.video !== undefined && session.streams.audio !== undefined,
    );
    expect(session.streams.video?.codec).toBe('H264');

    expect((await ask('whip', { method: 'DELETE', resourceId: resourceOf(made) })).status).toBe(200);
    expect(server.sfu.rooms.get('r')!.snapshot().driver).toBeNull();
    const again = await ask('whip', { method: 'DELETE', resourceId: resourceOf(made) });
    expect([again.status, codeOf(again)]).toEqual([404, 'NOT_FOUND']);
  });

  it('refuses the second driver with 409 and a time to come back', async () => {
    await ask('whip', { body: OBS_OFFER });
    const second = await ask('whip', { body: FFMPEG_OFFER });
    expect([second.status, codeOf(second)]).toEqual([409, 'DRIVER_PRESENT']);
    expect(second.headers['retry-after']).toBe('5');
    const viewer = server.client(testToken('r', 'driver'));
    await expect(viewer.start()).rejects.toMatchObject({ code: 'DRIVER_PRESENT' });
  });

  it('trickles with 204, restarts ICE with 200, and tells stale and careless PATCHes apart', async () => {
    const made = await ask('whip', { body: OBS_OFFER });
    const patch = (body: string, ifMatch?: string, type = 'application/trickle-ice-sdpfrag') =>
      ask('whip', {
        method: 'PATCH',
        resourceId: resourceOf(made),
        body,
        type,
        headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      });
    const same =
      'a=ice-ufrag:nxcM\r\na=ice-pwd:ezjAjgSSLLvbRhUA1zc6Se\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 UDP 2122317823 192.0.2.1 5000 typ host\r\n';
    const fresh = 'a=ice-ufrag:new1\r\na=ice-pwd:anotherpasswordofthisclient\r\n';
    const etag = String(made.headers['etag']);
    expect((await patch(same)).status).toBe(204);
    expect((await patch(same, etag)).status).toBe(204);
    expect((await patch(same, '"stale"')).status).toBe(412);
    expect((await patch(fresh)).status).toBe(428);
    expect((await patch(fresh, etag)).status).toBe(428);
    expect((await patch('a=end-of-candidates\r\n', etag)).status).toBe(400);
    const wrongType = await patch(same, etag, 'application/json');
    expect([wrongType.status, wrongType.headers['accept-patch']]).toEqual([
      415,
      'application/trickle-ice-sdpfrag',
    ]);

    const restarted = await patch(fresh, '*');
    expect(restarted.status).toBe(200);
    expect(restarted.headers['content-type']).toBe('application/trickle-ice-sdpfrag');
    expect(restarted.headers['etag']).not.toBe(etag);
    const before = /a=ice-ufrag:(.*)\r\n/.exec(made.body)![1];
    const after = /a=ice-ufrag:(.*)\r\n/.exec(restarted.body)![1];
    expect(after).not.toBe(before);
    expect(restarted.body).toMatch(/a=ice-pwd:.{20,}\r\n/);
    expect(restarted.body).toMatch(/a=candidate:/);
    expect((await patch(fresh, etag)).status).toBe(412);
    expect((await patch(fresh, String(restarted.headers['etag']))).status).toBe(204);
  });

  it('takes the place of a session in private mode back to the camera', async () => {
    await server.sfu.rooms.get('r')!.setTracking('private');
    expect((await ask('whip', { body: OBS_OFFER })).status).toBe(201);
    expect(server.sfu.rooms.get('r')!.snapshot().tracking).toBe('server');
    await expect(server.sfu.rooms.get('r')!.setTracking('private')).rejects.toMatchObject({
      code: 'NOT_ALLOWED',
    });
  });

  it('ends the session when the token expires', async () => {
    const made = await ask('whip', { body: OBS_OFFER, token: testToken('r', 'driver', 300) });
    expect(made.status).toBe(201);
    await until('the end', () => server.sfu.rooms.get('r')!.snapshot().driver === null);
  });
});

describe('WHEP', () => {
  it("answers with the room's codec under the player's own payload types", async () => {
    const made = await ask('whep', { body: WHEP_OFFER });
    expect(made.status).toBe(201);
    const answer = sdpTransform.parse(made.body);
    expect(answer.media.map(({ direction, rtp }) => [direction, rtp[0].payload, rtp[0].codec])).toEqual([
      ['sendonly', 120, 'VP8'],
      ['sendonly', 109, 'opus'],
    ]);
    expect(answer.media[0].rtcpFb).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'nack' }),
        expect.objectContaining({ type: 'nack', subtype: 'pli' }),
      ]),
    );
    expect(server.sfu.rooms.get('r')!.snapshot()).toMatchObject({ viewers: 1, whepViewers: 1 });
  });

  it('refuses the player too many with 503, and takes it when a seat is free', async () => {
    const made = await ask('whep', { body: WHEP_OFFER });
    const second = await ask('whep', { body: WHEP_OFFER });
    expect([second.status, codeOf(second), second.headers['retry-after']]).toEqual([503, 'ROOM_FULL', '5']);
    await ask('whep', { method: 'DELETE', resourceId: resourceOf(made) });
    expect((await ask('whep', { body: WHEP_OFFER })).status).toBe(201);
  });

  it("refuses a player that can not take the room's codec, or does not receive", async () => {
    await server.sfu.rooms.create({ roomId: 'h', avatarId: 'luna', videoCodec: 'H264' });
    const videoOnly = WHEP_OFFER.slice(0, WHEP_OFFER.indexOf('m=audio')).replace('BUNDLE 0 1', 'BUNDLE 0');
    const inH264 = (body: string) => ask('whep', { body, room: 'h', token: testToken('h', 'viewer') });
    expect((await inH264(videoOnly)).status).toBe(201);
    const high = await inH264(videoOnly.replace('42e01f', '640028'));
    expect([high.status, codeOf(high)]).toEqual([422, 'MEDIA_REFUSED']);
    expect((await ask('whep', { body: OBS_OFFER })).status).toBe(422);
  });

  it('ends the players of a session that is over', async () => {
    const driver = await server.sfu.rooms.get('r')!.driveFromRtp({ video: null, audio: null });
    const made = await ask('whep', { body: WHEP_OFFER });
    driver.close();
    await until('the seat', () => server.sfu.rooms.get('r')!.snapshot().viewers === 0);
    expect((await ask('whep', { method: 'DELETE', resourceId: resourceOf(made) })).status).toBe(404);
    expect((await ask('whep', { body: WHEP_OFFER })).status).toBe(201);
  });
});

describe.each(['whip', 'whep'] as const)('%s as HTTP', (kind) => {
  const body = kind === 'whip' ? OBS_OFFER : WHEP_OFFER;

  it('asks for a token, and says what is wrong with another', async () => {
    const none = await ask(kind, { body, token: null });
    expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    const bad = await ask(kind, { body, token: 'nonsense' });
    expect([bad.status, bad.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(codeOf(await ask(kind, { body, token: testToken('r', 'driver', -1) }))).toBe('TOKEN_EXPIRED');
    const elsewhere = await ask(kind, { body, token: testToken('other', 'driver') });
    expect([elsewhere.status, elsewhere.headers['www-authenticate']]).toEqual([
      403,
      'Bearer error="insufficient_scope"',
    ]);
    const basic = await ask(kind, { body, headers: { authorization: 'Basic eDp5' } });
    expect(basic.status).toBe(401);
    const nowhere = await ask(kind, { body, room: 'none', token: testToken('none', 'driver') });
    expect([nowhere.status, codeOf(nowhere)]).toEqual([404, 'ROOM_NOT_FOUND']);
  });

  it('takes SDP that it can read, of bounded size', async () => {
    expect((await ask(kind, { body, type: 'text/plain' })).status).toBe(415);
    expect((await ask(kind, { body, type: 'Application/SDP; charset=utf-8' })).status).toBe(201);
    const bad = await ask(kind, { body: 'v=0\r\nnonsense' });
    expect([bad.status, codeOf(bad), bad.headers['content-type']]).toEqual([
      400,
      'BAD_MESSAGE',
      'application/problem+json',
    ]);
    expect(bad.body).not.toContain('    at ');
    expect((await ask(kind, { body: `${body}${'a=x\r\n'.repeat(20_000)}` })).status).toBe(413);
  });

  it('answers OPTIONS, and 405 to what it does not do', async () => {
    const preflight = await ask(kind, { method: 'OPTIONS', token: null });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'accept-post': 'application/sdp',
    });
    expect(preflight.headers['link']).toBeUndefined();
    expect((await ask(kind, { method: 'OPTIONS' })).headers['link']).toHaveLength(2);
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
      expect((await ask(kind, { method })).status).toBe(405);
    }
    for (const method of ['GET', 'POST', 'PUT']) {
      expect((await ask(kind, { method, resourceId: 'x' })).status).toBe(405);
    }
  });

  it('keeps the sessions of one room from the tokens of another', async () => {
    await server.sfu.rooms.create({ roomId: 'other', avatarId: 'luna' });
    const made = await ask(kind, { body });
    const role = kind === 'whip' ? 'driver' : 'viewer';
    const id = resourceOf(made);
    const foreign = testToken('other', role);
    expect((await ask(kind, { method: 'DELETE', resourceId: id, token: foreign })).status).toBe(403);
    expect(
      (await ask(kind, { method: 'DELETE', resourceId: id, token: foreign, room: 'other' })).status,
    ).toBe(404);
    expect((await ask(kind, { method: 'DELETE', resourceId: id, token: null })).status).toBe(401);
    expect((await ask(kind, { method: 'DELETE', resourceId: id })).status).toBe(200);
  });

  it('refuses newcomers while the server drains', async () => {
    await server.sfu.drain(10);
    const late = await ask(kind, { body });
    expect([late.status, codeOf(late)]).toEqual([503, 'SHUTTING_DOWN']);
  });
});

import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type Rollup } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer, testToken, until } from './testing/test-server.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** What runs in the page: clients that others wrote, and the room's own client. */
const PAGE = `
import { Device } from 'mediasoup-client';
import { WHIPClient, } from 'whip-whep/whip.js';
import { WHEPClient } from 'whip-whep/whep.js';
import { WHIPClient as EyevinnWhip } from '@eyevinn/whip-web-client';
import { WebRTCPlayer } from '@eyevinn/webrtc-player';
import { SignalingClient } from './signaling/client.ts';

async function camera() {
  return navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 }, audio: true });
}
function show(stream) {
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  video.srcObject = stream;
  document.body.append(video);
  window.video = video;
}
window.t = {
  async whip(url, token) {
    const stream = await camera();
    const pc = (window.pc = new RTCPeerConnection());
    for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    const client = (window.client = new WHIPClient());
    await client.publish(pc, url, token);
  },
  async whipSimulcast(url, token, codec) {
    const stream = await camera();
    const pc = (window.pc = new RTCPeerConnection());
    const transceiver = pc.addTransceiver(stream.getVideoTracks()[0], {
      direction: 'sendonly',
      sendEncodings: [{ rid: 'h' }, { rid: 'l', scaleResolutionDownBy: 2 }],
    });
    if (codec) {
      const { codecs } = RTCRtpSender.getCapabilities('video');
      transceiver.setCodecPreferences(codecs.filter((c) => c.mimeType === codec || c.mimeType === 'video/rtx'));
    }
    await (window.client = new WHIPClient()).publish(pc, url, token);
  },
  async eyevinnWhip(url, token) {
    const client = (window.client = new EyevinnWhip({ endpoint: url, opts: { authkey: token } }));
    await client.ingest(await camera());
    return client.getResourceUrl();
  },
  async whep(url, token, kinds) {
    const pc = (window.pc = new RTCPeerConnection());
    const stream = new MediaStream();
    for (const kind of kinds) stream.addTrack(pc.addTransceiver(kind, { direction: 'recvonly' }).receiver.track);
    show(stream);
    await (window.client = new WHEPClient()).view(pc, url, token);
  },
  async player(url, token) {
    const video = document.createElement('video');
    video.muted = true;
    document.body.append(video);
    window.video = video;
    const player = (window.client = new WebRTCPlayer({ video, type: 'whep', statsTypeFilter: '^candidate-*|^inbound-rtp' }));
    await player.load(new URL(url), token);
  },
  async join(url, token) {
    const client = (window.signal = new SignalingClient({ connect: () => new WebSocket(url), token }));
    window.notes = [];
    for (const type of ['room', 'streams', 'mediaReset', 'stats', 'goodbye']) client.on(type, (data) => window.notes.push({ type, data }));
    const joined = await client.start();
    window.device = await Device.factory();
    await window.device.load({ routerRtpCapabilities: joined.routerRtpCapabilities });
    return joined;
  },
  async transport(direction) {
    const info = await signal.request('createTransport', { direction });
    const options = { ...info, id: info.transportId };
    const transport = direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
    transport.on('connect', ({ dtlsParameters }, done, failed) =>
      signal.request('connectTransport', { transportId: transport.id, dtlsParameters }).then(done, failed));
    transport.on('produce', ({ kind, rtpParameters }, done, failed) =>
      signal.request('produce', { transportId: transport.id, kind, rtpParameters }).then(({ producerId }) => done({ id: producerId }), failed));
    transport.on('producedata', ({ sctpStreamParameters }, done, failed) =>
      signal.request('produceLandmarks', { transportId: transport.id, sctpStreamParameters }).then(({ dataProducerId }) => done({ id: dataProducerId }), failed));
    return (window[direction] = transport);
  },
  async drive() {
    const stream = await camera();
    await this.transport('send');
    const ids = [];
    for (const track of stream.getTracks()) ids.push((await send.produce({ track, stopTracks: false })).id);
    return ids;
  },
  async landmarks() {
    if (!window.send || send.closed) await this.transport('send');
    const producer = await send.produceData({ ordered: false, maxRetransmits: 0, label: 'landmarks' });
    await new Promise((done) => (producer.readyState === 'open' ? done() : producer.on('open', done)));
    window.pump = setInterval(() => producer.send(new Uint8Array(24)), 50);
  },
  async watch() {
    await this.transport('receive');
    const { consumers } = await signal.request('watch', { transportId: receive.id, rtpCapabilities: device.rtpCapabilities });
    const stream = new MediaStream();
    for (const { consumerId, producerId, kind, rtpParameters } of consumers)
      stream.addTrack((await receive.consume({ id: consumerId, producerId, kind, rtpParameters })).track);
    show(stream);
    await Promise.all(consumers.map(({ consumerId }) => signal.request('resumeConsumer', { consumerId })));
    return consumers;
  },
  frames() {
    return window.video ? window.video.getVideoPlaybackQuality().totalVideoFrames : 0;
  },
  size() {
    return [video.videoWidth, video.videoHeight];
  },
};
`;

let browser: Browser;
let server: TestServer;
let page: { html: string; script: string };
const pages: Page[] = [];

beforeAll(async () => {
  const entry = '\0page.js';
  const output = (await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"test"' },
    build: {
      write: false,
      minify: false,
      rollupOptions: { input: entry, output: { format: 'iife', inlineDynamicImports: true } },
    },
    plugins: [
      {
        name: 'page',
        resolveId: (id, importer) => {
          if (id === entry) return entry;
          if (importer === entry && id.startsWith('./')) return new URL(id, import.meta.url).pathname;
          return null;
        },
        load: (id) => (id === entry ? PAGE : null),
      },
    ],
  })) as Rollup.RollupOutput;
  page = {
    html: '<!doctype html><meta charset="utf-8"><body><script src="/page.js"></script>',
    script: output.output[0].code,
  };
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
});

afterAll(async () => {
  await browser?.close();
});

afterEach(async () => {
  await Promise.all(pages.splice(0).map((each) => each.close()));
  await server?.close();
});

async function open(): Promise<Page> {
  const each = await browser.newPage();
  pages.push(each);
  await each.goto(server.origin);
  return each;
}

/** Runs one of the page's functions. */
function run<T = unknown>(each: Page, name: string, ...args: unknown[]): Promise<T> {
  return each.evaluate(`t[${JSON.stringify(name)}](...${JSON.stringify(args)})`) as Promise<T>;
}

const frames = (each: Page) => run<number>(each, 'frames');

async function room(roomId: string, options: object = {}): Promise<void> {
  await server.sfu.rooms.create({ roomId, avatarId: 'luna', ...options });
}

function driverPackets(): number {
  return [...server.reenactment.received.values()].reduce((sum, count) => sum + count, 0);
}

async function playing(each: Page): Promise<void> {
  const before = await frames(each);
  await until('ten more frames', async () => (await frames(each)) >= before + 10);
}

describe('WHEP players in Chromium', () => {
  it.each([[['video', 'audio']], [['audio', 'video']], [['video']]])(
    'whip-whep shows the avatar where the offer has %j',
    async (kinds) => {
      server = await startTestServer({}, page);
      await room('r');
      const driver = await server.sfu.rooms.get('r')!.driveFromRtp({
        video: { codec: 'VP8', payloadType: 96, ssrc: 1 },
        audio: null,
      });
      const viewer = await open();
      await run(viewer, 'whep', `${server.origin}/whep/r`, testToken('r', 'viewer'), kinds);
      await playing(viewer);
      expect(await run(viewer, 'size')).toEqual([160, 120]);
      expect(server.sfu.rooms.get('r')!.snapshot().whepViewers).toBe(1);
      await viewer.evaluate('client.stop()');
      await until('the seat to be free', () => server.sfu.rooms.get('r')!.snapshot().viewers === 0);
      driver.close();
    },
  );

  it('@eyevinn/webrtc-player shows the avatar', async () => {
    server = await startTestServer({}, page);
    await room('r');
    await server.sfu.rooms.get('r')!.driveFromRtp({ video: null, audio: null });
    const viewer = await open();
    await run(viewer, 'player', `${server.origin}/whep/r`, `Bearer ${testToken('r', 'viewer')}`);
    await playing(viewer);
    expect(await run(viewer, 'size')).toEqual([160, 120]);
  });

  it('plays on after an ICE restart', async () => {
    server = await startTestServer({}, page);
    await room('r');
    await server.sfu.rooms.get('r')!.driveFromRtp({ video: null, audio: null });
    const viewer = await open();
    await run(viewer, 'whep', `${server.origin}/whep/r`, testToken('r', 'viewer'), ['video']);
    await playing(viewer);
    const ufrag = () => viewer.evaluate('/ice-ufrag:(.*)/.exec(pc.remoteDescription.sdp)[1]');
    const before = await ufrag();
    await viewer.evaluate('client.restart()');
    expect(await ufrag()).not.toBe(before);
    await playing(viewer);
  });
});

describe('WHIP clients in Chromium', () => {
  it('whip-whep drives a room and leaves it', async () => {
    server = await startTestServer({ graceMs: 300 }, page);
    await room('r');
    const driver = await open();
    await run(driver, 'whip', `${server.origin}/whip/r`, testToken('r', 'driver'));
    await until('driver packets', () => driverPackets() > 50);
    const [session] = server.reenactment.sessions.values();
    expect(session.streams.video).toMatchObject({ codec: 'VP8', clockRateHz: 90_000 });
    expect(session.streams.audio).toMatchObject({ codec: 'opus', clockRateHz: 48_000 });
    expect(server.sfu.rooms.get('r')!.snapshot().driver).toMatchObject({ via: 'whip', connected: true });

    await driver.evaluate('client.stop()');
    await until('the driver to be gone', () => server.sfu.rooms.get('r')!.snapshot().driver === null);
    await until('the session to close', () => server.reenactment.sessions.size === 0);
  });

  it('@eyevinn/whip-web-client drives a room', async () => {
    server = await startTestServer({}, page);
    await room('r');
    const driver = await open();
    const url = await run<string>(driver, 'eyevinnWhip', `${server.origin}/whip/r`, testToken('r', 'driver'));
    expect(url).toContain(`${server.origin}/whip/r/`);
    await until('driver packets', () => driverPackets() > 50);
  });

  it.each(['video/VP8', 'video/H264'])('takes one layer of a simulcast offer in %s', async (codec) => {
    server = await startTestServer({}, page);
    await room('r');
    const driver = await open();
    await run(driver, 'whipSimulcast', `${server.origin}/whip/r`, testToken('r', 'driver'), codec);
    await until('driver packets', () => driverPackets() > 30);
    const layers = await driver.evaluate(`(async () => [...(await pc.getStats()).values()]
      .filter((s) => s.type === 'outbound-rtp' && s.framesSent > 0).map((s) => s.rid))()`);
    expect(layers).toEqual(['h']);
    const [session] = server.reenactment.sessions.values();
    expect(`video/${session.streams.video?.codec}`).toBe(codec);
  });

  it('gives the place of a driver whose browser was killed to the next one', async () => {
    server = await startTestServer({}, page);
    await room('r');
    const first = await open();
    await run(first, 'whip', `${server.origin}/whip/r`, testToken('r', 'driver'));
    await until('driver packets', () => driverPackets() > 50);
    const second = await open();
    await expect(run(second, 'whip', `${server.origin}/whip/r`, testToken('r', 'driver'))).rejects.toThrow(
      /409/,
    );
    await first.goto('about:blank');
    await until('the second driver', async () => {
      const attempt = run(second, 'whip', `${server.origin}/whip/r`, testToken('r', 'driver'));
      return attempt.then(
        () => true,
        () => false,
      );
    });
    const before = driverPackets();
    await until('its packets', () => driverPackets() > before + 50);
  });
});

describe('signalling clients in Chromium', () => {
  it.each(['VP8', 'H264'])(
    'joins, drives and watches a room whose avatar is sent in %s',
    async (videoCodec) => {
      server = await startTestServer({}, page);
      await room('r', { videoCodec });
      const driver = await open();
      await run(driver, 'join', server.signalUrl, testToken('r', 'driver'));
      await run(driver, 'drive');
      const viewer = await open();
      await run(viewer, 'join', server.signalUrl, testToken('r', 'viewer'));
      const consumers = await run<{ rtpParameters: { codecs: { mimeType: string }[] } }[]>(viewer, 'watch');
      expect(consumers.map(({ rtpParameters }) => rtpParameters.codecs[0].mimeType)).toEqual([
        `video/${videoCodec}`,
        'audio/opus',
      ]);
      await until('driver packets', () => driverPackets() > 50);
      // The test's avatar is VP8 whatever the room says.
      if (videoCodec !== 'VP8') return;
      await playing(viewer);
      // The avatar's picture, not the camera's 320×240.
      expect(await run(viewer, 'size')).toEqual([160, 120]);
    },
  );

  it('ends the camera in private mode, takes landmarks, and takes the camera again', async () => {
    server = await startTestServer({}, page);
    await room('r');
    const driver = await open();
    await run(driver, 'join', server.signalUrl, testToken('r', 'driver'));
    const [videoId] = await run<string[]>(driver, 'drive');
    await until('driver packets', () => driverPackets() > 50);
    await driver.evaluate(`signal.request('setTracking', { mode: 'private' })`);
    const [session] = server.reenactment.sessions.values();
    await until('the video to end', () => session.streams.video === undefined);
    expect(session.streams.audio).toBeDefined();
    await expect(run(driver, 'drive')).rejects.toThrow(/camera is not sent/);
    await expect(
      driver.evaluate(`signal.request('closeProducer', { producerId: '${videoId}' })`),
    ).rejects.toThrow(/no such producer/);

    await run(driver, 'landmarks');
    await until('landmarks', () => server.reenactment.landmarkPackets > 10);
    await driver.evaluate(`signal.request('setTracking', { mode: 'server' })`);
    const landmarks = server.reenactment.landmarkPackets;
    await run(driver, 'drive');
    await until('the video to be back', () => session.streams.video !== undefined);
    expect(server.reenactment.landmarkPackets).toBeLessThanOrEqual(landmarks + 2);
  });

  it('plays on while its signalling connection is lost and taken up again', async () => {
    server = await startTestServer({}, page);
    await room('r');
    await server.sfu.rooms.get('r')!.driveFromRtp({ video: null, audio: null });
    const viewer = await open();
    await viewer.evaluate(`(() => {
      const Socket = WebSocket;
      window.WebSocket = class extends Socket { constructor(url) { super(url); window.socket = this; } };
    })()`);
    const first = await run<{ peerId: string }>(viewer, 'join', server.signalUrl, testToken('r', 'viewer'));
    await run(viewer, 'watch');
    await playing(viewer);
    await viewer.evaluate(
      `new Promise((done) => { window.again = null; signal.on('joined', (joined) => done((window.again = joined))); socket.close(); })`,
    );
    const again = (await viewer.evaluate('again')) as { peerId: string; resumed: boolean };
    expect(again).toMatchObject({ peerId: first.peerId, resumed: true, mediaEpoch: 1 });
    await playing(viewer);
    const restarted = await viewer.evaluate(
      `signal.request('restartIce', { transportId: receive.id }).then(({ iceParameters }) => receive.restartIce({ iceParameters })).then(() => true)`,
    );
    expect(restarted).toBe(true);
    await playing(viewer);
  });

  it('is told of a killed mediasoup worker, builds anew and sees the avatar again', async () => {
    server = await startTestServer({}, page);
    await room('r');
    const driver = await open();
    await run(driver, 'join', server.signalUrl, testToken('r', 'driver'));
    await run(driver, 'drive');
    const viewer = await open();
    await run(viewer, 'join', server.signalUrl, testToken('r', 'viewer'));
    await run(viewer, 'watch');
    await playing(viewer);
    const [sessionId] = server.reenactment.sessions.keys();

    const killedAtMs = Date.now();
    process.kill((await server.sfu.snapshot()).workers[0].pid, 'SIGKILL');
    for (const each of [driver, viewer]) {
      await until(
        'mediaReset',
        () => each.evaluate(`notes.some(({ type }) => type === 'mediaReset')`) as Promise<boolean>,
      );
      await each.evaluate(`document.querySelector('video')?.remove()`);
    }
    await run(viewer, 'watch');
    await playing(viewer);
    const recoveredMs = Date.now() - killedAtMs;
    const before = driverPackets();
    await run(driver, 'drive');
    await until('driver packets', () => driverPackets() > before + 50);
    expect([...server.reenactment.sessions.keys()]).toEqual([sessionId]);
    expect((await server.sfu.snapshot()).workerRestarts).toBe(1);
    expect(recoveredMs).toBeLessThan(5_000);
  });
});

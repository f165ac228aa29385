/**
 * Does to a running server what strangers do, and looks at what it costs a viewer:
 *
 *     npm run load -- hostile [--seconds 10]
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import { demonstrate } from './harness/demonstration.ts';
import { ProcessUsage } from './harness/process-usage.ts';
import { type Budget, report, round } from './harness/report.ts';
import type { Counted } from './harness/whep-viewer.ts';

const SILENT_CONNECTIONS = 1000;
const STOPPED_READERS = 20;
const GARBAGE_A_SECOND = 500;
const BAD_MESSAGES_A_SECOND = 50;
/** Of the frames that come in peace. */
const LEAST_PART = 0.95;
/** Longer than the longest wait in peace. */
const MOST_EXTRA_WAIT_MS = 300;
const TICK_MS = 20;
const REST_MS = 3000;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const seconds = Number(values.seconds);
if (!(seconds >= 5 && seconds <= 300)) throw new Error('--seconds takes 5 to 300');

const { server, viewer, token, sampler, close } = await demonstrate({ LOKI_HTTP_MAX_CONNECTIONS: '3000' });
const signalUrl = `${server.base.replace('http', 'ws')}/signal`;
const budgets: Budget[] = [];
const notes = ['| meanwhile | frames a second | longest wait, ms | what became of it |', '|---|---|---|---|'];
const usage = new ProcessUsage({ gateway: server.child.pid! });
try {
  await sleep(10_000);
  const attacks = [
    [`${SILENT_CONNECTIONS} connections that say nothing`, silentConnections],
    [`${STOPPED_READERS} clients that stop reading`, stoppedReaders],
    [`${GARBAGE_A_SECOND} packets of garbage a second`, garbage],
    ['malformed, oversized and replayed signalling', badSignalling],
  ] as const;
  // Peace before and after each, since the machine may have other things to do, too.
  let before = await during(peace);
  notes.push(row('nothing', before));
  for (const [what, attack] of attacks) {
    const seen = await during(attack);
    await sleep(REST_MS);
    const after = await during(peace);
    notes.push(row(what, seen), row('nothing', after));
    budgets.push(
      {
        what: `${what}: frames, of those in peace`,
        value: (2 * seen.fps) / (before.fps + after.fps),
        limit: LEAST_PART,
        unit: '',
        sense: 'least',
      },
      {
        what: `${what}: longest wait`,
        value: seen.longestGapMs,
        limit: Math.ceil(Math.max(before.longestGapMs, after.longestGapMs) + MOST_EXTRA_WAIT_MS),
        unit: 'ms',
      },
    );
    before = after;
  }
  budgets.push({ what: 'restarts of workers', value: restarts(), limit: 0, unit: '' });
} finally {
  await usage.stop();
  await close();
}
await report('hostile', budgets, { processes: usage.groups(), notes });

async function peace(): Promise<string> {
  return '';
}

interface Seen {
  readonly fps: number;
  readonly longestGapMs: number;
  readonly outcome: string;
}

/** What the viewer gets while `attack` goes on, which must last as long as it is told to. */
async function during(attack: (ms: number) => Promise<string>): Promise<Seen> {
  const pictures: Counted = viewer.pictures;
  pictures.longestGapMs = 0;
  const frames = pictures.frames;
  const beganMs = performance.now();
  const [outcome] = await Promise.all([attack(seconds * 1000), sleep(seconds * 1000)]);
  const fps = ((pictures.frames - frames) * 1000) / (performance.now() - beganMs);
  return { fps, longestGapMs: pictures.longestGapMs, outcome };
}

function row(what: string, { fps, longestGapMs, outcome }: Seen): string {
  return `| ${what} | ${round(fps)} | ${round(longestGapMs)} | ${outcome} |`;
}

async function silentConnections(ms: number): Promise<string> {
  const closes = new Map<number, number>();
  const sockets = await Promise.all(
    Array.from({ length: SILENT_CONNECTIONS }, async (_, i) => {
      // A third of the time for all of them to come.
      await sleep((i * ms) / 3 / SILENT_CONNECTIONS);
      const socket = new WebSocket(signalUrl);
      socket.on('error', () => undefined);
      socket.on('unexpected-response', (_request, { statusCode = 0 }) => count(closes, statusCode));
      socket.on('close', (code) => count(closes, code));
      return socket;
    }),
  );
  await sleep((ms * 2) / 3);
  for (const socket of sockets) socket.terminate();
  return `ended by ${[...closes].map(([code, times]) => `${code} × ${times}`).join(', ')}`;
}

/** Joined viewers that ask on and on and never read the answers. */
async function stoppedReaders(ms: number): Promise<string> {
  let ended = 0;
  const readers = Array.from({ length: STOPPED_READERS }, () => {
    const socket = new WebSocket(signalUrl);
    socket.on('error', () => undefined);
    socket.on('close', () => ended++);
    socket.on('open', () => {
      socket.send(JSON.stringify({ id: 1, type: 'join', data: { version: 1, token } }));
      setTimeout(() => socket.pause(), 500);
    });
    return socket;
  });
  let id = 2;
  for (const endMs = performance.now() + ms; performance.now() < endMs; await sleep(TICK_MS * 5))
    for (const socket of readers)
      if (socket.readyState === WebSocket.OPEN)
        socket.send(JSON.stringify({ id: id++, type: 'clock', data: { sentMs: 1 } }));
  for (const socket of readers) socket.terminate();
  return `${ended} of ${STOPPED_READERS} were closed meanwhile`;
}

/** To the media ports, of every shape: noise, and heads of STUN, DTLS, RTP and RTCP with noise behind them. */
async function garbage(ms: number): Promise<string> {
  const heads = [[], [0x00, 0x01], [0x16, 0xfe, 0xfd], [0x80, 0x60], [0x80, 0xc8], [0x90, 0xe0]];
  const ports = [...viewer.remotePorts];
  const socket = createSocket('udp4');
  let sent = 0;
  for (const endMs = performance.now() + ms; performance.now() < endMs; await sleep(TICK_MS))
    for (let i = 0; i < (GARBAGE_A_SECOND * TICK_MS) / 1000; i++) {
      const packet = Buffer.concat([Buffer.from(heads[sent % heads.length]), randomBytes(1 + (sent % 1200))]);
      socket.send(packet, ports[sent % ports.length], '127.0.0.1');
      sent++;
    }
  socket.close();
  return `${sent} packets to ${ports.length} ports`;
}

async function badSignalling(ms: number): Promise<string> {
  const [sent, closes] = [{ messages: 0 }, new Map<number, number>()];
  const join = JSON.stringify({ id: 1, type: 'join', data: { version: 1, token } });
  const kinds = [
    ['{"id":', 'null', '[]', '"join"', '{"id":-1}'],
    [`{"id":2,"type":"clock","data":{"sentMs":"${'x'.repeat(100_000)}"}}`],
    [
      join,
      join,
      '{"id":5,"type":"clock","data":{"sentMs":1}}',
      '{"id":5,"type":"clock","data":{"sentMs":1}}',
    ],
    ['{"id":1,"type":"join","data":{"version":1,"token":"forged"}}'],
  ];
  let attacker = 0;
  for (
    const endMs = performance.now() + ms;
    performance.now() < endMs;
    await sleep(1000 / BAD_MESSAGES_A_SECOND)
  ) {
    const messages = kinds[attacker++ % kinds.length];
    const socket = new WebSocket(signalUrl);
    socket.on('error', () => undefined);
    socket.on('close', (code) => count(closes, code));
    socket.on('open', () => {
      for (const message of messages) socket.send(message);
      sent.messages += messages.length;
      setTimeout(() => socket.close(), 1000);
    });
    // Half of an upgrade, too.
    if (attacker % 10 === 0)
      connect(Number(new URL(server.base).port), '127.0.0.1').end('GET /signal HTTP/1.1\r\n');
  }
  await sleep(1500);
  return `${sent.messages} messages, ended by ${[...closes].map(([code, times]) => `${code} × ${times}`).join(', ')}`;
}

function restarts(): number {
  const last = sampler.samples.at(-1)?.figures ?? {};
  return Object.entries(last)
    .filter(([name]) => name.startsWith('loki_worker_restarts_total'))
    .reduce((sum, [, value]) => sum + value, 0);
}

function count(map: Map<number, number>, key: number): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

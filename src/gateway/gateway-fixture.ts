/**
 * A gateway for tests on a free port, over an SFU and a reenactment that only keep books: what rooms there are and who
 * is in them. The real ones run in the end-to-end tests.
 */
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServerConfig } from '../config.ts';
import type { PortraitCheck, SessionStats } from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import { createLogger } from '../log.ts';
import type { SupervisedReenactment } from '../reenact/runtime/supervisor.ts';
import type { HttpRequest, RoomHandle, RoomOptions, RoomSnapshot, Sfu } from '../sfu/sfu.ts';
import { AvatarStore } from './avatars/avatar-store.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { openListeners } from './listeners.ts';
import { Tokens } from './tokens.ts';

export const TEST_SECRET = 'a-secret-of-the-tests-and-of-nothing-else';

export interface BookRoom extends RoomHandle {
  readonly state: { -readonly [K in keyof RoomSnapshot]: RoomSnapshot[K] };
}

/** Rooms that nobody streams in. */
export class BookSfu implements Sfu {
  readonly books = new Map<string, BookRoom>();
  readonly requests: HttpRequest[] = [];
  upgrades = 0;

  readonly rooms: Sfu['rooms'] = {
    create: async (options) => this.#create(options),
    get: (id) => this.books.get(id) ?? null,
    list: () => [...this.books.values()],
    close: async (id) => this.books.delete(id),
  };

  #create({ roomId = `room-${this.books.size}`, name = roomId, avatarId }: RoomOptions): RoomHandle {
    if (this.books.has(roomId)) throw new LokiError('INVALID_OPTION', `There is a room ${roomId} already.`);
    const state = {
      roomId,
      name,
      avatarId,
      driver: null,
      viewers: 0,
      whepViewers: 0,
      tracking: 'server',
      session: 'waiting',
      stats: null,
      captureToScreenMs: null,
    } as unknown as BookRoom['state'];
    const room: BookRoom = {
      roomId,
      state,
      snapshot: () => state,
      setAvatar: async (id) => {
        state.avatarId = id;
      },
      setOptions: () => {},
      setTracking: async () => {},
      calibrate: async () => {},
      driveFromRtp: async () => {
        throw new LokiError('SERVER_BUSY', 'No media here.');
      },
      close: async () => {
        this.books.delete(roomId);
      },
    };
    this.books.set(roomId, room);
    return room;
  }

  handleUpgrade: Sfu['handleUpgrade'] = (_request, socket) => {
    this.upgrades++;
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  };

  whip: Sfu['whip'] = async (request) => {
    this.requests.push(request);
    return { status: 201, headers: { location: '/whip/a/r1', link: ['<a>', '<b>'] }, body: 'answer' };
  };

  whep: Sfu['whep'] = this.whip;

  snapshot: Sfu['snapshot'] = async () => ({
    connections: 3,
    rooms: [...this.books.values()].map((room) => room.state),
    workers: [{ pid: process.pid, port: 1, rooms: 0, cpuSeconds: 1.5, maxRssBytes: 1e6 }],
    workerRestarts: 1,
    refusals: { ROOM_FULL: 2 },
    closes: {},
  });

  drain: Sfu['drain'] = async () => {};
  close: Sfu['close'] = async () => {};
}

/** Accepts every portrait but what `refuse` says. */
export class BookReenactment extends EventEmitter {
  ready = true;
  portrait: PortraitCheck = { ok: true, widthPx: 100, heightPx: 100 };
  readonly forgotten: string[] = [];

  checkPortrait = async (): Promise<PortraitCheck> => this.portrait;
  forget = async (path: string): Promise<void> => {
    this.forgotten.push(path);
  };
  snapshot = () => ({
    processes: [{ name: 'reenactment-1', pid: process.pid, rssBytes: 5e6, cpuSeconds: 2, sessions: 1 }],
    sessions: 1,
    utilisation: 0.25,
    predictedUtilisation: 0.5,
    restarts: { crash: 1, hang: 2 },
    refusals: 4,
    droppedMessages: {},
  });
  report(stats: Partial<SessionStats>): void {
    this.emit('stats', stats);
  }
}

export interface Fixture {
  readonly gateway: Gateway;
  readonly sfu: BookSfu;
  readonly reenactment: BookReenactment;
  readonly tokens: Tokens;
  readonly avatars: AvatarStore;
  readonly stateDir: string;
  readonly base: string;
  get(path: string, token?: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export interface FixtureOptions {
  readonly development?: boolean;
  readonly options?: Record<string, unknown>;
}

export async function openFixture({
  development = false,
  options = {},
}: FixtureOptions = {}): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'loki-gateway-'));
  const pagesFolder = join(folder, 'pages');
  mkdirSync(join(pagesFolder, 'assets'), { recursive: true });
  for (const page of ['studio', 'viewer', 'obs']) {
    writeFileSync(join(pagesFolder, `${page}.html`), `<!doctype html><title>${page}</title>`);
  }
  writeFileSync(join(pagesFolder, 'assets/app-1234.js'), 'export {};');
  const stateDir = join(folder, 'state');
  const config = readServerConfig({
    variables: {},
    folder,
    overrides: { stateDir, logLevel: 'silent', 'http.port': 0, 'https.enabled': false, ...options },
  });
  const log = createLogger(config);
  const sfu = new BookSfu();
  const reenactment = new BookReenactment();
  const tokens = new Tokens(TEST_SECRET);
  const avatars = await AvatarStore.open(join(stateDir, 'avatars'), log);
  const gateway = await openGateway({
    config,
    log,
    listeners: await openListeners(config),
    sfu,
    reenactment: reenactment as unknown as SupervisedReenactment,
    tokens,
    development,
    avatars,
    pagesFolder,
  });
  const base = gateway.addresses.local;
  return {
    gateway,
    sfu,
    reenactment,
    tokens,
    avatars,
    stateDir,
    base,
    get: (path, token, init = {}) =>
      fetch(`${base}${path}`, {
        redirect: 'manual',
        ...init,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(init.headers as Record<string, string> | undefined),
        },
      }),
    close: async () => {
      await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

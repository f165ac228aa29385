import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { openBrowser, type TestBrowser } from '../../src/client/browser-fixture.ts';
import type { VideoCodec } from '../../src/contract/live-session.ts';
import { type ServerProcess, startServer } from '../../src/gateway/server-process.ts';
import { MEASURED_SERVER, until } from './demonstration.ts';
import type { Recorded } from './following.ts';
import { descendants } from './process-usage.ts';
import type { UdpRelay } from './udp-relay.ts';

/** The avatar in the viewer's page, and the driver's own picture in the studio. */
export const AVATAR = 'video';
export const SELF = 'video[aria-label="You, as the camera sees you"]';

/** Includes building the avatar, the first time. */
const LIVE_LIMIT_MS = 240_000;

export interface StageOptions {
  /** Of the avatar's stream and of the driver's. */
  readonly codec?: VideoCodec;
  readonly tracking?: 'server' | 'private';
  /** Clip that plays as the driver's camera; the built-in driver where absent. */
  readonly clip?: string | undefined;
  readonly cameraSeconds?: number;
  /** Between the browsers and the media port. */
  readonly driverRelay?: UdpRelay;
  readonly viewerRelay?: UdpRelay;
  /** Time marks in the pictures. */
  readonly probe?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** The real server, a Chromium that drives with a clip for a camera, and another Chromium that watches. */
export class Stage {
  readonly server: ServerProcess;
  readonly driverBrowser: TestBrowser;
  readonly viewerBrowser: TestBrowser;
  readonly driverPid: number;
  readonly viewerPid: number;
  readonly room: string;
  readonly #options: StageOptions;
  readonly #studioLink: string;
  readonly #watchLink: string;
  readonly viewerToken: string;

  private constructor(
    server: ServerProcess,
    browsers: readonly [TestBrowser, TestBrowser],
    pids: readonly number[],
    links: { room: string; studio: string; watch: string; viewerToken: string },
    options: StageOptions,
  ) {
    this.server = server;
    [this.driverBrowser, this.viewerBrowser] = browsers;
    [this.driverPid, this.viewerPid] = pids;
    this.room = links.room;
    this.#studioLink = links.studio;
    this.#watchLink = links.watch;
    this.viewerToken = links.viewerToken;
    this.#options = options;
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const { codec = 'VP8', cameraSeconds = 20, clip } = options;
    const server = await startServer({
      args: ['--no-demo', '--no-https'],
      env: { ...MEASURED_SERVER, LOKI_ROOMS_CODEC: codec, ...options.env },
    });
    const browsers: TestBrowser[] = [];
    try {
      const pids: number[] = [];
      for (const camera of [true, false]) {
        const flag = `--loki-browser=${randomUUID()}`;
        browsers.push(await openBrowser(camera ? cameraSeconds : 0, { clip, flags: [flag] }));
        pids.push(descendants(process.pid, flag)[0]);
      }
      const session = (await post(`${server.base}/api/session`)) as {
        room: string;
        links: { studio: string };
      };
      const minted = (await post(`${server.base}/api/rooms/${session.room}/tokens`, { role: 'viewer' })) as {
        token: string;
        links: { watch: string };
      };
      const links = {
        room: session.room,
        studio: session.links.studio,
        watch: minted.links.watch,
        viewerToken: minted.token,
      };
      return new Stage(server, [browsers[0], browsers[1]], pids, links, options);
    } catch (error) {
      for (const browser of browsers) await browser.close();
      await server.stop('SIGKILL');
      throw error;
    }
  }

  /** Opens the studio and turns the camera on. Resolves when the session is live. */
  async drive(): Promise<Page> {
    const { tracking = 'server', driverRelay, codec = 'VP8' } = this.#options;
    const page = await this.driverBrowser.page();
    await prepare(page, ['find-beeps', 'beeper', 'record-frames']);
    await routeSignalling(page, driverRelay, codec);
    await page.goto(this.#at(this.#studioLink));
    if (tracking === 'private') await this.findFaceInBrowser(page);
    await page.getByRole('button', { name: 'Start with my camera' }).click();
    await this.live();
    return page;
  }

  /** Private mode, before the camera is on or while live. */
  async findFaceInBrowser(studio: Page): Promise<void> {
    await studio.getByRole('tab', { name: 'Source' }).click();
    await studio.getByRole('radio', { name: /This browser/ }).check();
    await studio.getByText('Your picture stays on this machine.').waitFor({ timeout: LIVE_LIMIT_MS });
  }

  /** Resolves when the page shows frames. */
  async watch(): Promise<Page> {
    const page = await this.viewerBrowser.page({ camera: false });
    await prepare(page, ['find-beeps', 'record-frames', 'first-frame']);
    await routeSignalling(page, this.#options.viewerRelay, null);
    await page.goto(this.#at(this.#watchLink));
    await until(
      'a frame',
      async () => (await page.evaluate('window.lokiFirstFrameMs ?? null')) !== null,
      LIVE_LIMIT_MS,
      50,
    );
    return page;
  }

  /** Until the room's session is live. */
  async live(limitMs = LIVE_LIMIT_MS): Promise<void> {
    await until('a live session', async () => (await this.#state()) === 'live', limitMs, 100);
  }

  /** Whether the avatar moves as in a mirror. */
  async mirrored(studio: Page): Promise<boolean> {
    const button = studio.getByRole('button', { name: 'Mirror' });
    return (await button.getAttribute('aria-pressed')) === 'true';
  }

  /** Pids by name, for `ProcessUsage`. */
  get processes(): Record<string, number> {
    return {
      gateway: this.server.child.pid!,
      "driver's browser": this.driverPid,
      "viewer's browser": this.viewerPid,
    };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.driverBrowser.close(), this.viewerBrowser.close()]);
    await this.server.stop();
  }

  async #state(): Promise<string> {
    const response = await fetch(`${this.server.base}/api/rooms/${this.room}`);
    return response.ok ? ((await response.json()) as { session: string }).session : 'none';
  }

  /** The same page on the server of this stage. */
  #at(link: string): string {
    const { pathname, search, hash } = new URL(link);
    const query = new URLSearchParams(search);
    if (this.#options.probe) query.set('probe', '1');
    return `${this.server.base}${pathname}?${query}${hash}`;
  }
}

/** What an element shows for a while. @param everyMs at least between two frames @param sidePx of the pictures */
export function record(
  page: Page,
  selector: string,
  { seconds, everyMs, sidePx }: { seconds: number; everyMs: number; sidePx: number },
): Promise<Recorded[]> {
  const call = `lokiRecord(${JSON.stringify(selector)}, ${seconds}, ${everyMs}, ${sidePx})`;
  return page.evaluate(call) as Promise<Recorded[]>;
}

/** Both ends at the same time: every frame of the driver, and as many of the avatar as can be compared in time. */
export async function recordBoth(studio: Page, viewer: Page, seconds: number) {
  const [driver, avatar] = await Promise.all([
    record(studio, SELF, { seconds, everyMs: 30, sidePx: 384 }),
    record(viewer, AVATAR, { seconds, everyMs: 80, sidePx: 512 }),
  ]);
  return { driver, avatar };
}

async function post(url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function prepare(page: Page, scripts: readonly string[]): Promise<void> {
  for (const name of scripts)
    await page.addInitScript({ path: fileURLToPath(new URL(`../page/${name}.js`, import.meta.url)) });
}

interface Answer {
  readonly data?: {
    iceCandidates?: { ip?: string; address?: string; port: number; protocol: string }[];
    routerRtpCapabilities?: { codecs: { mimeType: string }[] };
  };
}

/**
 * Sends the page's media through the relay by writing its port into the ICE candidates, and has a driver send the codec
 * wanted by naming no other.
 */
async function routeSignalling(
  page: Page,
  relay: UdpRelay | undefined,
  codec: VideoCodec | null,
): Promise<void> {
  const unwanted = codec === 'H264' ? 'video/VP8' : null;
  if (relay === undefined && unwanted === null) return;
  await page.routeWebSocket(/\/signal$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage(async (text) => {
      const message = JSON.parse(String(text)) as Answer;
      const { iceCandidates, routerRtpCapabilities } = message.data ?? {};
      if (relay !== undefined && iceCandidates !== undefined) {
        const [udp] = iceCandidates.filter(({ protocol }) => protocol === 'udp');
        const port = await relay.to(udp.address ?? udp.ip ?? '', udp.port);
        message.data!.iceCandidates = [{ ...udp, port }];
      }
      if (unwanted !== null && routerRtpCapabilities !== undefined)
        routerRtpCapabilities.codecs = routerRtpCapabilities.codecs.filter(
          ({ mimeType }) => mimeType !== unwanted,
        );
      socket.send(JSON.stringify(message));
    });
  });
}

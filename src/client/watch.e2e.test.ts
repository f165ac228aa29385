import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionStats } from '../contract/live-session.ts';
import { MEDIASOUP_WORKER, type ServerProcess, startServer } from '../gateway/server-process.ts';
import { TOY_PACK } from '../reenact/diffusion/toy-pack-fixture.ts';
import type { RoomState } from '../sfu/signaling/messages.ts';
import { framesShown, HAS_CHROMIUM, openBrowser, SMALL_SERVER, type TestBrowser } from './browser-fixture.ts';

const LIMIT_MS = 60_000;

interface Links {
  readonly studio: string;
  readonly watch: string;
  readonly obs: string;
}

/** A port that stays free for a server that is started twice. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(MEDIASOUP_WORKER === null || !HAS_CHROMIUM)('who watches', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'loki-watch-'));
  let port: number;
  let server: ServerProcess;
  let browser: TestBrowser;
  let links: Links;
  let studio: Page;
  /** What the server has told the studio last. */
  const told: { room?: RoomState; session?: SessionStats } = {};

  const start = () =>
    startServer({
      args: SMALL_SERVER.args,
      env: {
        ...SMALL_SERVER.env,
        LOKI_STATE_DIR: stateDir,
        LOKI_HTTP_PORT: String(port),
        LOKI_GENERATOR_PACK: TOY_PACK,
        LOKI_GENERATOR_PROVIDER: 'cpu',
      },
    });
  beforeAll(async () => {
    port = await freePort();
    server = await start();
    browser = await openBrowser(6);
    const session = await fetch(`${server.base}/api/session`, { method: 'POST' });
    const { links: own, room } = (await session.json()) as { links: Links; room: string };
    const minted = await fetch(`${server.base}/api/rooms/${room}/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ role: 'viewer' }),
    });
    links = { ...own, ...((await minted.json()) as { links: Links }).links };
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  /** The same page on the address that this test's server listens at. */
  const at = (link: string, search = '') => {
    const { pathname, hash } = new URL(link);
    return `http://localhost:${port}${pathname}${search}${hash}`;
  };

  async function drive(): Promise<void> {
    studio = await browser.page();
    studio.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const { type, data } = JSON.parse(String(payload)) as { type?: string; data: unknown };
        if (type === 'room') told.room = data as RoomState;
        if (type === 'stats') told.session = (data as { session: SessionStats }).session;
      }),
    );
    await studio.goto(at(links.studio, new URL(links.studio).search));
    await studio.getByRole('button', { name: 'Start with my camera' }).click();
    await framesShown(studio, '.avatar-video', 10, LIMIT_MS);
  }

  it('waits for the driver, sees the avatar, hears it after a click, and gets it back after a restart', async () => {
    const viewer = await browser.page();
    await viewer.goto(at(links.watch));
    await viewer.getByText('Waiting for the driver').waitFor({ timeout: LIMIT_MS });
    await drive();
    await framesShown(viewer, 'video', 20, LIMIT_MS);
    expect(await viewer.evaluate(() => document.querySelector('video')?.muted)).toBe(true);
    await viewer.getByRole('button', { name: 'Click for sound' }).click();
    expect(await viewer.evaluate(() => document.querySelector('video')?.muted)).toBe(false);
    await viewer.keyboard.press('l');
    await viewer.getByText(/Camera to screen \d/).waitFor({ timeout: LIMIT_MS });

    await server.stop('SIGKILL');
    await viewer.getByText('Reconnecting').waitFor({ timeout: LIMIT_MS });
    server = await start();
    // The studio comes back by itself, with its camera on, and so does the viewer.
    await framesShown(studio, '.avatar-video', 10, LIMIT_MS);
    await framesShown(viewer, 'video', 10, LIMIT_MS);
    await viewer.context().close();
  });

  it('sees the avatar drawn by the networks that the studio chooses, as far as there is time', async () => {
    const choose = async (generator: RegExp) => {
      await studio.getByRole('tab', { name: 'Look' }).click();
      await studio.getByRole('radio', { name: generator }).check();
      await studio.getByRole('tab', { name: 'Monitor' }).click();
    };
    const drawnBy = () => studio.locator('.facts > div', { hasText: 'Drawn by' }).locator('dd').textContent();
    const soon = { timeout: LIMIT_MS };
    expect(told.session?.inference).toMatchObject({ pack: 'toy', provider: null });
    await choose(/Repairing it with a network/);
    await expect.poll(() => told.room?.options['generator'], soon).toBe('diffusion');
    await expect.poll(() => told.session?.inference?.provider, soon).toBe('cpu');
    // A machine that is busy with other things goes on without them.
    const { inference } = told.session!;
    if (inference!.steps > 0) await expect.poll(drawnBy, soon).toMatch(/^toy, \d steps?, cpu float32$/);
    await framesShown(studio, '.avatar-video', 10, LIMIT_MS);
    await choose(/Moving the picture/);
    await expect.poll(() => told.room?.options['generator'], soon).toBe('geometric');
    await expect.poll(drawnBy, soon).toBe('geometric');
  });

  it('gets the avatar cut out of its background in OBS', async () => {
    await studio.getByRole('tab', { name: 'Look' }).click();
    await studio.getByRole('radio', { name: /Transparent for OBS/ }).check();
    const obs = await browser.page({ width: 512, height: 512 });
    await obs.goto(at(links.obs, '?background=transparent'));
    await framesShown(obs, 'video', 20, LIMIT_MS);
    const picture = await obs.screenshot({ omitBackground: true });
    const { data, info } = await sharp(picture).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    const alpha = (x: number, y: number) => data[(y * info.width + x) * 4 + 3];
    expect([info.width, info.height]).toEqual([512, 512]);
    // Corners above the shoulders are background, the middle is the face.
    for (const [x, y] of [
      [20, 20],
      [491, 20],
      [20, 160],
      [491, 160],
    ]) {
      expect(alpha(x, y), `${x},${y}`).toBeLessThan(8);
    }
    for (const [x, y] of [
      [256, 230],
      [256, 300],
      [256, 480],
    ]) {
      expect(alpha(x, y), `${x},${y}`).toBeGreaterThan(247);
    }
    expect(await obs.evaluate(() => document.body.innerText.trim())).toBe('');
    await obs.context().close();
  });

  it('says that a link is damaged', async () => {
    const viewer = await browser.page();
    await viewer.goto(`http://localhost:${port}/watch/demo#token=damaged`);
    await viewer.getByText('This link is not valid here.').waitFor({ timeout: LIMIT_MS });
    await viewer.goto('about:blank');
    await viewer.goto(`http://localhost:${port}/watch/demo`);
    await viewer.getByText('This link is incomplete.').waitFor({ timeout: LIMIT_MS });
    await viewer.context().close();
  });
});

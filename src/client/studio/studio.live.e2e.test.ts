import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MEDIASOUP_WORKER, type ServerProcess, startServer } from '../../gateway/server-process.ts';
import {
  framesShown,
  HAS_CHROMIUM,
  openBrowser,
  SMALL_SERVER,
  type TestBrowser,
} from '../browser-fixture.ts';

const AVATAR = '.avatar-video';
const LIMIT_MS = 40_000;

const status = (page: Page) => page.locator('.badges .pill');
const problem = (page: Page) => page.getByRole('alert');

describe.skipIf(MEDIASOUP_WORKER === null || !HAS_CHROMIUM)('the studio', () => {
  let server: ServerProcess;
  let browser: TestBrowser;
  beforeAll(async () => {
    server = await startServer(SMALL_SERVER);
    browser = await openBrowser(6);
  });
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function studio(options: Parameters<TestBrowser['page']>[0] = {}, path = '/'): Promise<Page> {
    const page = await browser.page(options);
    await page.goto(`${server.base}${path}`);
    return page;
  }

  it('makes a newcomer the avatar with one press, by keyboard alone', async () => {
    const page = await studio();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    const start = page.getByRole('button', { name: 'Start with my camera' });
    await start.and(page.locator(':enabled')).waitFor();
    // Logo and room name are no stops: share, then the way in.
    for (let i = 0; i < 3 && !(await start.evaluate((it) => it === document.activeElement)); i++) {
      await page.keyboard.press('Tab');
    }
    expect(await start.evaluate((it) => it.matches(':focus-visible'))).toBe(true);
    await page.keyboard.press('Enter');
    await status(page).getByText('Live', { exact: true }).waitFor({ timeout: LIMIT_MS });
    await framesShown(page, AVATAR, 20, LIMIT_MS);

    await page.keyboard.press('1');
    const smile = page.getByRole('button', { name: /Smile/ });
    await expect.poll(() => smile.getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('1');
    await expect.poll(() => smile.getAttribute('aria-pressed')).toBe('false');

    await page.keyboard.press('Space');
    await status(page).getByText('Paused').waitFor();
    await page.keyboard.press('Space');
    await status(page).getByText('Live', { exact: true }).waitFor({ timeout: LIMIT_MS });

    await page.getByRole('tab', { name: 'Avatar' }).focus();
    await page.keyboard.press('End');
    await expect
      .poll(() => page.getByRole('tab', { name: 'Monitor' }).getAttribute('aria-selected'))
      .toBe('true');
    // Figures of the running session, capture to this very screen among them.
    const toScreen = page
      .getByRole('row', { name: /Camera to this screen/ })
      .getByRole('cell')
      .first();
    await expect.poll(() => toScreen.textContent(), { timeout: LIMIT_MS }).toMatch(/\d/);
    expect(errors).toEqual([]);
  });

  it('learns the resting face after a countdown, and goes on in the same room after a reload', async () => {
    const page = await studio();
    await page.getByRole('button', { name: 'Start with my camera' }).click();
    await status(page).getByText('Live', { exact: true }).waitFor({ timeout: LIMIT_MS });
    await page.getByRole('button', { name: 'Calibrate' }).click();
    await page.getByText('Look straight ahead').waitFor();
    await page.getByText('Your resting face is learned.').waitFor({ timeout: LIMIT_MS });
    const room = () => page.evaluate(() => sessionStorage.getItem('loki.room'));
    const before = await room();
    await page.reload();
    await page.getByRole('button', { name: 'Start with my camera' }).click();
    await status(page).getByText('Live', { exact: true }).waitFor({ timeout: LIMIT_MS });
    expect(await room()).toBe(before);
  });

  it('changes the avatar, and says in one sentence what is wrong with a picture', async () => {
    const page = await studio();
    const luna = page.getByRole('button', { name: /Luna/ });
    await luna.click();
    await expect.poll(() => luna.getAttribute('aria-pressed'), { timeout: LIMIT_MS }).toBe('true');
    await page.getByRole('heading', { name: 'Be Luna' }).waitFor();

    await page.getByRole('button', { name: 'Use a picture of your own' }).click();
    const noFace = await sharp({ create: { width: 600, height: 600, channels: 3, background: '#8899aa' } })
      .jpeg()
      .toBuffer();
    await page
      .getByLabel('Picture file')
      .setInputFiles({ name: 'wall.jpg', mimeType: 'image/jpeg', buffer: noFace });
    const use = page.getByRole('button', { name: 'Use this picture' });
    expect(await use.isDisabled()).toBe(true);
    await page.getByRole('checkbox').check();
    await use.click();
    await page.locator('form').getByText('No face was found.').waitFor({ timeout: LIMIT_MS });
    await page
      .getByLabel('Picture file')
      .setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
    await page.locator('form').getByText('That file is no picture').waitFor();
  });

  it('says what to do when the camera is refused, and works without one', async () => {
    const page = await studio({ camera: false });
    await page.getByRole('button', { name: 'Start with my camera' }).click();
    await problem(page).getByText('was not allowed to use the camera').waitFor();
    await page.getByRole('button', { name: 'Try with the built-in driver' }).click();
    await status(page).getByText('Live', { exact: true }).waitFor({ timeout: LIMIT_MS });
    await framesShown(page, AVATAR, 20, LIMIT_MS);
    expect(await problem(page).textContent()).toBe('');
  });

  it('turns a second driver of the room away with a sentence', async () => {
    const opened = (await (await fetch(`${server.base}/api/session`, { method: 'POST' })).json()) as {
      links: { studio: string };
    };
    const { pathname, search, hash } = new URL(opened.links.studio);
    const first = await studio({}, pathname + search + hash);
    await first
      .getByRole('button', { name: 'Start with my camera' })
      .and(first.locator(':enabled'))
      .waitFor();
    const second = await studio({}, pathname + search + hash);
    await problem(second).getByText('Somebody else drives this room.').waitFor({ timeout: LIMIT_MS });
  });
});

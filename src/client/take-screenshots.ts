/**
 * Takes the pictures of studio and viewer for the README, with the built-in driver and avatar:
 *
 *     node --import tsx src/client/take-screenshots.ts
 */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { startServer } from '../gateway/server-process.ts';
import { framesShown, openBrowser, type TestBrowser } from './browser-fixture.ts';

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const AVATAR = 'Amara';
const LIMIT_MS = 120_000;
const MOST_COLOURS = 256;

const server = await startServer({ args: ['--no-demo', '--no-https'] });
const browser = await openBrowser(0);
try {
  const studio = await browser.page({ width: 1440, height: 900 });
  await studio.goto(server.base);
  await studio.getByRole('button', { name: new RegExp(AVATAR) }).click();
  await studio.getByRole('heading', { name: `Be ${AVATAR}` }).waitFor({ timeout: LIMIT_MS });
  await studio.getByRole('button', { name: 'Try with the built-in driver' }).click();
  await framesShown(studio, '.avatar-video', 20, LIMIT_MS);
  await studio.getByRole('button', { name: 'Share' }).click();
  const link = await studio.getByRole('textbox', { name: 'To watch' }).inputValue();
  await studio.keyboard.press('Escape');
  const viewer = await browser.page({ width: 1024, height: 700 });
  await viewer.goto(link);
  await framesShown(viewer, 'video', 8, LIMIT_MS);
  await viewer.getByRole('button', { name: 'Click for sound' }).click();
  await framesShown(viewer, 'video', 8, LIMIT_MS);
  await save(studio, 'studio.png');
  await save(viewer, 'viewer.png');
} finally {
  await browser.close();
  await server.stop();
}

async function save(page: Awaited<ReturnType<TestBrowser['page']>>, name: string): Promise<void> {
  await sharp(await page.screenshot())
    .png({ palette: true, colours: MOST_COLOURS, effort: 10, dither: 1 })
    .toFile(IMAGES + name);
}

/** A real Chromium for end-to-end tests, with the built-in driver's clip for a camera. */
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { FrameConverter, filterStep } from '../reenact/codec/frame-converter.ts';
import { openVideo } from '../reenact/codec/open-video.ts';
import { RgbaFrame } from '../reenact/codec/rgba-frame.ts';

const CHROMIUM = process.env['LOKI_CHROMIUM'] ?? '/usr/bin/chromium';
const DRIVER = fileURLToPath(new URL('../../models/builtin/driver.mp4', import.meta.url));
// WebGL alone is drawn by SwiftShader: all of the browser through it (`--use-gl=angle`) takes a core and a half.
const FLAGS = [
  '--enable-unsafe-swiftshader',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** A server that leaves the browser as much of a small machine as it can. */
export const SMALL_SERVER = {
  args: ['--no-demo', '--no-https'],
  env: {
    LOKI_REENACTMENT_SIZE_PX: '256',
    LOKI_REENACTMENT_SPARE: 'false',
    LOKI_REENACTMENT_WARM: 'false',
    LOKI_ROOMS_GRACE_S: '3',
  },
} as const;

/** False where there is no Chromium: tests that need one skip then, and say so. */
export const HAS_CHROMIUM = existsSync(CHROMIUM);

export interface TestBrowser {
  /** A page of its own context, with the test's own errors collected. @param camera whether the user allows it */
  page(options?: { camera?: boolean; width?: number; height?: number }): Promise<Page>;
  /** Also those of a test that failed half way: a page left open keeps its session. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param cameraSeconds how much of the clip the camera shows, in a loop; 0 for Chromium's own test picture
 * @param clip the built-in driver's where absent
 */
export async function openBrowser(
  cameraSeconds: number,
  { clip = DRIVER, flags = [] }: { clip?: string | undefined; flags?: readonly string[] } = {},
): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'loki-camera-'));
  const camera = join(folder, 'camera.y4m');
  if (cameraSeconds > 0) await writeCamera(camera, clip, cameraSeconds);
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...FLAGS, ...flags, ...(cameraSeconds > 0 ? [`--use-file-for-fake-video-capture=${camera}`] : [])],
  });
  return {
    page: async ({ camera: allowed = true, width = 1280, height = 800 } = {}) => {
      const context = await browser.newContext({
        viewport: { width, height },
        permissions: allowed ? ['camera', 'microphone'] : [],
      });
      return context.newPage();
    },
    closePages: async () => {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    close: async () => {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Chromium plays a YUV4MPEG2 file as a camera: uncompressed, as cameras of this size are, and cheap for the machine. */
async function writeCamera(path: string, clip: string, seconds: number): Promise<void> {
  const video = await openVideo(clip);
  const converter = new FrameConverter([filterStep('format=yuv420p')]);
  const file = await open(path, 'w');
  const { width, height, fps } = video;
  await file.write(`YUV4MPEG2 W${width} H${height} F${Math.round(fps * 1000)}:1000 Ip C420\n`);
  const rgba = new RgbaFrame(width, height);
  let left = Math.round(seconds * video.fps);
  for await (const { image } of video.frames()) {
    if (left-- <= 0) break;
    rgba.fill(image.data);
    await file.write('FRAME\n');
    await file.write((await converter.convert(rgba.frame, { keep: true })).toBuffer());
  }
  rgba.free();
  converter.close();
  await file.close();
  await video.close();
}

/** Waits until the element has shown so many more frames. */
export async function framesShown(
  page: Page,
  selector: string,
  frames: number,
  limitMs: number,
): Promise<void> {
  // As text: whoever imports this file need not know the types of pages.
  const element = `document.querySelector(${JSON.stringify(selector)})`;
  const shown = () =>
    page.evaluate(`${element}?.getVideoPlaybackQuality().totalVideoFrames ?? 0`) as Promise<number>;
  const before = await shown();
  const deadline = Date.now() + limitMs;
  while ((await shown()) < before + frames) {
    if (Date.now() > deadline) throw new Error(`${selector} shows no new frames`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

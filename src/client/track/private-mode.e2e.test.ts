import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MEDIASOUP_WORKER, type ServerProcess, startServer } from '../../gateway/server-process.ts';
import {
  framesShown,
  HAS_CHROMIUM,
  openBrowser,
  SMALL_SERVER,
  type TestBrowser,
} from '../browser-fixture.ts';

const LIMIT_MS = 60_000;

interface Sent {
  readonly videoBytes: number;
  readonly landmarkMessages: number;
}

/** What all of the page's peer connections have sent so far. */
function sent(page: Page): Promise<Sent> {
  return page.evaluate(async () => {
    let videoBytes = 0;
    let landmarkMessages = 0;
    for (const connection of (window as unknown as { connections: RTCPeerConnection[] }).connections) {
      for (const report of (await connection.getStats()).values()) {
        if (report.type === 'outbound-rtp' && report.kind === 'video') videoBytes += report.bytesSent;
        if (report.type === 'data-channel' && report.label === 'landmarks') {
          landmarkMessages += report.messagesSent;
        }
      }
    }
    return { videoBytes, landmarkMessages };
  });
}

describe.skipIf(MEDIASOUP_WORKER === null || !HAS_CHROMIUM)('private mode', () => {
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

  it('sends landmarks and no picture, and changes both ways while live', async ({ skip }) => {
    const model = await fetch(`${server.base}/models/face_landmarker.task`, { method: 'HEAD' });
    if (!model.ok) skip('the face model could not be fetched at set-up');
    const page = await browser.page();
    await page.addInitScript(() => {
      const connections: RTCPeerConnection[] = [];
      Object.assign(window, { connections });
      const Connection = RTCPeerConnection;
      window.RTCPeerConnection = class extends Connection {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          connections.push(this);
        }
      };
    });
    await page.goto(server.base);
    await page.getByRole('tab', { name: 'Source' }).click();
    // Chosen before the start, so that no picture is ever sent.
    await page.getByRole('radio', { name: /This browser/ }).check();
    await page.getByText('Your picture stays on this machine.').waitFor({ timeout: LIMIT_MS });
    await page.getByRole('button', { name: 'Start with my camera' }).click();
    const live = page.locator('.badges .pill').getByText('Live', { exact: true });
    await live.waitFor({ timeout: LIMIT_MS });
    await framesShown(page, '.avatar-video', 10, LIMIT_MS);
    const first = await sent(page);
    expect(first.landmarkMessages).toBeGreaterThan(5);
    expect(first.videoBytes).toBe(0);

    await page.getByRole('radio', { name: /The server/ }).check();
    await expect
      .poll(async () => (await sent(page)).videoBytes, { timeout: LIMIT_MS })
      .toBeGreaterThan(20_000);
    await live.waitFor({ timeout: LIMIT_MS });
    await framesShown(page, '.avatar-video', 10, LIMIT_MS);

    await page.getByRole('radio', { name: /This browser/ }).check();
    const landmarksBefore = (await sent(page)).landmarkMessages;
    await expect
      .poll(async () => (await sent(page)).landmarkMessages, { timeout: LIMIT_MS })
      .toBeGreaterThan(landmarksBefore + 5);
    // The picture's stream has ended: not a byte more.
    const { videoBytes } = await sent(page);
    await framesShown(page, '.avatar-video', 10, LIMIT_MS);
    expect((await sent(page)).videoBytes).toBe(videoBytes);
    // Nobody's landmarks, or stale ones, would have the session wait.
    await live.waitFor({ timeout: LIMIT_MS });
  });
});

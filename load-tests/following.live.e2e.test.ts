import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HAS_CHROMIUM } from '../src/client/browser-fixture.ts';
import { MEDIASOUP_WORKER } from '../src/gateway/server-process.ts';
import { createFaceTracker } from '../src/reenact/track/face-tracker.ts';
import type { FaceTracker } from '../src/reenact/track/types.ts';
import { following } from './harness/following.ts';
import { recordBoth, Stage } from './harness/stage.ts';

const FACE_MODEL = fileURLToPath(new URL('../models/cache/face_landmarker.task', import.meta.url));
const CAMERA_S = 10;
const RECORD_S = 7;
/** Until the driver is learned. */
const SETTLE_MS = 4000;
const LEAST = 0.95;

describe.skipIf(MEDIASOUP_WORKER === null || !HAS_CHROMIUM)("a viewer's Chromium", () => {
  let tracker: FaceTracker;
  let stage: Stage;
  beforeAll(async () => {
    tracker = await createFaceTracker();
  });
  afterEach(() => stage?.close());
  afterAll(() => tracker?.close());

  async function expectToFollow(studio: Awaited<ReturnType<Stage['drive']>>, name: string): Promise<void> {
    const viewer = await stage.watch();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const mirrored = await stage.mirrored(studio);
    const follows = await following(tracker, await recordBoth(studio, viewer, RECORD_S), mirrored);
    process.stderr.write(
      `${name}: yaw ${follows.yaw.toFixed(3)}, mouth ${follows.mouth.toFixed(3)}, ${follows.frames} frames\n`,
    );
    await viewer.context().close();
    expect(follows.frames).toBeGreaterThan(15);
    expect(follows.yaw).toBeGreaterThan(LEAST);
    expect(follows.mouth).toBeGreaterThan(LEAST);
  }

  it("sees head and mouth follow the driver's: VP8, and landmarks alone", async ({ skip }) => {
    stage = await Stage.open({ cameraSeconds: CAMERA_S, probe: true });
    const studio = await stage.drive();
    await expectToFollow(studio, 'VP8');
    if (!existsSync(FACE_MODEL)) skip('the face model could not be fetched at set-up');
    await stage.findFaceInBrowser(studio);
    await stage.live();
    await expectToFollow(studio, 'private');
  });

  it("sees head and mouth follow the driver's: H.264", async () => {
    stage = await Stage.open({ cameraSeconds: CAMERA_S, probe: true, codec: 'H264' });
    await expectToFollow(await stage.drive(), 'H.264');
  });
});
